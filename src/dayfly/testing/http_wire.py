"""Read HTTP/1.1 requests from a socket as they came: raw head, chunks, trailers, 100-continue."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

# Lambda's own limit on headers is not published; a runtime that sends more than this is broken.
MAX_HEAD_BYTES = 2 * 1024 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Headers = tuple[tuple[str, str], ...]


class WireError(Exception):
    """The peer sent something that is not HTTP/1.1, or stopped in the middle of a request."""


@dataclass(frozen=True)
class Head:
    """Request line and headers; `raw` is every byte of them, for tests that care how they were written."""

    method: str
    target: str
    headers: Headers
    raw: bytes

    def get(self, name: str) -> str:
        """The first value of the header, in any case of the name; empty if absent."""
        return header(self.headers, name)


@dataclass(frozen=True)
class Request:
    """One complete request; `chunks` are the sizes of its chunks, if it came in chunks."""

    head: Head
    body: bytes = b""
    trailers: Headers = ()
    chunks: tuple[int, ...] = field(default=())

    @property
    def is_chunked(self) -> bool:
        """Whether the body came in chunks."""
        return self.head.get("transfer-encoding").lower() == "chunked"


def header(headers: Headers, name: str) -> str:
    """The first value of `name`, in any case; empty if absent."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), "")


class Wire:
    """One connection: reads requests, writes responses."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._buffer = b""

    def read_head(self) -> Head | None:
        """The next request's head; None if the peer closed between two requests. Raises WireError."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise WireError(f"a head of more than {MAX_HEAD_BYTES} bytes")
            if not self._more():
                if self._buffer:
                    raise WireError(f"the peer stopped in the middle of a head: {self._buffer[:200]!r}")
                return None
        raw, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *rest = raw.decode("latin-1").split("\r\n")
        parts = line.split(" ")
        if len(parts) != 3 or parts[2] != "HTTP/1.1":
            raise WireError(f"not a request line: {line!r}")
        return Head(parts[0], parts[1], _parse_headers(rest), raw)

    def read_body(
        self, head: Head, *, before: Callable[[], None] = lambda: None, continues: bool = True
    ) -> Request:
        """The rest of the request. `before` runs first, then 100 Continue is sent if it is expected and `continues`."""
        before()
        if continues and head.get("expect").lower() == "100-continue":
            self.send(CONTINUE)
        if head.get("transfer-encoding").lower() == "chunked":
            return self._read_chunked(head)
        return Request(head, self._take(int(head.get("content-length") or "0")))

    def send(self, data: bytes) -> None:
        """Write everything. Raises OSError if the peer is gone."""
        self._peer.sendall(data)

    def peer_is_gone(self) -> bool:
        """Whether the peer has closed; never waits, takes nothing from the stream."""
        try:
            # Asked first: a socket with a timeout would wait in recv whatever the flags say.
            if not select.select([self._peer], [], [], 0)[0]:
                return False
            return self._peer.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def _read_chunked(self, head: Head) -> Request:
        pieces: list[bytes] = []
        while True:
            size = int(self._line().partition(";")[0], 16)
            if size == 0:
                break
            pieces.append(self._take(size))
            if self._take(2) != b"\r\n":
                raise WireError("a chunk is longer than it said")
        trailers: list[str] = []
        while line := self._line():
            trailers.append(line)
        sizes = tuple(len(piece) for piece in pieces)
        return Request(head, b"".join(pieces), _parse_headers(trailers), sizes)

    def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            if not self._more():
                raise WireError("the peer stopped in the middle of a line")
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def _take(self, count: int) -> bytes:
        pieces = [self._buffer[:count]]
        self._buffer = self._buffer[count:]
        missing = count - len(pieces[0])
        while missing:
            piece = self._peer.recv(min(missing, 1 << 20))
            if not piece:
                raise WireError(f"the peer stopped with {missing} of {count} bytes missing")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _more(self) -> bool:
        data = self._peer.recv(1 << 16)
        self._buffer += data
        return bool(data)


def _parse_headers(lines: list[str]) -> Headers:
    pairs: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise WireError(f"not a header: {line!r}")
        pairs.append((name, value.strip()))
    return tuple(pairs)
