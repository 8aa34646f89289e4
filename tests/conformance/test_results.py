"""What a handler returns reaches the caller in the same bytes as under plain awslambdaric."""

from __future__ import annotations

import dataclasses
import json

import pytest
from tests.conformance.conftest import StartPair

VALUES = [
    "object",
    "list",
    "string",
    "empty string",
    "integer",
    "float",
    "true",
    "nothing",
    "not a number",
    "not ascii",
    "decimal",
    "tuple",
    "bytes",
    "json bytes",
    "empty bytes",
    "integer keys",
    "nested deep",
    "line ends",
    "bytes in a dict",
]
REFUSED = ["set", "object instance", "circular", "lone surrogate", "too deep"]
# AWS_EXECUTION_ENV decides whether awslambdaric escapes non-ASCII text and polls from a thread.
EXECUTION_ENVIRONMENTS = ["", "AWS_Lambda_python3.11", "AWS_Lambda_python3.13"]


@pytest.mark.parametrize("execution_environment", EXECUTION_ENVIRONMENTS)
@pytest.mark.parametrize("case", VALUES)
def test_a_value_arrives_as_under_plain_awslambdaric(
    start_pair: StartPair, case: str, execution_environment: str
) -> None:
    environment = {"AWS_EXECUTION_ENV": execution_environment} if execution_environment else None
    plain, dayfly = start_pair("results.handler", environment=environment).look({"case": case})
    assert plain.kind == "response"
    assert dayfly == plain


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_cannot_be_serialised_fails_as_under_plain_awslambdaric(
    start_pair: StartPair, case: str
) -> None:
    # From 3.12 on awslambdaric does not escape, so that a lone surrogate cannot be encoded either.
    environment = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
    plain, dayfly = start_pair("results.handler", environment=environment).look({"case": case})
    if case == "lone surrogate":
        # It surfaces outside the handler's try block and ends plain awslambdaric; a worker ends alone.
        assert (plain.kind, dayfly.kind) == ("lost", "error")
        assert (
            start_pair("results.handler", environment=environment).dayfly.look({"case": "true"}).payload
            is True
        )
        return
    assert plain.kind == "error"
    assert dayfly == plain


@pytest.mark.parametrize("case", VALUES)
def test_a_value_arrives_in_the_same_bytes_when_the_runtime_api_is_locked(
    start_pair: StartPair, case: str
) -> None:
    """A held response has sent its content type before the result is known, so that one may differ."""
    plain, dayfly = start_pair("results.handler", environment={"DAYFLY_API_LOCK": "on"}).look({"case": case})
    assert dataclasses.replace(dayfly, content_type="") == dataclasses.replace(plain, content_type="")


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b'{"a": "\\u2603"}',
        '{"a": "☃"}'.encode(),
        b"  {}  ",
        b'{"a":1,"a":2}',
    ],
)
def test_an_event_arrives_as_it_was_sent(start_pair: StartPair, body: bytes) -> None:
    plain, dayfly = start_pair("results.echo").look(body=body)
    assert plain.kind == "response"
    assert dayfly == plain


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"not json", b"NaN"])
def test_an_event_that_is_not_json_fails_as_under_plain_awslambdaric(
    start_pair: StartPair, body: bytes
) -> None:
    plain, dayfly = start_pair("results.echo").look(body=body)
    assert plain.kind == "error"
    assert dayfly == plain


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/octet-stream", "application/json; charset=utf-8"]
)
def test_the_content_type_of_the_event_has_the_same_effect(start_pair: StartPair, content_type: str) -> None:
    plain, dayfly = start_pair("results.echo").look({"a": 1}, Content_Type=content_type)
    assert dayfly == plain


def test_the_sample_values_are_what_they_claim(start_pair: StartPair) -> None:
    """Guards the table: two equal wrong answers would pass every test above."""
    pair = start_pair("results.handler")
    assert pair.dayfly.look({"case": "not ascii"}).payload == {"ключ": "värde 🦋", "surrogate-free": "日本語"}
    assert pair.dayfly.look({"case": "bytes"}).payload == b"\x00\xff not json"
    assert pair.dayfly.look({"case": "bytes"}).content_type == "application/unknown"
    assert pair.dayfly.look({"case": "decimal"}).payload == {"price": 10.1}
    assert (
        json.dumps(pair.dayfly.look({"case": "not a number"}).payload) == '{"nan": "NaN", "inf": "Infinity"}'
    )
