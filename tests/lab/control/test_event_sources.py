"""Event source mappings: what is told of them, and what Lambda refuses."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, talk

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
_STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


def _create(client: LambdaClient, **options: Any) -> Any:
    return client.create_event_source_mapping(**({"FunctionName": "f", "EventSourceArn": _QUEUE} | options))


def test_what_is_no_mapping_is_refused() -> None:
    def scenario(client: LambdaClient) -> None:
        for options, status, said in (
            ({"FunctionName": "absent"}, 400, "Function does not exist"),
            ({"FunctionName": "f:9"}, 404, "Function not found"),
            ({"EventSourceArn": "arn:aws:s3:::b"}, 400, "Unrecognized event source."),
            ({"EventSourceArn": _STREAM}, 400, "'startingPosition'"),
            ({"BatchSize": 11}, 400, "Maximum batch window in seconds must be greater than 0"),
            ({"BatchSize": 10001}, 400, "'batchSize'"),
            ({"StartingPosition": "LATEST"}, 400, "not valid for SQS"),
            ({"EventSourceArn": f"{_QUEUE}.fifo", "BatchSize": 11}, 400, "at most 10"),
            ({"FunctionResponseTypes": ["All"]}, 400, "'functionResponseTypes'"),
            ({"FilterCriteria": {"Filters": [{"Pattern": "[]"}]}}, 400, "Invalid filter pattern"),
            ({"ScalingConfig": {"MaximumConcurrency": 1001}}, 400, "'scalingConfig.maximumConcurrency'"),
        ):
            answer = refused(lambda options=options: _create(client, **options))  # type: ignore[misc]
            assert (answer[0], said in answer[2]) == (status, True), answer
        absent = str(uuid.uuid4())
        for call in (client.get_event_source_mapping, client.delete_event_source_mapping):
            assert refused(lambda call=call: call(UUID=absent))[::2] == (  # type: ignore[misc]
                404,
                "The resource you requested does not exist.",
            )
        assert client.list_event_source_mappings()["EventSourceMappings"] == []

    talk(scenario)


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


_NUMBERS = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
)


def test_numbers_of_a_mapping_have_the_models_bounds() -> None:
    def scenario(client: LambdaClient) -> None:
        # botocore has no types.
        model: Any = client.meta.service_model.operation_model("CreateEventSourceMapping").input_shape
        host = client.meta.endpoint_url.removeprefix("http://")
        for member in _NUMBERS:
            bounds = model.members[member].metadata
            at = member[0].lower() + member[1:]
            for number, said in (
                (bounds["min"] - 1, f"greater than or equal to {bounds['min']}"),
                (bounds["max"] + 1, f"less than or equal to {bounds['max']}"),
            ):
                request = {"FunctionName": "f", "EventSourceArn": _STREAM, "StartingPosition": "LATEST"}
                connection = http.client.HTTPConnection(host, timeout=30)
                body = json.dumps(request | {member: number})
                connection.request("POST", "/2015-03-31/event-source-mappings", body)
                message = json.loads(connection.getresponse().read())["message"]
                connection.close()
                assert f"Value '{number}' at '{at}' failed to satisfy constraint" in message
                assert message.endswith(said)

    talk(scenario)


def test_a_mapping_that_moves_is_in_use() -> None:
    def scenario(client: LambdaClient) -> None:
        made = _create(client)
        for call in (client.update_event_source_mapping, client.delete_event_source_mapping):
            assert refused(lambda call=call: call(UUID=made["UUID"]))[:2] == (  # type: ignore[misc]
                400,
                "ResourceInUseException",
            )

    talk(scenario, update_s=5.0)
