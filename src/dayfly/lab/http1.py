"""One HTTP/1.1 connection of the Runtime API: requests in, trailers and `100 Continue` under control.

A web framework reads the body before its handler runs. Here the handler must act on the headers
alone (a held response changes the state before its body exists) and must see the trailers.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import email.utils
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import h11

_READ_BYTES = 65536
# Of a request's line and headers: as much as the emulator takes, whose runtimes put causes of errors there.
_MAX_HEADER_BYTES = 1024 * 1024 + 4096
# How long the sender of what was refused may take to read why, before the connection is cut.
_REFUSAL_PATIENCE_S = 0.5
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"https?://[^/]*")
# What is read and thrown away after a body proved too large, so that its sender can read our answer.
_MAX_DRAINED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: `is_too_large` when it passed the limit (data is then cut there), `is_truncated`
    when the sender hung up before its end."""

    data: bytes
    trailers: tuple[tuple[str, str], ...] = ()
    is_too_large: bool = False
    is_truncated: bool = False

    def trailer(self, name: str) -> str | None:
        return next((value for key, value in self.trailers if key == name), None)


class Exchange:
    """One request and the answer to it."""

    def __init__(self, connection: Connection, request: h11.Request) -> None:
        self._connection = connection
        self.method = request.method.decode("ascii")
        self.path = _path_of(request.target)
        self._headers: dict[str, str] = {}
        for key, value in request.headers:
            # Of several with one name the first counts.
            self._headers.setdefault(key.decode("latin-1"), value.decode("latin-1"))
        self.is_answered = False

    @property
    def connection(self) -> Connection:
        """The connection it came over."""
        return self._connection

    def header(self, name: str) -> str | None:
        """The value of a header; `name` in lower case."""
        return self._headers.get(name)

    async def read_body(self, limit: int) -> Body:
        """Read the whole body; a sender that waits for `100 Continue` gets it first."""
        return await self._connection.read_body(limit)

    async def stream_body(self, limit: int, write: Writer) -> Body:
        """Read the whole body as `read_body` does, with each piece handed to `write` instead of kept."""
        return await self._connection.stream_body(limit, write)

    async def answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send the one final answer; a peer that has gone is not an error."""
        self.is_answered = True
        await self._connection.send_answer(status, body, headers)


Handler = Callable[[Exchange], Awaitable[None]]
# Takes a piece of a body; the sender waits until it returns.
Writer = Callable[[bytes], Awaitable[None]]


class Connection:
    """Reads requests from one socket, one after another, until either side closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEADER_BYTES)
        self._is_head = False
        # What is sent goes this way; whoever injects faults puts himself into it.
        self.transmit: Callable[[bytes], Awaitable[None]] = self._transmit

    async def serve(self, handler: Handler) -> None:
        """Answer every request with `handler`; returns when the connection has ended."""
        try:
            while True:
                event = await self._next_event()
                if not isinstance(event, h11.Request):
                    return
                refusal = _refusal_of(event)
                if refusal is not None:
                    await self._refuse(*refusal)
                    return
                self._is_head = event.method == b"HEAD"
                exchange = Exchange(self, event)
                await handler(exchange)
                if not exchange.is_answered:
                    return
                if self._state.their_state is h11.SEND_BODY:
                    await self.read_body(0)
                if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
                    return
                self._state.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(*_refusal_of_fault(error))
        except ConnectionError:
            return  # the peer died: its own loss, the next connection is served
        finally:
            self._writer.close()

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                self._state.receive_data(await self._reader.read(_READ_BYTES))
                continue
            assert not isinstance(event, type) or event is h11.PAUSED
            return event

    async def read_body(self, limit: int) -> Body:
        chunks: list[bytes] = []

        async def keep(data: bytes) -> None:
            chunks.append(data)

        body = await self.stream_body(limit, keep)
        return dataclasses.replace(body, data=b"".join(chunks))

    async def stream_body(self, limit: int, write: Writer) -> Body:
        if self._state.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        size = 0
        while True:
            try:
                event = await self._next_event()
            except (ConnectionError, h11.RemoteProtocolError):
                return Body(b"", is_truncated=True)
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size <= limit:
                    await write(bytes(event.data))
                elif size > limit + _MAX_DRAINED_BYTES:
                    return Body(b"", is_too_large=True)
            elif isinstance(event, h11.EndOfMessage):
                trailers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in event.headers)
                return Body(b"", trailers, is_too_large=size > limit)
            else:
                return Body(b"", is_truncated=True)

    async def send_answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]]) -> None:
        full = [*headers, ("Date", email.utils.formatdate(usegmt=True)), ("Content-Length", str(len(body)))]
        if self._state.they_are_waiting_for_100_continue:
            # Whether the body still comes, nobody knows.
            full.append(("Connection", "close"))
        response = h11.Response(
            status_code=status,
            headers=[(key.encode("latin-1"), value.encode("latin-1")) for key, value in full],
            reason=_REASONS.get(status, b""),
        )
        try:
            head = self._state.send(response) or b""
            data = b"" if self._is_head else self._state.send(h11.Data(data=body)) or b""
            end = self._state.send(h11.EndOfMessage()) or b""
            await self.transmit(head + data + end)
        except (ConnectionError, h11.LocalProtocolError):
            return  # the peer is gone or broke the protocol meanwhile; `serve` closes the connection

    async def _refuse(self, reason: str, body: str) -> None:
        """Answer what is no request, and end the connection; where an answer is out already there is no other."""
        if self._state.our_state not in (h11.IDLE, h11.SEND_RESPONSE, h11.ERROR):
            return
        kind = "Content-Type: text/plain; charset=utf-8\r\n" if body else "Content-Length: 0\r\n"
        head = f"HTTP/1.1 {reason}\r\n{kind}Connection: close\r\n\r\n"
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self.transmit((head + body).encode())
            self._writer.write_eof()
            # Closed with bytes unread, the kernel would take the answer back.
            async with asyncio.timeout(_REFUSAL_PATIENCE_S):
                while await self._reader.read(_READ_BYTES):
                    continue

    async def _write(self, event: h11.InformationalResponse) -> None:
        await self.transmit(self._state.send(event) or b"")

    async def _transmit(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def hang_up(self) -> None:
        """Close the connection once what was sent is out."""
        self._writer.close()
        await self._writer.wait_closed()

    def abort(self) -> None:
        """Cut the connection: the peer gets a reset instead of an end."""
        sock = self._writer.get_extra_info("socket")
        # Linger for no time: https://man7.org/linux/man-pages/man7/socket.7.html
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


def _path_of(target: bytes) -> str:
    """The path that a request is for, as it was sent; a proxy's form of it has the host before."""
    return _SCHEME.sub("", target.decode("latin-1"), count=1).partition("?")[0]


def _refusal_of(request: h11.Request) -> tuple[str, str] | None:
    """Status line and body for a request that is one, and that the emulator does not serve."""
    path = _path_of(request.target)
    if request.method == b"PRI":
        # How HTTP/2 begins; what follows it is no request either.
        return "405 Method Not Allowed", ""
    if request.http_version[:1] != b"1":
        text = "505 HTTP Version Not Supported: unsupported protocol version"
        return text, text
    is_rooted = path.startswith("/") or request.method == b"CONNECT" or path in ("*", "")
    if not is_rooted or _BAD_ESCAPE.search(path):
        return "400 Bad Request", "400 Bad Request"
    expected = next((value for key, value in request.headers if key == b"expect"), b"")
    if expected and b"100-continue" not in expected.lower():
        return "417 Expectation Failed", ""
    return None


def _refusal_of_fault(error: h11.RemoteProtocolError) -> tuple[str, str]:
    """Status line and body for what is no request, as Go's server words them: the emulator's."""
    match error.error_status_hint:
        case 431:
            text = "431 Request Header Fields Too Large"
        case 501:
            return "501 Not Implemented", "Unsupported transfer encoding"
        case _:
            is_hostless = "Missing mandatory Host" in str(error)
            text = "400 Bad Request" + (": missing required Host header" if is_hostless else "")
    return text, text


_REASONS = {
    200: b"OK",
    202: b"Accepted",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Request Entity Too Large",
    500: b"Internal Server Error",
}
