"""What a function answers becomes the response of its URL as recorded from AWS, and what is no response a 502."""

from __future__ import annotations

import json

import pytest

from dayfly.lab.urls.responses import MalformedResponseError, from_payload, from_prelude

_JSON = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"hello": "world"}', b'{"hello":"world"}'),
        (b'["hello", 3, true]', b'["hello",3,true]'),
        (b'"hello"', b"hello"),
        (b"3", b"3"),
        (b"3.1", b"3.1"),
        (b"true", b"true"),
        (b"null", b"null"),
        (b'{"a": "\\u00fc"}', '{"a":"ü"}'.encode()),
        (b"no json", b"no json"),
    ],
)
def test_what_has_no_status_is_the_body_of_a_200(payload: bytes, body: bytes) -> None:
    response = from_payload(payload)
    assert (response.status, response.headers, response.body) == (200, (_JSON,), body)


def test_a_response_says_itself_what_it_is() -> None:
    response = from_payload(
        json.dumps(
            {
                "statusCode": 201,
                "headers": {"Content-Type": "text/html", "X-Number": 3, "X-True": True, "Date": "never"},
                "cookies": ["a=1; HttpOnly", "b=2"],
                "body": "PGh0bWw+",
                "isBase64Encoded": True,
            }
        ).encode()
    )
    assert response.status == 201
    assert response.body == b"<html>"
    assert list(response.headers) == [
        ("Content-Type", "text/html"),
        ("X-Number", "3"),
        ("X-True", "true"),
        ("x-amzn-Remapped-Date", "never"),
        ("Set-Cookie", "a=1; HttpOnly"),
        ("Set-Cookie", "b=2"),
    ]


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"statusCode": 200, "body": "body123"}, 200, b"body123"),
        ({"statusCode": "204"}, 204, b""),
        ({"statusCode": 200, "body": {"a": 1}}, 200, b'{"a":1}'),
        ({"statusCode": 200, "body": "eA==", "isBase64Encoded": False}, 200, b"eA=="),
        ({"statusCode": 404, "headers": None, "cookies": None, "body": None}, 404, b""),
    ],
)
def test_members_that_are_left_out_are_defaults(answer: object, status: int, body: bytes) -> None:
    response = from_payload(json.dumps(answer).encode())
    assert (response.status, response.headers, response.body) == (status, (_JSON,), body)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 99},
        {"statusCode": 600},
        {"statusCode": True},
        {"statusCode": "many"},
        {"statusCode": 200.5},
        {"statusCode": None},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": "b\r\nSet-Cookie: c"}},
        {"statusCode": 200, "headers": {"a": "\ud800"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a\n"]},
        {"statusCode": 200, "body": "no base64", "isBase64Encoded": True},
    ],
)
def test_what_is_no_response_is_malformed(answer: object) -> None:
    with pytest.raises(MalformedResponseError):
        from_payload(json.dumps(answer).encode())


def test_a_prelude_stands_before_its_body_also_where_nobody_streams() -> None:
    response = from_payload(b'{"statusCode": 418, "headers": {"a": "b"}}' + bytes(8) + b"tea\0")
    assert (response.status, response.body) == (418, b"tea\0")
    assert ("a", "b") in response.headers
    assert from_prelude(b"{}").status == 200
    for prelude in (b"", b"[]", b"no json", b'{"statusCode": 7}'):
        with pytest.raises(MalformedResponseError):
            from_prelude(prelude)
