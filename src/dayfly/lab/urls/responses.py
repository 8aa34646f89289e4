"""What a function answered as the response of its URL; pure.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload; strings, numbers and lists as recorded from AWS by
LocalStack's suite (TestLambdaURL::test_lambda_url_invocation).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

JSON_TYPE = "application/json"
# Between the metadata and the body of a streamed response:
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
DELIMITER = bytes(8)
PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
# Metadata is a status, headers and cookies; what goes on without a delimiter is no metadata.
MAX_PRELUDE_BYTES = 64 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]*")
# The connection is the service's: what a function says of it is told under another name.
_REMAPPED = frozenset({"connection", "content-length", "date", "transfer-encoding"})
_STATUSES = range(100, 600)


class MalformedResponseError(Exception):
    """The function answered what is no HTTP response: 502."""


@dataclass(frozen=True, slots=True)
class UrlResponse:
    """Status, headers in their order, and the body or its beginning."""

    status: int
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    body: bytes = b""


BAD_GATEWAY = UrlResponse(502, (("Content-Type", JSON_TYPE),), b"Internal Server Error")


def refused(status: int, error_type: str, body: Mapping[str, str | None]) -> UrlResponse:
    """Return a refusal of the service's own."""
    headers = (("Content-Type", JSON_TYPE), ("x-amzn-ErrorType", error_type))
    return UrlResponse(status, headers, json.dumps(dict(body), separators=(",", ":")).encode())


def from_payload(payload: bytes) -> UrlResponse:
    """Return the response that a function's answer in one piece stands for.

    With `statusCode` it says itself what it is; anything else is the body of a 200. Raises MalformedResponseError.
    """
    head, delimiter, body = payload.partition(DELIMITER)
    if delimiter:
        return replace(from_prelude(head), body=body)
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return UrlResponse(200, (("Content-Type", JSON_TYPE),), payload)
    if isinstance(value, dict) and "statusCode" in value:
        return replace(_head(value, JSON_TYPE), body=_body(value))
    # A string stands for its characters; everything else is written again, without spaces.
    body = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else _compact(value)
    return UrlResponse(200, (("Content-Type", JSON_TYPE),), body)


def from_prelude(prelude: bytes) -> UrlResponse:
    """Return status and headers of a streamed response; raises MalformedResponseError for what is no metadata."""
    try:
        value = json.loads(prelude)
    except (ValueError, RecursionError) as error:
        raise MalformedResponseError from error
    if not isinstance(value, dict):
        raise MalformedResponseError
    return _head({"statusCode": 200} | value, "application/octet-stream")


def _head(value: Mapping[str, object], default_type: str) -> UrlResponse:
    status = value["statusCode"]
    if isinstance(status, str) and status.isascii() and status.isdigit() and len(status) == 3:
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or status not in _STATUSES:
        raise MalformedResponseError
    given = {} if value.get("headers") is None else value["headers"]
    cookies = [] if value.get("cookies") is None else value["cookies"]
    if not isinstance(given, dict) or not isinstance(cookies, list):
        raise MalformedResponseError
    headers = [(name, _text(item)) for name, item in given.items()]
    headers += [("Set-Cookie", _text(cookie)) for cookie in cookies]
    if all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", default_type))
    if not all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(item) for name, item in headers):
        raise MalformedResponseError
    return UrlResponse(
        status,
        tuple(
            (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, item) for name, item in headers
        ),
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise MalformedResponseError


def _compact(value: object) -> bytes:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    except RecursionError as error:
        # Read, but too deep to be written again.
        raise MalformedResponseError from error
    return text.encode("utf-8", "surrogatepass")


def _body(value: dict[str, object]) -> bytes:
    body = value.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        return _compact(body)
    if value.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedResponseError from error
