"""Frames between supervisor, zygote and worker, with every length checked before a byte is kept.

Never pickle, marshal or JSON: the supervisor reads these from a process that an attacker may own.
"""

from __future__ import annotations

import struct

from dayfly.core.limits import (
    MAX_ANSWER_BYTES,
    MAX_CONTROL_BYTES,
    MAX_META_BYTES,
    MAX_NOTE_BYTES,
    MAX_REPORT_BYTES,
    MAX_REPORTS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NONCE_BYTES = 16

# Answers: nonce, kind, length of meta, length of body.
_ANSWER = struct.Struct("!16sBIQ")
RESULT = 1
ERROR = 2
# Before an answer, once at most: what the worker has to say about its invocation, in `meta`, without a body.
NOTE = 3
# Before the note, at any time: a finding in `meta`; or, in the body, the error of a refusal, which becomes the answer unless one
# follows soon; or neither: the handler has ended after a refusal, and the answer is being made.
REPORT = 4

# Events: nonce, length of the header block, length of the body.
_EVENT = struct.Struct("!16sIQ")
EVENT_HEAD_BYTES = _EVENT.size

# Control: kind, length of the payload.
_CONTROL = struct.Struct("!BI")
CONTROL_HEAD_BYTES = _CONTROL.size
FORK = 1  # supervisor → zygote, with the worker's descriptors attached
SERVE = 2  # supervisor → zygote: serve events yourself (process isolation), same descriptors
REAP = 3  # supervisor → zygote: this pid is proved dead, it may be waited for
REAP_AND_TELL = 12  # supervisor → zygote: the same, and REAPED is wanted
CALL_DONE = 4  # supervisor → zygote: reply to CALL; payload "status\nbody"
TIDY = 5  # supervisor → zygote: spend a slice of time on memory layout
TIDIED = 11  # zygote → supervisor: nothing is left to tidy
FORKED = 6  # zygote → supervisor: payload "pid"
REAPED = 7  # zygote → supervisor: payload "pid status" (a wait status)
READY = 8  # zygote → supervisor: init is done; payload: one line per reason not to fork
CALL = 9  # zygote → supervisor: a Runtime API call of the init phase; "method path\nerror type\nbody"
SERVING = 10  # zygote → supervisor: answers SERVE
PRINT = 13  # supervisor → zygote: say what the function's code is
PRINTED = 14  # zygote → supervisor: payload its fingerprint in hexadecimal digits, 0 where it has none


class FrameError(Exception):
    """A peer sent something no Dayfly process would send. The message names the rule, never the bytes."""


class EarlyReport:
    """What a worker reported while its invocation went on; see REPORT.

    `is_current` is false where it belongs to an earlier event: a process that was forked then reports it now.
    """

    __slots__ = ("error", "finding", "is_current")

    def __init__(self, finding: bytes, error: bytes, *, is_current: bool) -> None:
        self.finding = finding
        self.error = error
        self.is_current = is_current


class Answer:
    """What one invocation produced, as the worker reported it.

    `kind` is RESULT or ERROR; `meta` the content type or the X-Ray cause; `body` at most one byte more
    than Lambda accepts, with `body_bytes` the length that was announced. `note` is what came before it.
    """

    __slots__ = ("body", "body_bytes", "kind", "meta", "note")

    def __init__(self, kind: int, meta: bytes, body: bytes, body_bytes: int, note: bytes = b"") -> None:
        self.note = note
        self.kind = kind
        self.meta = meta
        self.body = body
        self.body_bytes = body_bytes

    @property
    def is_too_long(self) -> bool:
        """Say whether Lambda will refuse it: `body` is not all of it, and the rest is still to come."""
        return self.body_bytes > MAX_ANSWER_BYTES


def is_header_value(value: bytes) -> bool:
    """Say whether `value` may stand in an HTTP header: printable ASCII and spaces, at least one byte.

    A carriage return here would let a worker write a second request on the supervisor's connection.
    """
    return bool(value) and all(32 <= byte <= 126 for byte in value)


def pack_note(nonce: bytes, note: bytes) -> bytes:
    """Return the frame that may precede an answer; raises FrameError if `note` is too long."""
    if len(note) > MAX_NOTE_BYTES:
        raise FrameError("note is too long")
    return _ANSWER.pack(nonce, NOTE, len(note), 0) + note


def pack_report(nonce: bytes, *, finding: bytes = b"", error: bytes = b"") -> bytes:
    """Return the frame of a report; raises FrameError if it is too long."""
    if len(finding) > MAX_REPORT_BYTES or len(error) > MAX_REPORT_BYTES:
        raise FrameError("report is too long")
    return _ANSWER.pack(nonce, REPORT, len(finding), len(error)) + finding + error


def pack_answer_head(nonce: bytes, kind: int, meta: bytes, body_bytes: int) -> bytes:
    """Return the head of an answer frame; meta is included, the body follows."""
    return _ANSWER.pack(nonce, kind, len(meta), body_bytes) + meta


class AnswerReader:
    """Collects one answer frame from a worker, the note before it if there is one, and reports.

    `feed` returns the number of bytes that came after the frame's end (a worker has no business
    sending any). Raises FrameError at the first field that breaks a rule, and ever after. `skipped` bytes
    come first that nobody wants: the rest of too long an answer to the event before.
    """

    __slots__ = (
        "_body_bytes",
        "_head",
        "_is_current",
        "_keep",
        "_kind",
        "_meta_bytes",
        "_nonce",
        "_note",
        "_reports_read",
        "_seen",
        "_skipped",
        "answer",
        "reports",
    )

    def __init__(self, nonce: bytes, *, skipped: int = 0) -> None:
        self._nonce = nonce
        self._skipped = skipped
        self._head = bytearray()
        self._keep = bytearray()
        self._kind = 0
        self._meta_bytes = -1
        self._body_bytes = 0
        self._seen = 0
        self._note: bytes | None = None
        self._is_current = True
        self._reports_read = 0
        self.answer: Answer | None = None
        # Those that nobody has taken yet.
        self.reports: list[EarlyReport] = []

    @property
    def unread(self) -> int:
        """Return how many bytes of too long an answer are still to come."""
        return self._skipped + (self._body_bytes - self._seen if self.answer is not None else 0)

    def feed(self, data: bytes) -> int:
        """Take the next bytes of the frame; the answer is in `answer` once it is whole."""
        if self.answer is not None:
            rest = min(len(data), self._body_bytes - self._seen)
            self._seen += rest
            return len(data) - rest
        view = memoryview(data)
        if self._skipped:
            skipped = min(self._skipped, len(view))
            self._skipped -= skipped
            view = view[skipped:]
        while True:
            if self._meta_bytes < 0:
                missing = _ANSWER.size - len(self._head)
                self._head += view[:missing]
                view = view[missing:]
                if len(self._head) < _ANSWER.size:
                    return 0
                self._start()
            missing = self._meta_bytes + _ANSWER.size - len(self._head)
            if missing > 0:
                self._head += view[:missing]
                view = view[missing:]
            body = view[: self._body_bytes - self._seen]
            # One byte beyond the limit is kept, so that the platform itself refuses the answer.
            room = MAX_ANSWER_BYTES + 1 - len(self._keep)
            if room > 0:
                self._keep += body[:room]
            self._seen += len(body)
            view = view[len(body) :]
            is_whole = len(self._head) == _ANSWER.size + self._meta_bytes
            if not is_whole or (self._seen < self._body_bytes and len(self._keep) <= MAX_ANSWER_BYTES):
                return len(view)
            if self._finish():
                return len(view)

    def _finish(self) -> bool:
        """A frame is whole; say whether it was the answer."""
        meta, body = bytes(self._head[_ANSWER.size :]), bytes(self._keep)
        if self._kind in (RESULT, ERROR):
            self.answer = Answer(self._kind, meta, body, self._body_bytes, self._note or b"")
            return True
        if self._kind == NOTE:
            self._note = meta
        else:
            self.reports.append(EarlyReport(meta, body, is_current=self._is_current))
        self._head.clear()
        self._keep.clear()
        self._meta_bytes = -1
        self._body_bytes = self._seen = 0
        return False

    def _start(self) -> None:
        nonce, kind, meta_bytes, body_bytes = _ANSWER.unpack(bytes(self._head))
        self._is_current = nonce == self._nonce
        if not self._is_current and kind != REPORT:
            raise FrameError("the answer does not have this event's nonce")
        if kind == REPORT:
            self._reports_read += 1
            if meta_bytes > MAX_REPORT_BYTES or body_bytes > MAX_REPORT_BYTES:
                raise FrameError("a report is too long")
            if self._note is not None or self._reports_read > MAX_REPORTS:
                raise FrameError("a report after the note, or too many reports")
        elif kind == NOTE:
            if self._note is not None or body_bytes or meta_bytes > MAX_NOTE_BYTES:
                raise FrameError("a second note, or a note that is too long")
        elif kind not in (RESULT, ERROR):
            raise FrameError("an answer of unknown kind")
        if meta_bytes > MAX_META_BYTES:
            raise FrameError("the answer's header is too long")
        self._kind = kind
        self._meta_bytes = meta_bytes
        self._body_bytes = body_bytes


def pack_event(nonce: bytes, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the frame that hands one event to a worker.

    Header names and values come from the platform's reply and hold no line feed.
    """
    block = "".join(f"{name}\n{value}\n" for name, value in headers.items()).encode(
        "utf-8", "surrogateescape"
    )
    return _EVENT.pack(nonce, len(block), len(body)) + block + body


# Beside the platform's headers of an event: what is left of the worker's window.
WINDOW_HEADER = "dayfly-window"


def pack_window(events_left: int, seconds_left: float) -> str:
    """Return the window header's value; `events_left` has the event at hand in it."""
    return f"{events_left} {seconds_left:.3f}"


def unpack_window(text: str) -> tuple[int, float]:
    """Return the events and seconds that `pack_window` made a text of; an empty one is a worker's only event."""
    events, _, seconds = text.partition(" ")
    return (int(events), float(seconds)) if text else (1, 0.0)


def unpack_event_head(head: bytes) -> tuple[bytes, int, int]:
    """Return nonce, length of the header block and length of the body."""
    nonce, block_bytes, body_bytes = _EVENT.unpack(head)
    return nonce, block_bytes, body_bytes


def parse_event_headers(block: bytes) -> dict[str, str]:
    """Return the headers of an event frame by name."""
    lines = block.decode("utf-8", "surrogateescape").split("\n")
    return dict(zip(lines[0::2], lines[1::2], strict=False))


def pack_control(kind: int, payload: bytes = b"") -> bytes:
    """Return one control frame."""
    return _CONTROL.pack(kind, len(payload)) + payload


class ControlReader:
    """Splits a stream into control frames; raises FrameError when one announces too much."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the frames that are whole after `data`, as (kind, payload)."""
        self._buffer += data
        frames: list[tuple[int, bytes]] = []
        while len(self._buffer) >= _CONTROL.size:
            kind, length = _CONTROL.unpack_from(self._buffer)
            if length > MAX_CONTROL_BYTES:
                raise FrameError("the control frame's payload is too long")
            end = _CONTROL.size + length
            if len(self._buffer) < end:
                break
            frames.append((kind, bytes(self._buffer[_CONTROL.size : end])))
            del self._buffer[:end]
        return frames
