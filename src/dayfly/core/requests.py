"""Reads the HTTP/1.1 requests that the function's process sends to the supervisor, from bytes, without I/O.

They come from code that an attacker may own, and parts of them are passed on to the platform: what another
reader might see as two requests, or as another route, is refused.
"""

from __future__ import annotations

from dayfly.core.limits import MAX_REQUEST_BYTES

# Also a bare carriage return or line feed, which Go's server takes for the end of a line.
_CONTROLS = bytes((*range(9), *range(10, 32), 127))
_TARGET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./")
_TOKEN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_MAX_LENGTH_DIGITS = 6


class RequestError(Exception):
    """The bytes are no request that an extension's client sends. The message names the rule, never the bytes."""


class Request:
    """One request; `headers` by lower-case name."""

    __slots__ = ("body", "headers", "method", "path")

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class RequestReader:
    """Collects requests from the bytes of one connection.

    `feed` takes bytes and raises RequestError at the first that breaks a rule, and ever after; `take` returns
    the next request once it is whole, else None, and is to be asked after each `feed`: then at most
    MAX_REQUEST_BYTES and the last piece are kept.
    """

    __slots__ = ("_buffer", "_head", "_is_broken", "_length", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._length = 0
        self._is_broken = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection. Raises RequestError."""
        if self._is_broken:
            raise RequestError("a request after a malformed one")
        self._buffer += data
        try:
            if self._head is None:
                self._read_head()
        except RequestError:
            self._is_broken = True
            self._buffer.clear()
            raise

    def take(self) -> Request | None:
        """Return a whole request, once; where the bytes behind it are none, the next `feed` raises."""
        if self._is_broken or self._head is None or len(self._buffer) < self._length:
            return None
        method, path, headers = self._head
        request = Request(method, path, headers, bytes(self._buffer[: self._length]))
        del self._buffer[: self._length]
        self._head = None
        self._searched = 0
        try:
            self.feed(b"")
        except RequestError:
            pass
        return request

    def _read_head(self) -> None:
        end = self._buffer.find(b"\r\n\r\n", self._searched)
        # The mark itself may have begun.
        self._searched = max(0, len(self._buffer) - 3) if end < 0 else end
        if self._searched > MAX_REQUEST_BYTES:
            raise RequestError("the request head is too long")
        if end < 0:
            return
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        text = head.replace(b"\r\n", b"")
        if len(text.translate(None, _CONTROLS)) != len(text):
            raise RequestError("a control character in the request head")
        lines = head.decode("latin-1").split("\r\n")
        method, path = _read_first_line(lines[0])
        headers = _read_headers(lines[1:])
        length = headers.get("content-length", "0")
        is_number = length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS
        if not is_number or int(length) > MAX_REQUEST_BYTES or "transfer-encoding" in headers:
            raise RequestError("an invalid or too large body length")
        self._length = int(length)
        self._head = (method, path, headers)


def _read_first_line(line: str) -> tuple[str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise RequestError("an invalid request line")
    method, path = parts[:2]
    # No escapes, queries and dots: a server that resolves them sees another route than we do.
    if not method.isalpha() or not path.startswith("/") or not _TARGET.issuperset(path) or "/." in path:
        raise RequestError("an unknown route")
    return method, path


def _read_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or not _TOKEN.issuperset(name) or name in headers:
            raise RequestError("a header line without a name, or a duplicate header")
        headers[name] = value.strip(" \t")
    return headers
