"""Event source mappings: what is told of them, and what Lambda refuses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import refused, serving, talk

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
_STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


def _create(client: LambdaClient, **options: Any) -> Any:
    return client.create_event_source_mapping(**({"FunctionName": "f", "EventSourceArn": _QUEUE} | options))


def _unsupported(option: str) -> str:
    return f"Unsupported {option} parameter for given event source mapping type."


_SMALL_BATCH = (
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
)
_NO_MAXIMUM = (
    "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism "
    "and remove maximum concurrency."
)
_POLLERS = (
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]"
)
_AGE = "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)"
_FILTERS = "Too many filter patterns, maximum allowed 5 patterns, provided 6 patterns."
_MSK: Any = {
    "EventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/c/1",
    "StartingPosition": "LATEST",
    "Topics": ["orders"],
}
_BROKER: Any = {
    "EventSourceArn": "arn:aws:mq:us-east-1:000000000000:broker:b:1",
    "Queues": ["q"],
    "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "secret"}],
}
_DATABASE: Any = {
    "EventSourceArn": "arn:aws:rds:us-east-1:000000000000:cluster:c",
    "StartingPosition": "LATEST",
    "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "secret"}],
    "DocumentDBEventSourceConfig": {"DatabaseName": "d"},
}
_KINESIS: Any = {"EventSourceArn": _STREAM, "StartingPosition": "LATEST"}


@pytest.fixture(scope="module")
def client() -> Iterator[LambdaClient]:
    with serving(update_s=0.0) as client:
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=5)
        yield client


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"FunctionName": "absent"}, 400, "Function does not exist"),
        (
            {"FunctionName": "f:9"},
            404,
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:9",
        ),
        (
            {"EventSourceArn": "arn:aws:s3:::b"},
            400,
            "Unrecognized event source. Unsupported source arn : arn:aws:s3:::b",
        ),
        (
            {"EventSourceArn": "arn:aws:sqs:eu-west-1:000000000000:q"},
            400,
            "Event source region must match Lambda region us-east-1",
        ),
        (
            _KINESIS | {"EventSourceArn": "arn:aws:kinesis:eu-west-1:000000000000:stream/s"},
            400,
            "Event source region must match Lambda region us-east-1",
        ),
        ({"BatchSize": 11}, 400, _SMALL_BATCH),
        ({"StartingPosition": "LATEST"}, 400, "StartingPosition is not valid for SQS event sources."),
        ({"StartingPositionTimestamp": 1}, 400, "Timestamp is not valid for SQS event sources."),
        ({"EventSourceArn": f"{_QUEUE}.fifo", "BatchSize": 11}, 400, _SMALL_BATCH),
        (
            {"EventSourceArn": f"{_QUEUE}.fifo", "MaximumBatchingWindowInSeconds": 1},
            400,
            "Batching window is not supported for FIFO queues",
        ),
        ({"FilterCriteria": {"Filters": [{"Pattern": "[]"}]}}, 400, "Invalid filter pattern definition."),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, 400, _FILTERS),
        *(
            (options, 400, _unsupported(next(iter(options))))
            for options in (
                {"ParallelizationFactor": 1},
                {"TumblingWindowInSeconds": 0},
                {"BisectBatchOnFunctionError": False},
                {"MaximumRetryAttempts": -1},
                {"MaximumRecordAgeInSeconds": -1},
                {"DestinationConfig": {"OnFailure": {"Destination": _QUEUE}}},
                {"LoggingConfig": {"SystemLogLevel": "INFO"}},
                {"Topics": ["orders"]},
                {"Queues": ["q"]},
                {"DocumentDBEventSourceConfig": {"DatabaseName": "d"}},
            )
        ),
        (_KINESIS | {"ScalingConfig": {"MaximumConcurrency": 2}}, 400, _unsupported("ScalingConfig")),
        (
            _KINESIS | {"ProvisionedPollerConfig": {"MinimumPollers": 2}},
            400,
            _unsupported("ProvisionedPollerConfig"),
        ),
        (
            _MSK | {"ParallelizationFactor": 1},
            400,
            "Unsupported 'parallelizationFactor' parameter for given event source mapping type.",
        ),
        (
            _BROKER | {"StartingPosition": "LATEST"},
            400,
            "Unsupported 'startingPosition' parameter for given event source mapping type.",
        ),
        (
            _BROKER | {"StartingPositionTimestamp": 1},
            400,
            "Unsupported 'startingPositionTimestamp' parameter for given event source mapping type.",
        ),
        (
            _BROKER | {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
            400,
            "Unsupported 'functionResponseTypes' parameter for given event source mapping type.",
        ),
        (
            _DATABASE | {"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}},
            400,
            "Invalid parameters: filterCriteria",
        ),
        (_DATABASE | {"DocumentDBEventSourceConfig": {}}, 400, "Invalid parameters: databaseName"),
        (_MSK | {"Topics": None}, 400, "Required 'topics' parameter is missing."),
        (
            _BROKER | {"SourceAccessConfigurations": None},
            400,
            "Required 'sourceAccessConfigurations' parameter is missing.",
        ),
        (
            {"ScalingConfig": {"MaximumConcurrency": 6}},
            400,
            "MaximumConcurrency: 6 is greater than Function Reserved Concurrency: 5",
        ),
        (
            {
                "ScalingConfig": {"MaximumConcurrency": 2},
                "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 2},
            },
            400,
            _NO_MAXIMUM,
        ),
        ({"ProvisionedPollerConfig": {"MaximumPollers": 1}}, 400, _POLLERS),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, 400, _POLLERS),
        (
            _MSK | {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 2}},
            400,
            "MinimumPollers must be less than or equal to MaximumPollers.",
        ),
        ({"ProvisionedPollerConfig": {"PollerGroupName": "g"}}, 400, "Invalid parameter: pollerGroupName"),
        (_KINESIS | {"MaximumRecordAgeInSeconds": 59}, 400, _AGE),
        (
            _KINESIS | {"StartingPositionTimestamp": 1},
            400,
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            {"MetricsConfig": {"Metrics": ["EventCount", "ErrorCount"]}},
            400,
            "Invalid EventSourceMapping metrics. Expected values: [EventCount]",
        ),
    ],
)
def test_what_is_no_mapping_is_refused_in_lambdas_words(
    client: LambdaClient, options: dict[str, Any], status: int, said: str
) -> None:
    given = {key: value for key, value in options.items() if value is not None}
    kind = "ResourceNotFoundException" if status == 404 else "InvalidParameterValueException"
    assert refused(lambda: _create(client, **given)) == (status, kind, said)
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ({"BatchSize": 10001}, "batchSize"),
        ({"FunctionResponseTypes": ["All"]}, "functionResponseTypes"),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "scalingConfig.maximumConcurrency"),
        ({"ProvisionedPollerConfig": {"MaximumPollers": 10001}}, "provisionedPollerConfig.maximumPollers"),
        ({"MetricsConfig": {"Metrics": ["Lag"]}}, "metricsConfig.metrics"),
        (_MSK | {"LoggingConfig": {"SystemLogLevel": "LOUD"}}, "loggingConfig.systemLogLevel"),
        (_KINESIS | {"StartingPosition": "HERE"}, "startingPosition"),
        (
            _BROKER | {"SourceAccessConfigurations": [{"Type": "PASSWORD"}]},
            "sourceAccessConfigurations.1.member.type",
        ),
        (
            _DATABASE | {"DocumentDBEventSourceConfig": {"DatabaseName": "d", "FullDocument": "All"}},
            "documentDBEventSourceConfig.fullDocument",
        ),
    ],
)
def test_what_the_model_excludes_is_refused_with_its_place(
    client: LambdaClient, options: dict[str, Any], at: str
) -> None:
    status, kind, said = refused(lambda: _create(client, **options))
    assert (status, kind, f"at '{at}' failed to satisfy constraint" in said) == (
        400,
        "ValidationException",
        True,
    )


def test_a_stream_is_read_from_a_position(client: LambdaClient) -> None:
    assert "'startingPosition'" in refused(lambda: _create(client, EventSourceArn=_STREAM))[2]


@pytest.mark.parametrize("options", [_MSK, _BROKER, _DATABASE, _KINESIS], ids=["msk", "mq", "rds", "kinesis"])
def test_each_kind_of_source_has_its_own_members(client: LambdaClient, options: dict[str, Any]) -> None:
    made = _create(client, **options, Enabled=False)
    assert made["BatchSize"] == 100
    assert ("ParallelizationFactor" in made) == (options is _KINESIS)
    assert ("StartingPosition" in made) == (options is not _BROKER)
    client.delete_event_source_mapping(UUID=made["UUID"])


def test_an_update_is_held_against_what_the_mapping_is(client: LambdaClient) -> None:
    made = _create(client, EventSourceArn=f"{_QUEUE}.fifo", ScalingConfig={"MaximumConcurrency": 2})

    def change(**options: Any) -> str:
        return refused(lambda: client.update_event_source_mapping(UUID=made["UUID"], **options))[2]

    assert (
        change(MaximumBatchingWindowInSeconds=1, BatchSize=20)
        == "Batching window is not supported for FIFO queues"
    )
    assert change(BatchSize=11) == _SMALL_BATCH
    assert change(BisectBatchOnFunctionError=True) == _unsupported("BisectBatchOnFunctionError")
    assert change(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 2}) == _NO_MAXIMUM
    assert change(FunctionName="absent") == "Function does not exist"
    cleared = client.update_event_source_mapping(UUID=made["UUID"], ScalingConfig={})
    assert cleared.get("ScalingConfig") is None
    client.delete_event_source_mapping(UUID=made["UUID"])


def test_a_mapping_is_told_changed_tagged_listed_and_deleted() -> None:
    def scenario(client: LambdaClient) -> None:
        stream = _create(client, EventSourceArn=_STREAM, StartingPosition="LATEST", Tags={"team": "shop"})
        assert (stream["BatchSize"], stream["MaximumRetryAttempts"]) == (100, -1)
        arn = stream["EventSourceMappingArn"]
        assert client.list_tags(Resource=arn)["Tags"] == {"team": "shop"}
        client.tag_resource(Resource=arn, Tags={"a": "b"})
        client.untag_resource(Resource=arn, TagKeys=["team"])
        assert client.list_tags(Resource=arn)["Tags"] == {"a": "b"}
        queue = _create(client, Enabled=False)
        assert client.get_event_source_mapping(UUID=queue["UUID"])["State"] == "Disabled"
        pages = client.get_paginator("list_event_source_mappings").paginate(
            PaginationConfig={"PageSize": 1}, FunctionName="f"
        )
        listed = [mapping["UUID"] for page in pages for mapping in page["EventSourceMappings"]]
        assert listed == [stream["UUID"], queue["UUID"]]
        only = client.list_event_source_mappings(EventSourceArn=_QUEUE)["EventSourceMappings"]
        assert [mapping["UUID"] for mapping in only] == [queue["UUID"]]
        changed = client.update_event_source_mapping(
            UUID=queue["UUID"], BatchSize=100, MaximumBatchingWindowInSeconds=2
        )
        assert (changed["State"], changed["BatchSize"]) == ("Updating", 100)
        large = refused(
            lambda: client.update_event_source_mapping(UUID=queue["UUID"], MaximumBatchingWindowInSeconds=0)
        )
        assert "Maximum batch window" in large[2]
        client.delete_event_source_mapping(UUID=stream["UUID"])
        assert refused(lambda: client.list_tags(Resource=arn))[0] == 404
        assert len(client.list_event_source_mappings()["EventSourceMappings"]) == 1

    talk(scenario, update_s=0.0)


def test_a_mapping_that_is_not_there_is_missed(client: LambdaClient) -> None:
    absent = str(uuid.uuid4())
    missing = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    for call in (client.get_event_source_mapping, client.delete_event_source_mapping):
        assert refused(lambda call=call: call(UUID=absent)) == missing  # type: ignore[misc]


def test_a_mapping_that_moves_is_in_use() -> None:
    def scenario(client: LambdaClient) -> None:
        made = _create(client)
        for call in (client.update_event_source_mapping, client.delete_event_source_mapping):
            assert refused(lambda call=call: call(UUID=made["UUID"]))[:2] == (  # type: ignore[misc]
                400,
                "ResourceInUseException",
            )

    talk(scenario, update_s=5.0)
