"""Reads HTTP/1.1 replies of the Runtime API from bytes, without I/O.

The platform and its emulator answer with a content length or, beyond some kilobytes, chunked; interim
replies (100 Continue) come first where they were asked for.
"""

from __future__ import annotations

from dayfly.core.limits import MAX_EVENT_BYTES, MAX_HEAD_BYTES

# A line may end in a line feed alone, as every client has it (RFC 9112, 2.2): none is left in a value, where it would shift
# the names and values of the event frame against each other.
_HEAD_ENDS = (b"\n\r\n", b"\n\n")
_LINE_ENDS = (b"\r\n",)
_HEX_DIGITS = b"0123456789abcdefABCDEF"
# 18 digits are beyond every length that is accepted; int() raises ValueError at some thousands.
_MAX_DIGITS = 18
_CONTINUE = 100
_VERSIONS = ("HTTP/1.1", "HTTP/1.0")
# Two different values of one of these, and two readers see different replies.
_FRAMING = ("content-length", "transfer-encoding")


class HttpError(Exception):
    """The reply is not HTTP/1.1 as the Runtime API speaks it, or is longer than any reply it gives.

    `status` and `headers` are what was read of the final reply's head; 0 and empty where there was none.
    """

    status = 0

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.headers: dict[str, str] = {}


class Reply:
    """One final reply: `status`, `headers` by lower-case name (the first of a name counts), `body`.

    `defect` says what is malformed behind the status; empty for a whole reply.
    """

    __slots__ = ("body", "closes", "defect", "headers", "status")

    def __init__(
        self, status: int, headers: dict[str, str], body: bytes, *, closes: bool, defect: str = ""
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.closes = closes
        self.defect = defect


class ReplyReader:
    """Collects replies from the bytes of one connection.

    `feed` takes bytes; `interim` counts 100-replies seen since the last final one; `take` returns a
    final reply once it is whole, else None. `finish` reports that the peer closed. What came of bytes does not
    depend on the pieces they came in, and after an HttpError every further byte raises one; `give_up` makes
    a reply of what was read before it.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_chunk_left",
        "_closes",
        "_headers",
        "_length",
        "_mode",
        "_reply",
        "_searched",
        "_status",
        "_trailer_bytes",
        "interim",
    )

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._reset()
        self.interim = 0
        self._reply: Reply | None = None

    def _reset(self) -> None:
        self._mode = "head"
        self._status = 0
        self._closes = False
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._length = 0
        self._chunk_left = 0
        self._trailer_bytes = 0
        self._searched = 0

    @property
    def has_started(self) -> bool:
        """True while a reply has begun and is not whole."""
        return bool(self._buffer) or self._mode != "head"

    @property
    def is_whole(self) -> bool:
        """True when `take` would return a reply."""
        return self._reply is not None

    def take(self) -> Reply | None:
        """Return the final reply if there is one, once."""
        reply, self._reply = self._reply, None
        if reply is not None:
            self.interim = 0
        return reply

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection. Raises HttpError."""
        self._buffer += data
        try:
            while self._reply is None and self._step():
                pass
        except HttpError as fault:
            # Where the next reply would begin is anybody's guess.
            self._mode = "broken"
            fault.status, fault.headers = self._status, self._headers
            raise

    def give_up(self, fault: HttpError) -> None:
        """Let `take` return the status and headers that were read before `fault`, as a reply with a defect."""
        self._reply = Reply(fault.status, fault.headers, b"", closes=True, defect=str(fault))

    def finish(self) -> None:
        """The peer closed: a body without a length ends here. Raises HttpError in mid-reply."""
        if self._mode == "until-close":
            self._complete(closes=True)
        elif self.has_started:
            fault = HttpError("the connection closed in the middle of a reply")
            fault.status, fault.headers = self._status, self._headers
            raise fault

    def _step(self) -> bool:
        if self._mode == "head":
            return self._read_head()
        if self._mode == "length":
            return self._read_length()
        if self._mode == "until-close":
            self._grow(self._buffer)
            self._buffer.clear()
            return False
        if self._mode == "broken":
            raise HttpError("an earlier malformed reply made this connection unusable")
        return self._read_chunks()

    def _take_until(self, end_marks: tuple[bytes, ...], complaint: str) -> bytes | None:
        """Return what precedes the first of `end_marks`, the longest first, without either; searches no byte twice."""
        end = size = -1
        for mark in end_marks:
            at = self._buffer.find(mark, self._searched)
            if at >= 0 and (end < 0 or at < end):
                end, size = at, len(mark)
        if end < 0:
            # The mark itself may have begun.
            self._searched = max(0, len(self._buffer) - len(end_marks[0]) + 1)
        if (self._searched if end < 0 else end) > MAX_HEAD_BYTES:
            raise HttpError(complaint)
        if end < 0:
            return None
        found = bytes(self._buffer[:end])
        del self._buffer[: end + size]
        self._searched = 0
        return found

    def _grow(self, data: bytes | bytearray | memoryview) -> None:
        if len(self._body) + len(data) > MAX_EVENT_BYTES:
            raise HttpError(f"the reply is longer than {MAX_EVENT_BYTES} bytes")
        self._body += data

    def _read_head(self) -> bool:
        try:
            head = self._take_until(_HEAD_ENDS, f"the reply's headers are longer than {MAX_HEAD_BYTES} bytes")
        except HttpError:
            # The lines that are whole may name the request that has to be answered.
            self._parse_head(bytes(self._buffer[:MAX_HEAD_BYTES]).rpartition(b"\n")[0])
            raise
        if head is None:
            return False
        version, defect = self._parse_head(head)
        if not self._status:
            return bool(self._buffer)
        if defect:
            raise HttpError(f"the reply has {defect}")
        status, headers = self._status, self._headers
        self._closes = version == "HTTP/1.0" or headers.get("connection", "").lower() == "close"
        encoding = headers.get("transfer-encoding")
        if encoding is not None:
            if encoding.lower() != "chunked":
                raise HttpError("the reply has a transfer encoding other than chunked")
            self._mode = "chunk-size"
            return True
        length = headers.get("content-length")
        if status in (204, 304):
            length = "0"
        if length is None:
            self._mode = "until-close"
            return True
        if not _is_number(length):
            raise HttpError("the reply's content length is not a number")
        self._length = int(length)
        if self._length > MAX_EVENT_BYTES:
            raise HttpError(f"the reply is longer than {MAX_EVENT_BYTES} bytes")
        self._mode = "length"
        return True

    def _parse_head(self, head: bytes) -> tuple[str, str]:
        """Keep the status (0 for an interim reply) and headers; return the version and what is malformed, empty if nothing is.

        Lenient as AWS's client is: it takes every byte but NUL in a value, and so may an event's sender.
        """
        lines = head.decode("utf-8", "surrogateescape").split("\n")
        parts = lines[0].rstrip("\r").split(" ", 2)
        if len(parts) < 2 or parts[0] not in _VERSIONS or not _is_status(parts[1]):
            raise HttpError("the reply does not start with an HTTP/1.x status line")
        status = int(parts[1])
        if status < 200:
            # Others (early hints, processing) say nothing of whether the body is wanted.
            self.interim += status == _CONTINUE
            return parts[0], ""
        self._status = status
        defect = "a NUL in its headers" if b"\0" in head else ""
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                defect = defect or "a header line without a colon"
                continue
            name, value = name.strip().lower(), value.strip(" \t\r")
            if self._headers.setdefault(name, value) != value and name in _FRAMING:
                defect = defect or "contradictory lengths"
        return parts[0], defect

    def _read_length(self) -> bool:
        missing = self._length - len(self._body)
        with memoryview(self._buffer) as view:
            self._grow(view[:missing])
        del self._buffer[:missing]
        if len(self._body) < self._length:
            return False
        self._complete(closes=self._closes)
        return False

    def _read_chunks(self) -> bool:
        if self._mode == "chunk-data":
            with memoryview(self._buffer) as view:
                part = min(self._chunk_left, len(view))
                self._grow(view[:part])
            del self._buffer[:part]
            self._chunk_left -= part
            if self._chunk_left:
                return False
            self._mode = "chunk-end"
        line = self._take_until(_LINE_ENDS, "the reply has a chunk without an end")
        if line is None:
            return False
        if self._mode == "chunk-end":
            if line:
                raise HttpError("the reply has a chunk longer than announced")
            self._mode = "chunk-size"
            return True
        if self._mode == "trailer":
            if not line:
                self._complete(closes=self._closes)
                return False
            self._trailer_bytes += len(line)
            if self._trailer_bytes > MAX_HEAD_BYTES:
                raise HttpError(f"the reply's trailers are longer than {MAX_HEAD_BYTES} bytes")
            return True
        size = line.split(b";", 1)[0].strip()
        if not 0 < len(size) <= _MAX_DIGITS or size.strip(_HEX_DIGITS):
            raise HttpError("the reply has a chunk whose size is not a number")
        self._chunk_left = int(size, 16)
        self._mode = "chunk-data" if self._chunk_left else "trailer"
        return True

    def _complete(self, *, closes: bool) -> None:
        self._reply = Reply(self._status, self._headers, bytes(self._body), closes=closes)
        self._reset()


def _is_status(text: str) -> bool:
    """Say whether `text` is a status as HTTP writes one, three digits; one below 100 would pass for a success."""
    return _is_number(text) and len(text) == 3 and text >= "100"


def _is_number(text: str) -> bool:
    """Say whether `text` is a number as HTTP writes one; str.isdigit alone takes digits of every script."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
