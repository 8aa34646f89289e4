"""Answers are compared by place, and no value of theirs is ever told."""

from __future__ import annotations

import json

import pytest

from dayfly.lab.comparing import differences
from dayfly.lab.model import InvokeResult


def answer(value: object, *, error: str | None = None, raw: bytes | None = None) -> InvokeResult:
    payload = json.dumps(value).encode() if raw is None else raw
    return InvokeResult(200, payload, error, None, "$LATEST", "id", "environment", False, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "places"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, ["$.a"]),
        ({"a": 1}, {"a": 1.0}, ["$.a"]),
        ({"a": True}, {"a": 1}, ["$.a"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["$.a[1].b"]),
        ({"a": [1]}, {"a": [1, 2]}, ["$.a"]),
        ({"a": 1}, {"b": 1}, ["$.a", "$.b"]),
        (None, 0, ["$"]),
    ],
)
def test_places_are_told(one: object, other: object, places: list[str]) -> None:
    assert differences(answer(one), answer(other)) == places


def test_no_value_and_no_key_made_of_data_is_told() -> None:
    told = differences(answer({"4111 1111 1111 1111": "secret"}), answer({"\x1b[31m": "other"}))
    assert told == ["$.(a key)", "$.(a key)"]


def test_errors_are_compared_by_their_kind() -> None:
    one = answer({"errorType": "KeyError", "requestId": "1", "stackTrace": ["x"]}, error="Unhandled")
    same = answer({"errorType": "KeyError", "requestId": "2", "stackTrace": []}, error="Unhandled")
    other = answer({"errorType": "OSError"}, error="Unhandled")
    assert differences(one, same) == []
    assert differences(one, other) == ["$.errorType"]
    assert differences(one, answer({})) == ["an error in one, an answer in the other"]


def test_answers_that_are_no_json_are_compared_as_they_are() -> None:
    assert differences(answer(None, raw=b"\xff"), answer(None, raw=b"\xff")) == []
    assert differences(answer(None, raw=b"\xff"), answer(None, raw=b"\xfe")) == ["the bytes"]
