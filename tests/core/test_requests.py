"""Requests of the function's process: what an extension's client sends, and nothing that two readers see differently."""

from __future__ import annotations

import pytest

from dayfly.core.limits import MAX_REQUEST_BYTES
from dayfly.core.requests import RequestError, RequestReader

REGISTER = (
    b"POST /2020-01-01/extension/register HTTP/1.1\r\nHost: 127.0.0.1\r\nLambda-Extension-Name:  a b \r\n"
    b'Content-Length: 21\r\n\r\n{"events":["INVOKE"]}'
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_is_whole_with_its_body(size: int) -> None:
    reader = RequestReader()
    for at in range(0, len(REGISTER), size):
        assert reader.take() is None
        reader.feed(REGISTER[at : at + size])
    request = reader.take()
    assert request is not None
    assert (request.method, request.path) == ("POST", "/2020-01-01/extension/register")
    assert request.headers["lambda-extension-name"] == "a b"
    assert request.body == b'{"events":["INVOKE"]}'
    assert reader.take() is None


def test_requests_follow_each_other() -> None:
    reader = RequestReader()
    reader.feed(REGISTER + REGISTER[:30])
    assert reader.take() is not None
    assert reader.take() is None
    reader.feed(REGISTER[30:])
    assert reader.take() is not None


def get(line: bytes = b"GET /a HTTP/1.1", *headers: bytes) -> bytes:
    return b"\r\n".join([line, *headers]) + b"\r\n\r\n"


REFUSED = {
    "a line feed in a value": get(b"GET /a HTTP/1.1", b"Lambda-Extension-X: a\nTransfer-Encoding: chunked"),
    "a second request behind a line feed": get(b"GET /a HTTP/1.1", b"A: b\n\nGET /next HTTP/1.1"),
    "a carriage return in a value": get(b"GET /a HTTP/1.1", b"A: b\rC: d"),
    "a line feed in the path": get(b"GET /a\nX HTTP/1.1"),
    "an escape in the path": get(b"GET /a/%2e%2e/next HTTP/1.1"),
    "a step up in the path": get(b"GET /a/../next HTTP/1.1"),
    "a query": get(b"GET /a?b HTTP/1.1"),
    "another server's path": get(b"GET http://x/a HTTP/1.1"),
    "four words": get(b"GET /a b HTTP/1.1"),
    "no version": get(b"GET /a"),
    "a name twice": get(b"GET /a HTTP/1.1", b"Content-Length: 0", b"content-length: 5"),
    "a blank before the colon": get(b"GET /a HTTP/1.1", b"Content-Length : 5"),
    "a folded line": get(b"GET /a HTTP/1.1", b"A: b", b" c: d"),
    "chunks": get(b"POST /a HTTP/1.1", b"Transfer-Encoding: chunked"),
    "a length of thousands of digits": get(b"POST /a HTTP/1.1", b"Content-Length: " + b"9" * 5000),
    "a length in another script": get(b"POST /a HTTP/1.1", "Content-Length: ²".encode()),
    "a negative length": get(b"POST /a HTTP/1.1", b"Content-Length: -1"),
    "too long a body": get(b"POST /a HTTP/1.1", b"Content-Length: %d" % (MAX_REQUEST_BYTES + 1)),
    "a head without an end": b"GET /" + b"a" * (MAX_REQUEST_BYTES + 1),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused_and_nothing_is_taken_after_it(case: str) -> None:
    reader = RequestReader()
    with pytest.raises(RequestError):
        reader.feed(REFUSED[case])
    assert reader.take() is None
    with pytest.raises(RequestError):
        reader.feed(REGISTER)
    assert reader.take() is None
