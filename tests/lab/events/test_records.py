"""A record and a dead letter have the members and values that were recorded from AWS."""

from __future__ import annotations

import dataclasses
import json

import pytest

from dayfly.lab.events.records import Ending, Response, dead_letter_attributes, write_record

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
_ERROR = b'{"errorMessage": "wrong", "errorType": "Exception"}'
_FAILED = Ending(
    "id", _ARN, "RetriesExhausted", 3, b'{"order": 1}', Response(_ERROR, True, "$LATEST"), 1573755365.568
)


def test_a_failure_is_told_with_its_last_response() -> None:
    assert json.loads(write_record(_FAILED)) == {
        "version": "1.0",
        "timestamp": "2019-11-14T18:16:05.568Z",
        "requestContext": {
            "requestId": "id",
            "functionArn": _ARN,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"order": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": json.loads(_ERROR),
    }


def test_a_success_has_no_function_error_and_what_never_ran_no_response() -> None:
    success = dataclasses.replace(_FAILED, condition="Success", response=Response(b"null", False, "7"))
    assert json.loads(write_record(success))["responseContext"] == {"statusCode": 200, "executedVersion": "7"}
    never = dataclasses.replace(_FAILED, condition="ZeroReservedConcurrency", invoked=0, response=None)
    told = json.loads(write_record(never))
    assert told.keys() == {"version", "timestamp", "requestContext", "requestPayload"}


@pytest.mark.parametrize(
    ("payload", "decoded"),
    [(b"not json", "not json"), (b"\xff", "\ufffd"), ('"ü"'.encode(), "ü"), (b'"\\ud800"', "\ud800")],
)
def test_what_a_custom_runtime_answered_is_told_whatever_it_is(payload: bytes, decoded: str) -> None:
    ending = dataclasses.replace(_FAILED, response=Response(payload, False, "$LATEST"))
    assert json.loads(write_record(ending).decode("utf-8", "surrogatepass"))["responsePayload"] == decoded


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (Response(_ERROR, True, "1"), "200", "wrong"),
        (Response(b'{"errorMessage": "%s"}' % (b"x" * 2000), True, "1"), "200", "x" * 1024),
        (Response(b'{"errorMessage": "' + "ü".encode() * 600 + b'"}', True, "1"), "200", "ü" * 512),
        (Response(b'{"errorMessage": "a\\u0000b\\ud800\\n"}', True, "1"), "200", "a\ufffdb\ufffd\n"),
        (Response(b"[]", True, "1"), "200", None),
        (None, "429", "Rate Exceeded."),
    ],
)
def test_a_dead_letter_carries_the_first_kilobyte_of_the_message(
    response: Response | None, code: str, message: str | None
) -> None:
    attributes = dead_letter_attributes(dataclasses.replace(_FAILED, response=response))
    assert attributes["RequestID"] == {"DataType": "String", "StringValue": "id"}
    assert attributes["ErrorCode"] == {"DataType": "Number", "StringValue": code}
    told = attributes.get("ErrorMessage")
    assert (told and told["StringValue"]) == message
