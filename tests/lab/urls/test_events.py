"""A request becomes an event of payload format 2.0."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import pytest

from dayfly.lab.urls.events import UrlRequest, write_event

_REQUEST = UrlRequest(
    method="POST",
    path="/my%20path",
    query="a=1&a=2&b=%C3%BC&c=&a=3+4",
    headers=[
        ("host", "x"),
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "a"),
        ("accept", "b"),
        ("cookie", "one=1; two=2"),
        ("cookie", "three=3"),
        ("connection", "keep-alive"),
        ("user-agent", "agent"),
    ],
    body=b'{"key": "value"}',
    source_ip="127.0.0.1",
    port=9001,
)


def _event(request: UrlRequest, *, access_key: str | None = None) -> Any:
    return json.loads(
        write_event(
            request,
            url_id="u" * 32,
            request_id="id",
            trace_id="Root=1",
            access_key=access_key,
            at=1583348638.39,
        )
    )


def test_every_member_is_where_the_format_has_it() -> None:
    domain = "u" * 32 + ".lambda-url.us-east-1.localhost"
    assert _event(_REQUEST) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my%20path",
        "rawQueryString": "a=1&a=2&b=%C3%BC&c=&a=3+4",
        "cookies": ["one=1", "two=2", "three=3"],
        "headers": {
            "host": "x",
            "content-type": "application/json; charset=utf-8",
            "accept": "a,b",
            "user-agent": "agent",
            "x-amzn-trace-id": "Root=1",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-port": "9001",
        },
        "queryStringParameters": {"a": "1,2,3 4", "b": "ü", "c": ""},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "u" * 32,
            "domainName": domain,
            "domainPrefix": "u" * 32,
            "http": {
                "method": "POST",
                "path": "/my%20path",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "agent",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        "body": '{"key": "value"}',
        "isBase64Encoded": False,
    }


def test_what_is_not_there_is_left_out() -> None:
    event = _event(dataclasses.replace(_REQUEST, query="", headers=[], body=b""))
    assert not {"cookies", "queryStringParameters", "body"} & event.keys()
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"]["userAgent"] == ""


@pytest.mark.parametrize(
    ("content_type", "body", "is_encoded"),
    [
        ("text/plain", b"x", False),
        ("TEXT/HTML; charset=utf-8", b"x", False),
        ("application/vnd.api+json", b"x", False),
        ("application/soap+xml", b"x", False),
        ("application/javascript", "ü".encode(), False),
        ("text/plain", b"\xff", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("multipart/form-data; boundary=x", b"x", True),
        ("application/octet-stream", b"x", True),
        ("image/svg", b"x", True),
        (None, b"x", True),
    ],
)
def test_what_is_no_text_is_base64(content_type: str | None, body: bytes, is_encoded: bool) -> None:
    headers = [("content-type", content_type)] if content_type is not None else []
    event = _event(dataclasses.replace(_REQUEST, headers=headers, body=body))
    assert event["isBase64Encoded"] is is_encoded
    assert (base64.b64decode(event["body"]) if is_encoded else event["body"].encode()) == body


def test_a_signer_is_the_caller() -> None:
    context = _event(_REQUEST, access_key="AKIDEXAMPLE")["requestContext"]
    assert context["accountId"] == "000000000000"
    assert context["authorizer"]["iam"]["accessKey"] == "AKIDEXAMPLE"
