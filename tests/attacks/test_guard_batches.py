"""One poisoned record of a batch is refused for itself: the others are served, and it holds up no queue (L1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import OWN_FUNCTIONS
from tests.real.environment import real_python
from tests.rie import Rie

POISON = "__import__('os').getpid()"
SOURCES = ("sqs", "fifo", "kinesis", "dynamodb")


def records(source: str, prices: list[str]) -> dict[str, object]:
    """A batch as the trigger sends it, with one record a price."""
    return {
        "Records": [
            _record(source, number, json.dumps({"price": price})) for number, price in enumerate(prices)
        ]
    }


def _record(source: str, number: int, body: str) -> dict[str, object]:
    common = {"awsRegion": "eu-central-1", "eventName": "INSERT"}
    if source == "kinesis":
        data = base64.b64encode(body.encode()).decode()
        stream = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": f"n-{number}",
            "data": data,
        }
        return {**common, "eventSource": "aws:kinesis", "eventID": f"shard:{number}", "kinesis": stream}
    if source == "dynamodb":
        change = {
            "Keys": {"id": {"S": str(number)}},
            "NewImage": {"body": {"S": body}},
            "SequenceNumber": f"n-{number}",
        }
        return {**common, "eventSource": "aws:dynamodb", "eventID": str(number), "dynamodb": change}
    queue = "arn:aws:sqs:eu-central-1:123456789012:orders" + (".fifo" if source == "fifo" else "")
    group = {"MessageGroupId": "g", "SequenceNumber": str(number)} if source == "fifo" else {}
    return {
        **common,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "messageId": f"n-{number}",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", **group},
        "messageAttributes": {},
        "md5OfBody": "",
    }


def refusals(rie: Rie) -> list[str]:
    found = []
    for line in rie.logs().split("\n"):
        if line.startswith("{") and '"types":["guard.refused"]' in line:
            found.append(json.loads(line)["unmapped"]["evidence"]["event_path"])
    return found


@pytest.fixture(scope="module", params=["partial", "passing_over", "together"])
def function(request: pytest.FixtureRequest) -> Iterator[Rie]:
    with Rie(OWN_FUNCTIONS, f"batches.{request.param}", environment={"DAYFLY_GUARD": "block"}) as rie:
        yield rie


@pytest.mark.parametrize("source", SOURCES)
def test_one_record_fails_as_the_function_lets_records_fail(source: str, function: Rie) -> None:
    before = len(refusals(function))
    honest = function.invoke(records(source, ["1", "2.5", "3"])).payload
    answer = function.invoke(records(source, ["1", POISON, "3"]))
    found = refusals(function)[before:]
    assert [path.partition("]")[0] for path in found] == ["Records[1"]
    assert isinstance(honest, dict)
    assert honest["prices"] == [1, 2.5, 3]
    if function.handler.endswith("together"):
        assert answer.error_type == "Dayfly.Refused"
        return
    assert isinstance(answer.payload, dict)
    assert answer.payload["prices"] == [1, 3]
    if function.handler.endswith("partial"):
        assert answer.payload["batchItemFailures"] == [{"itemIdentifier": "n-1"}]


@pytest.fixture(scope="module")
def powertools() -> Iterator[Rie]:
    with Rie(
        OWN_FUNCTIONS,
        "batches_powertools.handler",
        environment={"DAYFLY_GUARD": "block"},
        interpreter=real_python(),
    ) as rie:
        yield rie


@pytest.mark.parametrize("source", SOURCES)
def test_powertools_reports_the_poisoned_record_alone(source: str, powertools: Rie) -> None:
    assert powertools.invoke(records(source, ["1", "2.5", "3"])).payload == {"batchItemFailures": []}
    answer = powertools.invoke(records(source, ["1", POISON, "3"]))
    assert refusals(powertools)
    # In order: what comes behind a failed one of a FIFO queue fails with it.
    failed = ["n-1", "n-2"] if source == "fifo" else ["n-1"]
    assert answer.payload == {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
