"""The bodies of requests about event source mappings, as botocore's model has them, and the defaults of each kind of source."""

from __future__ import annotations

from typing import Any

import msgspec

from dayfly.lab.control import refusals
from dayfly.lab.control.shapes import DestinationConfig

# Kinds of sources, by the service in their ARN.
STREAMS = frozenset({"kinesis", "dynamodb"})
KAFKA = frozenset({"kafka"})
QUEUES = frozenset({"sqs"})
FILTERED = STREAMS | KAFKA | QUEUES | {"mq"}
_KINDS = FILTERED | {"rds"}


class Filter(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """One of FilterCriteria."""

    pattern: str = ""


class FilterCriteria(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """Which records pass: those that one of them fits."""

    filters: list[Filter] = []


class Scaling(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """ScalingConfig: how many batches may be under way."""

    maximum_concurrency: int | None = None


class Pollers(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """ProvisionedPollerConfig."""

    minimum_pollers: int | None = None
    maximum_pollers: int | None = None
    poller_group_name: str | None = None


class Access(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """One of SourceAccessConfigurations."""

    type: str | None = None
    uri: str | None = msgspec.field(default=None, name="URI")


class Kafka(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """AmazonManagedKafkaEventSourceConfig and SelfManagedKafkaEventSourceConfig."""

    consumer_group_id: str | None = None
    consumption_mode: str | None = None
    schema_registry_config: dict[str, Any] | None = None


class Database(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """DocumentDBEventSourceConfig."""

    database_name: str | None = None
    collection_name: str | None = None
    full_document: str | None = None


class Metrics(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """MetricsConfig."""

    metrics: list[str] = []


class SourceLogging(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True):
    """LoggingConfig of a source."""

    system_log_level: str | None = None


# Any: what the lab keeps and tells, and acts on nowhere.
class MappingRequest(msgspec.Struct, rename="pascal", kw_only=True):
    """The body of CreateEventSourceMapping and UpdateEventSourceMapping."""

    event_source_arn: str | None = None
    function_name: str | None = None
    enabled: bool | None = None
    tags: dict[str, str] | None = None
    batch_size: int | None = None
    filter_criteria: FilterCriteria | None = None
    maximum_batching_window_in_seconds: int | None = None
    scaling_config: Scaling | None = None
    function_response_types: list[str] | None = None
    starting_position: str | None = None
    starting_position_timestamp: float | None = None
    kms_key_arn: str | None = msgspec.field(default=None, name="KMSKeyArn")
    parallelization_factor: int | None = None
    destination_config: DestinationConfig | None = None
    maximum_record_age_in_seconds: int | None = None
    bisect_batch_on_function_error: bool | None = None
    maximum_retry_attempts: int | None = None
    tumbling_window_in_seconds: int | None = None
    topics: list[str] | None = None
    queues: list[str] | None = None
    source_access_configurations: list[Access] | None = None
    self_managed_event_source: dict[str, Any] | None = None
    amazon_managed_kafka_event_source_config: Kafka | None = None
    self_managed_kafka_event_source_config: Kafka | None = None
    document_db_event_source_config: Database | None = msgspec.field(
        default=None, name="DocumentDBEventSourceConfig"
    )
    metrics_config: Metrics | None = None
    logging_config: SourceLogging | None = None
    provisioned_poller_config: Pollers | None = None

    def told(self) -> dict[str, Any]:
        """What the API tells again, by the API's names."""
        whole: dict[str, Any] = msgspec.to_builtins(self)
        hidden = ("FunctionName", "Enabled", "Tags")
        return {key: value for key, value in whole.items() if value is not None and key not in hidden}


def kind_of(request: MappingRequest) -> str:
    """The service of a mapping's source; raises InvokeRefusedError (400) for none that Lambda knows."""
    if request.self_managed_event_source is not None:
        return "kafka"
    parts = (request.event_source_arn or "").split(":")
    kind = parts[2] if len(parts) > 5 else ""
    if kind not in _KINDS:
        arn = request.event_source_arn
        unsupported = f" Unsupported source arn : {arn}" if arn else ""
        raise refusals.invalid(f"Unrecognized event source.{unsupported}")
    return kind


def defaults(kind: str) -> dict[str, Any]:
    """What a mapping has that its request leaves out."""
    told: dict[str, Any] = {"BatchSize": 10 if kind in QUEUES else 100}
    if kind in STREAMS | QUEUES:
        # Of the others it is 500 ms, which no number of seconds can say.
        told["MaximumBatchingWindowInSeconds"] = 0
    if kind in STREAMS | QUEUES | KAFKA:
        told["FunctionResponseTypes"] = []
    if kind not in QUEUES:
        told["LastProcessingResult"] = "No records processed"
    if kind in STREAMS | KAFKA:
        told["DestinationConfig"] = {"OnFailure": {}}
    if kind in STREAMS:
        told |= {
            "MaximumRetryAttempts": -1,
            "ParallelizationFactor": 1,
            "BisectBatchOnFunctionError": False,
            "MaximumRecordAgeInSeconds": -1,
            "TumblingWindowInSeconds": 0,
        }
    return told
