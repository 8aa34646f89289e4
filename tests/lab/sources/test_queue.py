"""A queue of moto's server, an event source mapping made by boto3, and a function that gets its messages."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any

from tests.lab.control.served import client_for, refused
from tests.lab.control.zips import zipped
from tests.lab.moto_services import moto_client, moto_server
from tests.lab.running import run, until

from dayfly.lab.control.runtimes import OWN
from dayfly.lab.lab import Lab
from dayfly.lab.model import LogLine
from dayfly.lab.server import LabServer

# Fails the messages that say so, and the whole of a batch that says "crash".
_CODE = """
import json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("batch", json.dumps(event["Records"]))
    if "crash" in bodies:
        raise ValueError("crash")
    failed = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}
"""


def _create(client: Any) -> None:
    client.create_function(
        FunctionName="g",
        Runtime=OWN,
        Role="arn:aws:iam::000000000000:role/r",
        Handler="app.handler",
        Timeout=1,
        Code={"ZipFile": zipped({"app.py": _CODE})},
    )


def _mapping(client: Any, arn: str, **options: Any) -> Any:
    return client.create_event_source_mapping(EventSourceArn=arn, FunctionName="g", **options)


def _queue(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def _left(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_messages_reach_the_function_and_leave_the_queue_as_it_answers() -> None:
    lines: list[LogLine] = []

    def batches() -> list[list[dict[str, Any]]]:
        said = (line.text for line in lines if line.text.startswith("batch "))
        return [json.loads(text.removeprefix("batch ")) for text in said]

    async def scenario(url: str) -> None:
        sqs = moto_client(url, "sqs")
        queue_url, arn = _queue(sqs, "orders")
        lab = Lab(confinement="none", services=url, log=lines.append)
        async with lab, LabServer(lab, port=0, update_s=0.0) as server:
            client: Any = client_for(server.url)

            def make() -> str:
                _create(client)
                sqs.send_message(
                    QueueUrl=queue_url,
                    MessageBody="first",
                    MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
                )
                sqs.send_message(QueueUrl=queue_url, MessageBody="bad one")
                pattern = json.dumps({"body": [{"anything-but": ["spam"]}]})
                made = _mapping(
                    client,
                    arn,
                    FunctionResponseTypes=["ReportBatchItemFailures"],
                    FilterCriteria={"Filters": [{"Pattern": pattern}]},
                )
                assert (made["State"], made["BatchSize"]) == ("Creating", 10)
                twice = refused(lambda: _mapping(client, arn))
                assert twice[:2] == (409, "ResourceConflictException")
                id: str = made["UUID"]
                return id

            id = await asyncio.to_thread(make)
            await until(lambda: len(batches()) > 1)
            first = batches()[0]
            assert {record["body"] for record in first} == {"first", "bad one"}
            (order,) = (record for record in first if record["body"] == "first")
            assert (order["eventSource"], order["eventSourceARN"]) == ("aws:sqs", arn)
            assert order["messageAttributes"]["kind"]["stringValue"] == "order"
            assert int(order["attributes"]["ApproximateReceiveCount"]) == 1
            # What it reported comes again, and nothing else of the batch.
            assert {record["body"] for record in batches()[-1]} == {"bad one"}

            def stop() -> None:
                assert client.get_event_source_mapping(UUID=id)["LastProcessingResult"] == "OK"
                moving = client.update_event_source_mapping(UUID=id, Enabled=False)
                assert moving["State"] == "Disabling"

            await asyncio.to_thread(stop)
            done = len(batches())
            await asyncio.to_thread(sqs.purge_queue, QueueUrl=queue_url)
            await asyncio.to_thread(sqs.send_message, QueueUrl=queue_url, MessageBody="crash")
            await asyncio.to_thread(sqs.send_message, QueueUrl=queue_url, MessageBody="spam")
            disabled = await asyncio.to_thread(client.get_event_source_mapping, UUID=id)
            assert disabled["State"] == "Disabled"
            assert all(
                record["body"] not in ("crash", "spam") for batch in batches()[done:] for record in batch
            )
            await asyncio.to_thread(client.update_event_source_mapping, UUID=id, Enabled=True)
            crashes = [["crash"]] * 2
            await until(lambda: [[r["body"] for r in b] for b in batches()[-2:]] == crashes)
            # The failed message stays; what no filter lets pass is gone.
            assert await asyncio.to_thread(_left, sqs, queue_url) == 1
            result = await asyncio.to_thread(client.get_event_source_mapping, UUID=id)
            assert result["LastProcessingResult"] == "PROBLEM: Function call failed"
            deleting = await asyncio.to_thread(client.delete_event_source_mapping, UUID=id)
            assert deleting["State"] == "Deleting"
            left = await asyncio.to_thread(client.list_event_source_mappings)
            assert left["EventSourceMappings"] == []

    with moto_server() as url:
        run(scenario(url))


def test_a_queue_that_is_not_there_or_comes_back_too_soon_is_no_source() -> None:
    async def scenario(url: str) -> None:
        sqs = moto_client(url, "sqs")
        queue_url, arn = _queue(sqs, "short")
        lab = Lab(confinement="none", services=url)
        async with lab, LabServer(lab, port=0, update_s=0.0) as server:
            client: Any = client_for(server.url)

            def read() -> None:
                _create(client)
                wrong = (400, "InvalidParameterValueException")
                missed = (
                    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS "
                    "Error Message: The specified queue does not exist."
                )
                absent = refused(lambda: _mapping(client, arn.replace("short", "absent")))
                assert absent == (*wrong, missed)
                made = _mapping(client, arn, Enabled=False)
                client.update_function_configuration(FunctionName="g", Timeout=60)
                soon = (
                    *wrong,
                    "Queue visibility timeout: 1 seconds is less than Function timeout: 60 seconds",
                )
                for options in ({"Enabled": True}, {"BatchSize": 5}, {"FunctionName": "g"}):
                    change = functools.partial(
                        client.update_event_source_mapping, UUID=made["UUID"], **options
                    )
                    assert refused(change) == soon
                off = client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
                assert off["BatchSize"] == 10
                client.delete_event_source_mapping(UUID=made["UUID"])
                assert refused(lambda: _mapping(client, arn)) == soon
                sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "60"})
                assert _mapping(client, arn)["State"] == "Creating"

            await asyncio.to_thread(read)

    with moto_server() as url:
        run(scenario(url))
