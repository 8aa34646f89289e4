"""One HTTP/1.1 connection of the Runtime API: requests in, trailers and `100 Continue` under control.

A web framework reads the body before its handler runs. Here the handler must act on the headers
alone (a held response changes the state before its body exists) and must see the trailers.
"""

from __future__ import annotations

import asyncio
import dataclasses
import email.utils
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import h11

_READ_BYTES = 65536
# A header block beyond this is no runtime's; h11 refuses it with 431.
_MAX_HEADER_BYTES = 262144
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
        self.path = request.target.decode("latin-1").partition("?")[0]
        self._headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in request.headers}
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
        # What is sent goes this way; whoever injects faults puts himself into it.
        self.transmit: Callable[[bytes], Awaitable[None]] = self._transmit

    async def serve(self, handler: Handler) -> None:
        """Answer every request with `handler`; returns when the connection has ended."""
        try:
            while True:
                event = await self._next_event()
                if not isinstance(event, h11.Request):
                    return
                exchange = Exchange(self, event)
                await handler(exchange)
                if not exchange.is_answered:
                    return
                if self._state.their_state is h11.SEND_BODY:
                    await self.read_body(0)
                if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
                    return
                self._state.start_next_cycle()
        except (ConnectionError, h11.RemoteProtocolError):
            return  # the peer died or does not speak HTTP: its own loss, the next connection is served
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
        response = h11.Response(
            status_code=status,
            headers=[(key.encode("latin-1"), value.encode("latin-1")) for key, value in full],
            reason=_REASONS.get(status, b""),
        )
        try:
            head = self._state.send(response) or b""
            data = self._state.send(h11.Data(data=body)) or b""
            end = self._state.send(h11.EndOfMessage()) or b""
            await self.transmit(head + data + end)
        except (ConnectionError, h11.LocalProtocolError):
            return  # the peer is gone or broke the protocol meanwhile; `serve` closes the connection

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
