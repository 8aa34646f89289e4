"""What Lambda refuses in an event source mapping: bounds, options that do not fit the source, and options that exclude
each other; pure.

Which option fits which source, and the bounds, are botocore's model's. The words were recorded from AWS in September 2026
(`repro.evidence` in the rules `pf-lambda-esm-*` of https://github.com/badmintoncryer/cdk-preflight).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dayfly.lab.control import refusals, targets
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.declaring import ARN_OR_NONE
from dayfly.lab.control.mapping_shapes import FILTERED, KAFKA, QUEUES, STREAMS, MappingRequest
from dayfly.lab.model import REGION
from dayfly.lab.sources import filters

_SOURCE_ARN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
_BOUNDS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumRetryAttempts": (-1, 10_000),
    "TumblingWindowInSeconds": (0, 900),
    "ScalingConfig.MaximumConcurrency": (2, 1000),
    "ProvisionedPollerConfig.MinimumPollers": (1, 200),
    "ProvisionedPollerConfig.MaximumPollers": (1, 10_000),
}
_LENGTHS = {
    "Topics": (1, 1),
    "Queues": (1, 1),
    "FunctionResponseTypes": (0, 1),
    "SourceAccessConfigurations": (0, 23),
    "MetricsConfig.Metrics": (0, 3),
}
_ANY = r"[\s\S]*"
_URI = (1, 200, r"[ a-zA-Z0-9-\/*:_+=.@-]*")
_TARGET = (0, targets.MAX_ARN, targets.ARN_PATTERN)
_TEXTS = {
    "EventSourceArn": (0, 10_000, _SOURCE_ARN),
    "KMSKeyArn": (0, 10_000, ARN_OR_NONE),
    "FilterCriteria.Filters.Pattern": (0, 4096, _ANY),
    "DestinationConfig.OnSuccess.Destination": _TARGET,
    "DestinationConfig.OnFailure.Destination": _TARGET,
    "Topics": (1, 249, r"[^.]([a-zA-Z0-9\-_.]+)"),
    "Queues": (1, 1000, _ANY),
    "SourceAccessConfigurations.URI": _URI,
    "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId": _URI,
    "SelfManagedKafkaEventSourceConfig.ConsumerGroupId": _URI,
    "DocumentDBEventSourceConfig.DatabaseName": (1, 63, r"[^ /\.$\x22]*"),
    "DocumentDBEventSourceConfig.CollectionName": (1, 57, r"(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)"),
    "ProvisionedPollerConfig.PollerGroupName": (0, 128, r"[a-zA-Z0-9-_]*"),
}
_VALUES = {
    "SelfManagedKafkaEventSourceConfig.ConsumptionMode": ("Stream", "Queue"),
    "StartingPosition": ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
    "FunctionResponseTypes": ("ReportBatchItemFailures",),
    "MetricsConfig.Metrics": ("EventCount", "ErrorCount", "KafkaMetrics"),
    "LoggingConfig.SystemLogLevel": ("DEBUG", "INFO", "WARN"),
    "DocumentDBEventSourceConfig.FullDocument": ("UpdateLookup", "Default"),
    "SourceAccessConfigurations.Type": (
        "BASIC_AUTH",
        "VPC_SUBNET",
        "VPC_SECURITY_GROUP",
        "SASL_SCRAM_512_AUTH",
        "SASL_SCRAM_256_AUTH",
        "VIRTUAL_HOST",
        "CLIENT_CERTIFICATE_TLS_AUTH",
        "SERVER_ROOT_CA_CERTIFICATE",
        "OAUTHBEARER_AUTH",
        "OAUTHBEARER_SCOPE",
        "OAUTHBEARER_AUDIENCE",
        "OAUTHBEARER_LOGICAL_CLUSTER",
        "OAUTHBEARER_IDENTITY_POOL",
        "IAM_AUTH",
        "IAM_OAUTHBEARER_AUTH",
    ),
}
# Options that not every source has, and the sources that have them.
_FITS = {
    "ScalingConfig": QUEUES,
    "ParallelizationFactor": STREAMS,
    "TumblingWindowInSeconds": STREAMS,
    "BisectBatchOnFunctionError": STREAMS | KAFKA,
    "MaximumRetryAttempts": STREAMS | KAFKA,
    "MaximumRecordAgeInSeconds": STREAMS | KAFKA,
    "DestinationConfig": STREAMS | KAFKA,
    "FunctionResponseTypes": STREAMS | KAFKA | QUEUES,
    "ProvisionedPollerConfig": KAFKA | QUEUES,
    "LoggingConfig": KAFKA,
    "FilterCriteria": FILTERED,
    "StartingPosition": STREAMS | KAFKA | {"rds"},
    "StartingPositionTimestamp": STREAMS | KAFKA | {"rds"},
    "Topics": KAFKA,
    "SelfManagedEventSource": KAFKA,
    "SelfManagedKafkaEventSourceConfig": KAFKA,
    "AmazonManagedKafkaEventSourceConfig": KAFKA,
    "SourceAccessConfigurations": KAFKA | {"mq", "rds"},
    "Queues": frozenset({"mq"}),
    "DocumentDBEventSourceConfig": frozenset({"rds"}),
}
_NOT_FOR_QUEUES = {
    "StartingPosition": "StartingPosition is not valid for SQS event sources.",
    "StartingPositionTimestamp": "Timestamp is not valid for SQS event sources.",
}
# What a new mapping of a kind cannot be without.
_NEEDS = {
    "kafka": ("Topics",),
    "mq": ("SourceAccessConfigurations", "Queues"),
    "rds": ("SourceAccessConfigurations", "DocumentDBEventSourceConfig.DatabaseName"),
}
_NO_MAXIMUM = (
    "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism "
    "and remove maximum concurrency."
)
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
_MAX_FILTERS = 5
_MIN_RECORD_AGE_S = 60
_MIN_QUEUE_POLLERS = 2


def check_model(request: MappingRequest) -> None:
    """Raise InvokeRefusedError (400) for what the API's model excludes."""
    given = request.told()
    checks = Checks()
    for path, (least, most, pattern) in _TEXTS.items():
        for at, value in _find(given, path):
            checks.pattern(value, at, pattern)
            checks.length(value, at, least=least, most=most)
    for path, bounds in _BOUNDS.items():
        for at, value in _find(given, path):
            checks.within(value, at, *bounds)
    for path, (least, most) in _LENGTHS.items():
        for at, value in _find(given, path, whole=True):
            checks.length(value, at, least=least, most=most)
    for path, values in _VALUES.items():
        for at, value in _find(given, path):
            checks.one_of(value, at, values)
    checks.settle()


def check_mapping(
    request: MappingRequest, before: Mapping[str, Any], kind: str, *, is_new: bool
) -> Mapping[str, Any]:
    """Return what the API reports of a mapping after a request; raises InvokeRefusedError (400) for what Lambda refuses.

    `before` is what it reports now, or the defaults where the mapping `is_new`. Precondition: `check_model` raised nothing.
    """
    given = request.told()
    arn: str = given.get("EventSourceArn", "")
    if is_new and arn and arn.split(":")[3] != REGION:
        raise refusals.invalid(f"Event source region must match Lambda region {REGION}")
    for option, value in given.items():
        if kind not in _FITS.get(option, {kind}) and value not in ([], {}):
            raise refusals.invalid(_unsupported(option, kind))
    if is_new:
        _check_needs(given, arn, kind)
    _check_destination(given, kind)
    _check_filters(given)
    whole = {key: value for key, value in {**before, **given}.items() if value != {}}
    for is_wrong, said in _exclusions(whole, kind):
        if is_wrong:
            raise refusals.invalid(said)
    return whole


def _find(given: Any, path: str, *, whole: bool = False) -> list[tuple[str, Any]]:
    """The values at a path of the API's names, and where they are in Lambda's words; of a list its items, unless `whole`."""
    found: list[tuple[str, Any]] = [("", given)]
    names = path.split(".")
    for depth, name in enumerate(names):
        values = [(f"{at}.{_camel(name)}".lstrip("."), value.get(name)) for at, value in found]
        found = []
        for at, value in values:
            if isinstance(value, list) and not (whole and depth == len(names) - 1):
                is_last = depth == len(names) - 1
                found += [(at if is_last else f"{at}.{n}.member", item) for n, item in enumerate(value, 1)]
            elif value is not None:
                found.append((at, value))
    return found


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _unsupported(option: str, kind: str) -> str:
    if kind == "rds":
        return f"Invalid parameters: {_camel(option)}"
    if kind == "sqs" and option in _NOT_FOR_QUEUES:
        return _NOT_FOR_QUEUES[option]
    shown = option if kind in STREAMS | QUEUES else f"'{_camel(option)}'"
    return f"Unsupported {shown} parameter for given event source mapping type."


def _check_needs(given: Mapping[str, Any], arn: str, kind: str) -> None:
    if given.get("SelfManagedEventSource") is not None and "SourceAccessConfigurations" not in given:
        raise refusals.invalid("Required 'sourceAccessConfigurations' parameter is missing.")
    position = given.get("StartingPosition")
    if kind in STREAMS | KAFKA and position is None:
        # Lambda's words and type for this one member alone (recorded by LocalStack's suite, test_create_event_source_validation).
        raise refusals.invalid(
            f"1 validation error detected: {refusals.describe_violation(None, 'startingPosition', 'Member must not be null')}."
        )
    if kind == "dynamodb" and position == "AT_TIMESTAMP":
        raise refusals.invalid(f"Unsupported starting position for arn type: {arn}")
    for path in _NEEDS.get(kind, ()):
        if not _find(given, path):
            name = _camel(path.split(".")[-1])
            said = f"Required '{name}' parameter is missing."
            raise refusals.invalid(f"Invalid parameters: {name}" if kind == "rds" else said)


def _check_destination(given: Mapping[str, Any], kind: str) -> None:
    config = given.get("DestinationConfig", {})
    if "OnSuccess" in config:
        raise refusals.invalid(_unsupported("DestinationConfig", "sqs"))
    if "OnFailure" in config:
        targets.check_failed_batch(config["OnFailure"].get("Destination"), is_kafka=kind in KAFKA)


def _check_filters(given: Mapping[str, Any]) -> None:
    patterns = [one.get("Pattern", "") for one in given.get("FilterCriteria", {}).get("Filters", ())]
    if len(patterns) > _MAX_FILTERS:
        raise refusals.invalid(
            f"Too many filter patterns, maximum allowed {_MAX_FILTERS} patterns, provided {len(patterns)} patterns."
        )
    for pattern in patterns:
        try:
            filters.parse(pattern)
        except filters.PatternError as error:
            raise refusals.invalid("Invalid filter pattern definition.") from error


def _exclusions(whole: Mapping[str, Any], kind: str) -> list[tuple[bool, str]]:
    """What a mapping cannot be as a whole, each with Lambda's words for it."""

    def number(path: str, otherwise: int) -> int:
        return next((value for _, value in _find(whole, path)), otherwise)

    is_queue = kind in QUEUES
    is_fifo = is_queue and whole.get("EventSourceArn", "").endswith(".fifo")
    window = number("MaximumBatchingWindowInSeconds", 0)
    pollers = whole.get("ProvisionedPollerConfig", {})
    least = number("ProvisionedPollerConfig.MinimumPollers", _MIN_QUEUE_POLLERS if is_queue else 1)
    most = number("ProvisionedPollerConfig.MaximumPollers", 200)
    age = number("MaximumRecordAgeInSeconds", -1)
    metrics = whole.get("MetricsConfig", {}).get("Metrics", ())
    return [
        (is_fifo and window > 0, "Batching window is not supported for FIFO queues"),
        (
            is_queue and number("BatchSize", 0) > 10 and not window,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            is_queue and bool(pollers) and "MaximumConcurrency" in whole.get("ScalingConfig", {}),
            _NO_MAXIMUM,
        ),
        (is_queue and "PollerGroupName" in pollers, "Invalid parameter: pollerGroupName"),
        (
            is_queue and not _MIN_QUEUE_POLLERS <= least <= most,
            "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
        ),
        (least > most, "MinimumPollers must be less than or equal to MaximumPollers."),
        (
            -1 < age < _MIN_RECORD_AGE_S,
            "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
        ),
        (
            "StartingPositionTimestamp" in whole and whole.get("StartingPosition") != "AT_TIMESTAMP",
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            kind not in KAFKA and not {"EventCount"}.issuperset(metrics),
            "Invalid EventSourceMapping metrics. Expected values: [EventCount]",
        ),
    ]
