"""The records of an event's end: the one for a destination, the attributes of a dead letter; pure.

Shapes: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, and as recorded from AWS by
LocalStack's suite (tests/aws/services/lambda_/test_lambda_destinations.snapshot.json).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dayfly.lab.events.settings import Condition

# "ErrorMessage: the first 1 KB of the error message", on the page above.
_DEAD_LETTER_MESSAGE_BYTES = 1024
# Characters that SQS refuses: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Response:
    """What the function answered last: its payload as it is, and whether that is an error."""

    payload: bytes
    is_error: bool
    executed_version: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How one event ended. `response` is None when no function code ever ran; `arn` is the function's, qualified."""

    request_id: str
    arn: str
    condition: Condition
    invoked: int
    payload: bytes
    response: Response | None
    at: float

    @property
    def is_success(self) -> bool:
        return self.condition == "Success"


def write_record(ending: Ending, *, with_payloads: bool = True) -> bytes:
    """Return the JSON document that a destination gets."""
    record: dict[str, object] = {
        "version": "1.0",
        "timestamp": stamp(ending.at),
        "requestContext": {
            "requestId": ending.request_id,
            "functionArn": ending.arn,
            "condition": ending.condition,
            "approximateInvokeCount": ending.invoked,
        },
    }
    if with_payloads:
        record["requestPayload"] = _decoded(ending.payload)
    if ending.response is not None:
        context: dict[str, object] = {
            "statusCode": 200,
            "executedVersion": ending.response.executed_version,
        }
        if ending.response.is_error:
            context["functionError"] = "Unhandled"
        record["responseContext"] = context
        if with_payloads:
            record["responsePayload"] = _decoded(ending.response.payload)
    return _encoded(record)


def dead_letter_attributes(ending: Ending) -> Mapping[str, Mapping[str, str]]:
    """Return the message attributes beside the event in a dead letter."""
    message = "Rate Exceeded." if ending.response is None else _error_message(ending.response.payload)
    message = _REFUSED.sub("\ufffd", message)
    cut = message.encode()[:_DEAD_LETTER_MESSAGE_BYTES].decode("utf-8", "ignore")
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": ending.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "429" if ending.response is None else "200"},
    }
    if cut:
        # Neither SQS nor SNS takes an empty value.
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": cut}
    return attributes


def _encoded(record: dict[str, object]) -> bytes:
    try:
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        # A payload nested as deep as can be read is too deep within a record.
        told = {key: value for key, value in record.items() if not key.endswith("Payload")}
        text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def stamp(at: float) -> str:
    """Return a moment as records have it: 2019-11-14T18:16:05.568Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"


def _decoded(payload: bytes) -> object:
    """Return the value of a payload, and one that is no JSON as text."""
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "replace")
    return value


def _error_message(payload: bytes) -> str:
    value = _decoded(payload)
    message = value.get("errorMessage") if isinstance(value, dict) else None
    return message if isinstance(message, str) else ""
