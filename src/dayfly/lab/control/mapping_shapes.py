"""The bodies of requests about event source mappings, as botocore's model has them, and what each kind of source adds."""

from __future__ import annotations

from typing import Any

import msgspec

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.sources import filters

_SOURCE_ARN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
_STREAMS = ("kinesis", "dynamodb")
_KINDS = ("sqs", "kinesis", "dynamodb", "kafka", "mq", "rds")
_POSITIONS = ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")
_MAX_BATCH = {"sqs": 10_000, "kinesis": 10_000, "dynamodb": 10_000}
_MAX_FIFO_BATCH = 10
_MAX_WINDOW_S = 300
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
_MAX_FILTERS = 5
_MAX_PATTERN = 4096


class Filter(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """One of FilterCriteria."""

    pattern: str = ""


class FilterCriteria(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """Which records pass: those that one of them fits."""

    filters: list[Filter] = []


class Scaling(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """ScalingConfig: how many batches may be under way."""

    maximum_concurrency: int | None = None


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
    destination_config: dict[str, Any] | None = None
    maximum_record_age_in_seconds: int | None = None
    bisect_batch_on_function_error: bool | None = None
    maximum_retry_attempts: int | None = None
    tumbling_window_in_seconds: int | None = None
    topics: list[str] | None = None
    queues: list[str] | None = None
    source_access_configurations: list[dict[str, Any]] | None = None
    self_managed_event_source: dict[str, Any] | None = None
    amazon_managed_kafka_event_source_config: dict[str, Any] | None = None
    self_managed_kafka_event_source_config: dict[str, Any] | None = None
    document_db_event_source_config: dict[str, Any] | None = msgspec.field(
        default=None, name="DocumentDBEventSourceConfig"
    )
    metrics_config: dict[str, Any] | None = None
    logging_config: dict[str, Any] | None = None
    provisioned_poller_config: dict[str, Any] | None = None

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
        raise refusals.invalid("Unrecognized event source.")
    return kind


def defaults(kind: str) -> dict[str, Any]:
    """What a mapping has that its request leaves out."""
    told: dict[str, Any] = {"MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
    if kind == "sqs":
        return told | {"BatchSize": 10}
    return told | {
        "BatchSize": 100,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": False,
        "LastProcessingResult": "No records processed",
        "MaximumRecordAgeInSeconds": -1,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
    }


def check_mapping(request: MappingRequest, kind: str, *, is_new: bool) -> None:
    """Raise InvokeRefusedError (400) for what Lambda refuses."""
    checks = Checks()
    checks.pattern(request.event_source_arn, "eventSourceArn", _SOURCE_ARN)
    checks.within(request.batch_size, "batchSize", 1, _MAX_BATCH.get(kind, 10_000))
    window = request.maximum_batching_window_in_seconds
    checks.within(window, "maximumBatchingWindowInSeconds", 0, _MAX_WINDOW_S)
    checks.within(request.parallelization_factor, "parallelizationFactor", 1, 10)
    checks.within(request.maximum_record_age_in_seconds, "maximumRecordAgeInSeconds", -1, 604_800)
    checks.within(request.maximum_retry_attempts, "maximumRetryAttempts", -1, 10_000)
    checks.within(request.tumbling_window_in_seconds, "tumblingWindowInSeconds", 0, 900)
    checks.length(request.topics, "topics", least=1, most=1)
    checks.length(request.queues, "queues", least=1, most=1)
    checks.one_of(request.starting_position, "startingPosition", _POSITIONS)
    for kind_of_response in request.function_response_types or ():
        checks.one_of(kind_of_response, "functionResponseTypes", ("ReportBatchItemFailures",))
    if request.scaling_config is not None:
        checks.within(request.scaling_config.maximum_concurrency, "scalingConfig.maximumConcurrency", 2, 1000)
    checks.settle()
    if request.destination_config is not None and "OnSuccess" in request.destination_config:
        raise refusals.invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    if request.self_managed_event_source is not None and request.source_access_configurations is None:
        raise refusals.invalid("Required 'sourceAccessConfigurations' parameter is missing.")
    if is_new and kind in (*_STREAMS, "kafka") and request.starting_position is None:
        # Lambda's words and type for this one member alone (recorded by LocalStack's suite, test_create_event_source_validation).
        raise refusals.invalid(
            f"1 validation error detected: {refusals.describe_violation(None, 'startingPosition', 'Member must not be null')}."
        )
    if kind == "dynamodb" and request.starting_position == "AT_TIMESTAMP":
        raise refusals.invalid(f"Unsupported starting position for arn type: {request.event_source_arn}")
    if kind == "sqs" and request.starting_position is not None:
        raise refusals.invalid("StartingPosition is not valid for SQS event sources.")
    is_fifo = kind == "sqs" and (request.event_source_arn or "").endswith(".fifo")
    if is_fifo and (request.batch_size or 0) > _MAX_FIFO_BATCH:
        raise refusals.invalid(f"The batch size of a FIFO queue is at most {_MAX_FIFO_BATCH}")
    if is_new and kind == "sqs" and (request.batch_size or 0) > 10 and not window:
        raise refusals.invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
    _check_filters(request.filter_criteria)


def _check_filters(criteria: FilterCriteria | None) -> None:
    given = criteria.filters if criteria is not None else []
    if len(given) > _MAX_FILTERS:
        raise refusals.invalid(f"A mapping has at most {_MAX_FILTERS} filters")
    for one in given:
        try:
            filters.parse(one.pattern)
        except filters.PatternError as error:
            raise refusals.invalid("Invalid filter pattern definition.") from error
        if len(one.pattern) > _MAX_PATTERN:
            raise refusals.invalid(f"A filter pattern has at most {_MAX_PATTERN} characters")
