"""Carries one batch of events into an environment: an HTTP POST, or lines over TCP."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Sequence
from typing import Protocol

import h11

from dayfly.lab.telemetry.subscription import HOSTS, Method, Subscription

_READ_BYTES = 65536
# What is read of an answer: its status is all that counts.
_MAX_ANSWER_BYTES = 1024 * 1024


class NotAcknowledgedError(Exception):
    """The subscriber is not there, hung up, or answered with an error."""


class Sender(Protocol):
    """One destination."""

    async def send(self, events: Sequence[str]) -> None:
        """Deliver events, each a JSON text; raises NotAcknowledgedError where they may not have arrived."""

    def close(self) -> None:
        """Give up what is open; the next batch opens it again."""


class HttpSender:
    """Sends a batch as a JSON array, each on a connection of its own."""

    def __init__(self, host: str, port: int, path: str, method: Method = "POST") -> None:
        self._host = host
        self._port = port
        self._path = path
        self._method = method

    async def send(self, events: Sequence[str]) -> None:
        body = ("[" + ",".join(events) + "]").encode()
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            raise NotAcknowledgedError(str(error)) from error
        try:
            status = await self._exchange(reader, writer, body)
        except (OSError, h11.RemoteProtocolError) as error:
            raise NotAcknowledgedError(str(error)) from error
        finally:
            writer.close()
        if not 200 <= status < 300:
            raise NotAcknowledgedError(f"HTTP {status}")

    def close(self) -> None:
        """Nothing is open between batches."""

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> int:
        state = h11.Connection(h11.CLIENT)
        headers = [
            ("Host", f"{HOSTS[0]}:{self._port}"),
            ("Content-Type", "application/json"),
            # As AWS's emulator names a batch, so that a receiver can tell one that comes twice.
            ("Sequence-Id", base64.b64encode(hashlib.sha256(body).digest()).decode()),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        request = h11.Request(method=self._method, target=self._path, headers=headers)
        for part in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(state.send(part) or b"")
        await writer.drain()
        received = 0
        while True:
            event = state.next_event()
            if event is h11.NEED_DATA:
                data = await reader.read(_READ_BYTES)
                received += len(data)
                if received > _MAX_ANSWER_BYTES:
                    raise h11.RemoteProtocolError("the answer does not end")
                state.receive_data(data)
            elif isinstance(event, h11.Response):
                return event.status_code


class TcpSender:
    """Writes each event as a line over one connection, made when there is something to write."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, events: Sequence[str]) -> None:
        try:
            if self._writer is None or self._writer.is_closing():
                _, self._writer = await asyncio.open_connection(self._host, self._port)
            self._writer.write("".join(event + "\n" for event in events).encode())
            await self._writer.drain()
        except OSError as error:
            self.close()
            raise NotAcknowledgedError(str(error)) from error

    def close(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
            self._writer = None


def make_sender(subscription: Subscription, host: str) -> Sender:
    """`host` is what sandbox.localdomain stands for in the environment."""
    if subscription.protocol == "TCP":
        return TcpSender(host, subscription.port)
    return HttpSender(host, subscription.port, subscription.path, subscription.method)
