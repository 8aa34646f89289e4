"""Cuts what a worker writes into whole, bounded lines and frames that cannot pass for Dayfly's own.

A finding is recognised by `metadata.product.name` being "Dayfly". A line of function code that holds
the parts of such a record, however escaped, is marked, so that no reader takes it for one; so is one that
begins as Lambda's own do, from which it is told how long environments live and whom they served, or as the line
that says that Dayfly is not there. Every other line passes unchanged.
"""

from __future__ import annotations

import re

from dayfly.core.limits import MAX_LOG_LINE_BYTES

PRODUCT = "Dayfly"
# Put before a line of function code that imitates a finding: it says whose it is.
NOT_OURS = b"[not written by Dayfly] "
# The prefix alone is not enough: readers also begin a line at a carriage return, a form feed or a Unicode
# separator, and a telemetry frame may hold many lines. Without a brace no piece of it is a record.
_BRACES = bytes.maketrans(b"{}", b"()")

_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")
# What every reader of findings looks for; a record without one of these is none.
_PARTS = (b"metadata", b"product", PRODUCT.encode())

# As Lambda's own lines begin, in text and in JSON:
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
_PLATFORM = (
    b"START RequestId",
    b"END RequestId",
    b"REPORT RequestId",
    b"INIT_START",
    b"INIT_REPORT",
    b"INIT_RUNTIME_DONE",
    b"RESTORE_START",
    b"RESTORE_REPORT",
)
# As the layer's wrapper begins (src/dayfly/attach/files), of which `dayfly status --logs` makes that nothing is protected. While
# Dayfly is there to read lines, it was not the wrapper that wrote one.
NOT_ACTIVE = "dayfly: not active"
CANNOT_START = "dayfly: cannot start"
_TEXTS = (*_PLATFORM, NOT_ACTIVE.encode(), CANNOT_START.encode())
_PLATFORM_PARTS = (b'"type"', b'"platform.', b'"record"')
# What readers let pass before a line's first character.
_BEFORE = b" \t\r\v\f\x00\xef\xbb\xbf"

# Telemetry frames: type, length, timestamp in microseconds (platform notes 3.2).
TELEMETRY_HEAD_BYTES = 16
_TELEMETRY_MAGIC = b"\xa5\x5a\x00"
TELEMETRY_WARNING_JSON = b"\xa5\x5a\x00\x12"
TELEMETRY_INFO_JSON = b"\xa5\x5a\x00\x0e"


def imitates_finding(line: bytes) -> bool:
    """Say whether a reader could take `line` for one of Dayfly's own records.

    Decodes the JSON escapes of ASCII characters first: "Dayf\\u006cy" is "Dayfly" to a parser.
    """
    if b"{" not in line:
        return False
    # NUL bytes between characters are UTF-16 to a lenient reader.
    text = line.replace(b"\x00", b"")
    if b"\\u00" in text:
        text = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), text)
    return all(part in text for part in _PARTS)


def imitates_platform(line: bytes) -> bool:
    """Say whether a reader could take `line` for one of Lambda's own, START, REPORT and the like, or of the layer's wrapper."""
    if line[:1] in b"SEIR" and line.startswith(_PLATFORM):
        return True
    begun = line.lstrip(_BEFORE)
    if begun[:1] != b"{":
        return begun.startswith(_TEXTS)
    if b"\\u00" in begun:
        begun = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), begun)
    return all(part in begun for part in _PLATFORM_PARTS)


def imitates(line: bytes) -> bool:
    """Say whether a reader could take `line` for one that function code has no business to write."""
    return imitates_finding(line) or imitates_platform(line)


def mark(line: bytes) -> bytes:
    """Return `line` as it may be written to the function's log; an imitation loses its braces."""
    return NOT_OURS + line.translate(_BRACES) if imitates(line) else line


def mark_lines(message: bytes) -> bytes:
    """Return a message of several lines as it may be written: whoever saves or shows a log reads each of them."""
    if imitates_finding(message):
        # It may stand in several lines.
        message = mark(message)
    return b"\n".join(map(mark, message.split(b"\n"))) if b"\n" in message else mark(message)


class LineReader:
    """Collects whole lines; `feed` and `finish` return what may be written, each line ended.

    A line longer than MAX_LOG_LINE_BYTES is cut there, as CloudWatch Logs would cut it later.
    """

    __slots__ = ("_rest", "_searched")

    def __init__(self) -> None:
        self._rest = bytearray()
        # So much of it is known to hold no line feed: a writer of single bytes would have it searched for each.
        self._searched = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes and return the lines that are whole now."""
        # The common case is one whole line per write; it needs no copy into the buffer.
        if not self._rest and len(data) <= MAX_LOG_LINE_BYTES and data.find(b"\n") == len(data) - 1:
            return mark(data)
        self._rest += data
        lines: list[bytes] = []
        start = 0
        while True:
            end = self._rest.find(b"\n", max(start, self._searched))
            if end < 0:
                self._searched = len(self._rest)
                if len(self._rest) - start <= MAX_LOG_LINE_BYTES:
                    break
                end = start + MAX_LOG_LINE_BYTES
            line = bytes(self._rest[start:end])
            start = end + 1 if self._rest[end : end + 1] == b"\n" else end
            lines += [
                mark(line[at : at + MAX_LOG_LINE_BYTES])
                for at in range(0, len(line) or 1, MAX_LOG_LINE_BYTES)
            ]
        del self._rest[:start]
        self._searched = len(self._rest)
        return b"".join(line + b"\n" for line in lines)

    def finish(self) -> bytes:
        """Return the unfinished line, ended, so that nothing can be glued to it."""
        if not self._rest:
            return b""
        line = mark(bytes(self._rest))
        self._rest.clear()
        self._searched = 0
        return line + b"\n"


class FrameReader:
    """Collects telemetry frames from a worker and returns those that may go to the platform.

    A byte that begins no frame means that the stream is lost: the rest is dropped and counted.
    """

    __slots__ = ("_buffer", "dropped_bytes")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.dropped_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes and return whole frames, ready to be written."""
        if self.dropped_bytes:
            self.dropped_bytes += len(data)
            return b""
        self._buffer += data
        frames: list[bytes] = []
        while len(self._buffer) >= TELEMETRY_HEAD_BYTES:
            length = int.from_bytes(self._buffer[4:8], "big")
            if self._buffer[:3] != _TELEMETRY_MAGIC or length > MAX_LOG_LINE_BYTES * 4:
                self.dropped_bytes = len(self._buffer)
                self._buffer.clear()
                break
            end = TELEMETRY_HEAD_BYTES + length
            if len(self._buffer) < end:
                break
            frames.append(self._frame(bytes(self._buffer[:end])))
            del self._buffer[:end]
        return b"".join(frames)

    def finish(self) -> None:
        """Drop a frame that was never finished."""
        self.dropped_bytes += len(self._buffer)
        self._buffer.clear()

    @staticmethod
    def _frame(frame: bytes) -> bytes:
        message = frame[TELEMETRY_HEAD_BYTES:]
        marked = mark_lines(message)
        if marked == message:
            return frame
        return telemetry_frame(frame[:4], frame[8:TELEMETRY_HEAD_BYTES], marked)


def telemetry_frame(kind: bytes, timestamp: bytes, message: bytes) -> bytes:
    """Return one frame; `kind` four bytes, `timestamp` eight (microseconds, big endian)."""
    return kind + len(message).to_bytes(4, "big") + timestamp + message
