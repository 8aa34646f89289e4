"""Serves function URLs: `ID.lambda-url.us-east-1.localhost`, or the path `/lambda-url/ID` where such a host is not resolved.

Any other request is passed on to the application behind.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from dayfly.lab.control.answers import refusal_body
from dayfly.lab.lab import Lab
from dayfly.lab.model import InvokeRefusedError, InvokeResult, LabError
from dayfly.lab.payloads import MAX_SYNC_REQUEST_BYTES
from dayfly.lab.streaming.invoking import Streamed, invoke_streamed
from dayfly.lab.streaming.stream import ResponseStream
from dayfly.lab.urls import cors, responses
from dayfly.lab.urls.access import is_public, signer
from dayfly.lab.urls.config import UrlConfig
from dayfly.lab.urls.events import UrlRequest, write_event
from dayfly.lab.urls.responses import BAD_GATEWAY, MalformedResponseError, UrlResponse, refused

_HOST = re.compile(r"(?P<id>[a-z0-9]{32})\.lambda-url\.[a-z0-9.-]+(?::\d+)?", re.IGNORECASE)
_PATH = re.compile(rb"/lambda-url/(?P<id>[a-z0-9]{32})(?P<rest>/.*)?", re.DOTALL)
# Lambda says no more to whoever names a URL that is not there (recorded by LocalStack's suite).
_UNKNOWN = refused(403, "AccessDeniedException", {"Message": None})
_FORBIDDEN = refused(
    403,
    "AccessDeniedException",
    {
        "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    },
)
_TOO_LARGE = refused(413, "RequestTooLargeException", {"message": "Request Too Long"})


class Directory(Protocol):
    """Knows the URLs, and which function each is one of."""

    def find(self, url_id: str) -> tuple[str, str | None, UrlConfig] | None:
        """Name, qualifier and configuration."""

    def statements(self, name: str, qualifier: str | None) -> list[Mapping[str, object]]:
        """The resource policy of what the URL leads to."""


class UrlFront:
    """An ASGI application in front of another."""

    def __init__(self, app: ASGIApp, lab: Lab, directory: Directory) -> None:
        self._app = app
        self._lab = lab
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            found = _address(scope)
            if found is not None:
                await self._serve(scope, receive, send, *found)
                return
        await self._app(scope, receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send, url_id: str, path: str) -> None:
        request_id = str(uuid.uuid4())
        identified = [("x-amzn-RequestId", request_id)]
        known = self._directory.find(url_id)
        if known is None:
            await _send(send, _UNKNOWN, identified)
            return
        name, qualifier, config = known
        headers = [
            (key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in scope["headers"]
        ]
        query = scope["query_string"].decode("latin-1")
        by_name = dict(headers)
        if cors.is_preflight(config.cors, scope["method"], by_name):
            await _send(send, UrlResponse(200, tuple(cors.preflight_headers(config.cors, by_name))))
            return
        access_key = signer(by_name, query) if config.auth_type == "AWS_IAM" else None
        if config.auth_type == "AWS_IAM":
            is_allowed = access_key is not None
        else:
            is_allowed = is_public(self._directory.statements(name, qualifier))
        if not is_allowed:
            await _send(send, _FORBIDDEN, [*identified, *cors.response_headers(config.cors, by_name)])
            return
        body = await _read(receive)
        if body is None:
            await _send(send, _TOO_LARGE, identified)
            return
        client, server = scope.get("client"), scope.get("server")
        request = UrlRequest(
            method=scope["method"],
            path=path,
            query=query,
            headers=headers,
            body=body,
            source_ip=client[0] if client is not None else "127.0.0.1",
            port=(server[1] if server is not None else None) or 80,
            protocol=f"HTTP/{scope['http_version']}",
        )
        trace_id = by_name.get("x-amzn-trace-id") or f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()}"
        event = write_event(
            request,
            url_id=config.id,
            request_id=request_id,
            trace_id=trace_id,
            access_key=access_key,
            at=time.time(),
        )
        added = [
            *identified,
            ("X-Amzn-Trace-Id", trace_id),
            *cors.response_headers(config.cors, by_name),
        ]

        async def invoke(stream: ResponseStream | None) -> InvokeResult:
            version, arn = self._lab.route(name, qualifier)
            return await self._lab.invoke(
                name, event, version=version, arn=arn, request_id=request_id, trace_id=trace_id, stream=stream
            )

        try:
            if config.invoke_mode == "RESPONSE_STREAM":
                streamed = await invoke_streamed(ResponseStream(self._lab.stream_limits), invoke)
            else:
                await _send(send, _of_result(await invoke(None)), added)
                return
        except InvokeRefusedError as refusal:
            await _send(send, _of_refusal(refusal), added)
            return
        except LabError:
            await _send(send, BAD_GATEWAY, added)
            return
        await _send_stream(send, streamed, added)


def _address(scope: HTTPScope) -> tuple[str, str] | None:
    """The URL that a request is for, and the path as it came, without what names the URL."""
    raw = scope["raw_path"] or scope["path"].encode()
    host = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"host"), "")
    named = _HOST.fullmatch(host)
    if named is not None:
        return named["id"].lower(), raw.decode("latin-1") or "/"
    placed = _PATH.fullmatch(raw)
    if placed is None:
        return None
    return placed["id"].decode(), (placed["rest"] or b"/").decode("latin-1")


async def _read(receive: Receive) -> bytes | None:
    """The body, or None for one that no event could carry."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)  # gone meanwhile: nobody reads the answer
        chunks.append(message["body"])
        size += len(message["body"])
        if size > MAX_SYNC_REQUEST_BYTES:
            return None
        if not message["more_body"]:
            return b"".join(chunks)


def _of_result(result: InvokeResult) -> UrlResponse:
    if result.function_error is not None:
        return BAD_GATEWAY
    try:
        return responses.from_payload(result.payload)
    except MalformedResponseError:
        return BAD_GATEWAY


def _of_refusal(refusal: InvokeRefusedError) -> UrlResponse:
    if refusal.status_code == 413:
        return _TOO_LARGE
    body = refusal_body(refusal)
    if refusal.reason is not None:
        body["Reason"] = refusal.reason
    return refused(refusal.status_code, refusal.error_type, body)


async def _send_stream(send: Send, streamed: Streamed, added: list[tuple[str, str]]) -> None:
    """Send a streamed response while it is made; one that ends in an error is cut, so that nobody takes it for whole."""
    try:
        pieces = streamed.chunks()
        if streamed.content_type is None and (await streamed.result()).function_error is not None:
            await _send(send, BAD_GATEWAY, added)
            return
        response = UrlResponse(200, (("Content-Type", streamed.content_type or responses.JSON_TYPE),))
        if streamed.content_type == responses.PRELUDE_TYPE:
            try:
                response = await _read_prelude(pieces)
            except MalformedResponseError:
                await _send(send, BAD_GATEWAY, added)
                return
        await _send_head(send, response, added)
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if (await streamed.result()).function_error is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        await streamed.abandon()


async def _read_prelude(pieces: AsyncIterator[bytes]) -> UrlResponse:
    """Status, headers and the beginning of the body; raises MalformedResponseError where there is no metadata."""
    read = b""
    async for piece in pieces:
        read += piece
        head, delimiter, body = read.partition(responses.DELIMITER)
        if delimiter:
            response = responses.from_prelude(head)
            return UrlResponse(response.status, response.headers, body)
        if len(read) > responses.MAX_PRELUDE_BYTES:
            break
    raise MalformedResponseError


async def _send(send: Send, response: UrlResponse, added: list[tuple[str, str]] | None = None) -> None:
    length = ("Content-Length", str(len(response.body)))
    await _send_head(send, response, [*(added or []), length])
    await send({"type": "http.response.body", "body": response.body, "more_body": False})


async def _send_head(send: Send, response: UrlResponse, added: list[tuple[str, str]]) -> None:
    names = {name.lower() for name, _ in added}
    replaced = cors.HEADERS if names & cors.HEADERS else frozenset()
    kept = [pair for pair in response.headers if pair[0].lower() not in replaced]
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.encode(), value.encode()) for name, value in [*kept, *added]],
        }
    )
