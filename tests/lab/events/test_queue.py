"""Events end as their function's settings say, and what became of them is told to real queues, topics and functions."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.lab.control.served import client_for, wait
from tests.lab.moto_services import ACCOUNT, moto_client, moto_server
from tests.lab.running import Running, basic, run, running_lab, until

from dayfly.lab.control.plane import ControlPlane
from dayfly.lab.declared import Declared
from dayfly.lab.events.settings import EventSettings
from dayfly.lab.server import LabServer

_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@contextlib.asynccontextmanager
async def _lab(moto: str, settings: EventSettings, **options: Any) -> AsyncIterator[Running]:
    async with running_lab("none", config=basic(**options), services=moto) as running:
        running.lab.events.settings["f"] = {"$LATEST": settings}
        yield running


def _queue(moto: str, name: str) -> tuple[str, Any]:
    """A queue's ARN, and a function that returns and removes its messages."""
    sqs = moto_client(moto, "sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]

    def take() -> list[Any]:
        messages = sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
        ).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return list(messages)

    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}", take


async def _one(take: Any) -> Any:
    found: list[Any] = []

    async with asyncio.timeout(60):
        while not found:
            found = await asyncio.to_thread(take)
            await asyncio.sleep(0.01)
    assert len(found) == 1
    return found[0]


def test_success_and_failure_go_to_their_queues_and_the_dead_letter_beside_them(moto: str) -> None:
    good, take_good = _queue(moto, "good")
    bad, take_bad = _queue(moto, "bad")
    dead, take_dead = _queue(moto, "dead")

    async def scenario() -> None:
        settings = EventSettings(retries=1, on_success=good, on_failure=bad)
        async with _lab(moto, settings, declared=Declared(dead_letter_arn=dead)) as running:
            event = await running.call({"do": "context"}, invocation_type="Event", client_context='{"a": 1}')
            record = json.loads((await _one(take_good))["Body"])
            assert record["requestContext"]["condition"] == "Success"
            assert record["requestContext"]["requestId"] == event.request_id
            assert record["requestContext"]["functionArn"] == _FUNCTION + ":$LATEST"
            assert record["requestPayload"] == {"do": "context"}
            assert record["responsePayload"]["arn"] == _FUNCTION
            # The client's context is for synchronous invocations only.
            assert record["responsePayload"]["custom"] is None

            failed = await running.call({"do": "raise"}, invocation_type="Event")
            record = json.loads((await _one(take_bad))["Body"])
            assert record["requestContext"]["condition"] == "RetriesExhausted"
            assert record["requestContext"]["approximateInvokeCount"] == 2
            assert record["responseContext"]["functionError"] == "Unhandled"
            assert record["responsePayload"]["errorType"] == "ValueError"
            letter = await _one(take_dead)
            assert json.loads(letter["Body"]) == {"do": "raise"}
            told = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
            assert told["RequestID"] == failed.request_id
            assert told["ErrorCode"] == "200"
            assert told["ErrorMessage"] == record["responsePayload"]["errorMessage"]
            kinds = [event.kind for event in running.events if not event.environment_id]
            assert kinds == ["record_delivered", "event_dropped", "record_delivered", "record_delivered"]
            assert running.lab.counters["undelivered_records"] == 0

    run(scenario())


def test_nothing_is_invoked_where_no_concurrency_is_reserved(moto: str) -> None:
    bad, take = _queue(moto, "zero")

    async def scenario() -> None:
        async with _lab(moto, EventSettings(on_failure=bad), reserved_concurrency=0) as running:
            await running.call({}, invocation_type="Event")
            record = json.loads((await _one(take))["Body"])
            assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
            assert record["requestContext"]["approximateInvokeCount"] == 0
            assert "responseContext" not in record
            assert running.kinds() == ["event_dropped", "record_delivered"]

    run(scenario())


def test_throttled_events_wait_their_turn_and_none_is_lost(moto: str) -> None:
    good, take = _queue(moto, "throttled")

    async def scenario() -> None:
        settings = EventSettings(retries=0, on_success=good)
        async with _lab(moto, settings, reserved_concurrency=1) as running:
            for number in range(5):
                await running.call({"do": "version", "number": number}, invocation_type="Event")
            await until(lambda: running.lab.counters["delivered_records"] == 5)
            assert running.lab.counters["throttled_events"] > 0
            assert running.lab.counters["dropped_events"] == 0
            seen: set[int] = set()
            for _ in range(5):
                for message in await asyncio.to_thread(take):
                    record = json.loads(message["Body"])
                    assert record["requestContext"]["approximateInvokeCount"] == 1
                    seen.add(record["requestPayload"]["number"])
            assert seen == {0, 1, 2, 3, 4}

    run(scenario())


def test_topics_buses_and_buckets_are_told_as_well(moto: str) -> None:
    heard, take = _queue(moto, "heard")
    topic = moto_client(moto, "sns").create_topic(Name="topic")["TopicArn"]
    moto_client(moto, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard)
    caught, take_caught = _queue(moto, "caught")
    events = moto_client(moto, "events")
    bus = events.create_event_bus(Name="bus")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="bus", EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule="all", EventBusName="bus", Targets=[{"Id": "1", "Arn": caught}])
    s3 = moto_client(moto, "s3")
    s3.create_bucket(Bucket="failures")

    async def scenario() -> None:
        async with _lab(
            moto,
            EventSettings(retries=0, on_success=topic, on_failure=bus),
            declared=Declared(dead_letter_arn=topic),
        ) as running:
            await running.call({"do": "version"}, invocation_type="Event")
            message = json.loads((await _one(take))["Body"])
            assert json.loads(message["Message"])["requestContext"]["condition"] == "Success"

            await running.call({"do": "raise"}, invocation_type="Event")
            event = json.loads((await _one(take_caught))["Body"])
            assert event["source"] == "lambda"
            assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
            assert event["resources"] == [_FUNCTION + ":$LATEST", bus]
            assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
            letter = json.loads((await _one(take))["Body"])
            assert json.loads(letter["Message"]) == {"do": "raise"}
            assert letter["MessageAttributes"]["ErrorCode"] == {"Type": "Number", "Value": "200"}

            running.lab.events.settings["f"]["$LATEST"] = EventSettings(
                retries=0, on_failure="arn:aws:s3:::failures"
            )
            await running.call({"do": "raise"}, invocation_type="Event")
            await until(lambda: running.lab.counters["delivered_records"] == 5)
            (item,) = (await asyncio.to_thread(s3.list_objects_v2, Bucket="failures"))["Contents"]
            assert item["Key"].startswith("aws/lambda/async/f/20")
            record = json.loads(s3.get_object(Bucket="failures", Key=item["Key"])["Body"].read())
            assert record["requestContext"]["condition"] == "RetriesExhausted"

    run(scenario())


def test_another_function_of_the_lab_gets_the_record_as_its_event_by_alias() -> None:
    async def scenario() -> None:
        async with (
            running_lab("none", config=basic(idle_expiry_s=30.0)) as running,
            LabServer(running.lab, port=0, update_s=0.0) as server,
        ):
            await running.lab.add_function(basic(name="listener"))
            client = client_for(server.url)

            def prepare() -> None:
                client.publish_version(FunctionName="listener")
                client.create_alias(FunctionName="listener", Name="live", FunctionVersion="1")
                client.put_function_event_invoke_config(
                    FunctionName="f",
                    DestinationConfig={
                        "OnSuccess": {"Destination": _FUNCTION.removesuffix("f") + "listener:live"}
                    },
                )
                wait(client, "published_version_active", name="listener", Qualifier="1")
                client.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"do": "version"}')

            await asyncio.to_thread(prepare)
            await until(lambda: running.lab.counters["accepted_events"] == 2)
            await until(lambda: running.lab.environments("listener"))
            (served,) = running.lab.environments("listener")
            assert served.version == "1"
            await until(
                lambda: any(line.function == "listener" and "END" in line.text for line in running.lines)
            )

    run(scenario())


def test_what_cannot_be_delivered_is_counted_and_told_and_harms_nothing(moto: str) -> None:
    async def scenario() -> None:
        absent = f"arn:aws:sqs:us-east-1:{ACCOUNT}:absent"
        async with _lab(moto, EventSettings(on_success=absent)) as running:
            await running.call({}, invocation_type="Event")
            await until(lambda: running.lab.counters["undelivered_records"] == 1)
            (told,) = [event for event in running.events if event.kind == "record_undelivered"]
            assert told.detail["target"] == absent
        async with running_lab("none") as running:
            running.lab.events.settings["f"] = {"$LATEST": EventSettings(on_success=absent)}
            await running.call({}, invocation_type="Event")
            await until(lambda: running.lab.counters["undelivered_records"] == 1)
            (told,) = [event for event in running.events if event.kind == "record_undelivered"]
            assert told.detail["reason"] == "the lab supports no other services"

    run(scenario())


def test_a_function_deleted_while_its_event_waits_takes_the_event_with_it() -> None:
    async def scenario() -> None:
        # A minute's wait takes a tenth of a second here.
        async with running_lab("none", async_speed=600.0) as running:
            ControlPlane(running.lab)
            await running.call({"do": "raise"}, invocation_type="Event")
            await until(lambda: "invoke_end" in running.kinds())
            running.lab.remove_function("f")
            await running.lab.add_function(basic(name="other"))
            await until(lambda: running.lab.counters["dropped_events"] == 1)
            assert running.lab.counters["task_faults"] == 0

    run(scenario())


def test_settings_that_change_while_an_event_waits_are_in_force() -> None:
    async def scenario() -> None:
        async with running_lab("none", async_speed=600.0) as running:
            lab = running.lab
            await running.call({"do": "raise"}, invocation_type="Event")
            await until(lambda: "invoke_end" in running.kinds())
            lab.events.settings["f"] = {"$LATEST": dataclasses.replace(EventSettings(), retries=1)}
            await until(lambda: lab.counters["dropped_events"] == 1)
            assert running.kinds().count("invoke_start") == 2

    run(scenario())
