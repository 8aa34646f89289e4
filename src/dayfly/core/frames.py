"""Frames between supervisor, zygote and worker, with every length checked before a byte is kept.

Never pickle, marshal or JSON: the supervisor reads these from a process that an attacker may own.
"""

from __future__ import annotations

import struct

from dayfly.core.limits import MAX_ANSWER_BYTES, MAX_CONTROL_BYTES, MAX_NOTE_BYTES, MAX_REPORT_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NONCE_BYTES = 16

# Answers: nonce, kind, length of meta, length of body.
_ANSWER = struct.Struct("!16sBIQ")
RESULT = 1
ERROR = 2
# Before an answer, once at most: what the worker has to say about its invocation, in `meta`, without a body.
NOTE = 3
# Before the end of an answer, at any time: a finding in `meta`; or, in the body, the error of a refusal, which becomes the answer unless one
# follows soon; or neither: the handler has ended after a refusal, and the answer is being made.
REPORT = 4
# Before an answer: a part of its body, which ends with the body of the answer.
PART = 5
# Of a longer message others may come in the middle, from processes that were forked: the kernel cuts what is written to a socket of
# streams into pieces of 32 kB or more (unix_stream_sendmsg in net/unix/af_unix.c).
MAX_PIECE_BYTES = 32768

# Events: nonce, length of the header block, length of the body.
_EVENT = struct.Struct("!16sIQ")
EVENT_HEAD_BYTES = _EVENT.size

# Control: kind, length of the payload.
_CONTROL = struct.Struct("!BI")
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
TRIES = 15  # zygote → supervisor: this child of mine tries imports; before FORKED; 0 before it is waited for
LEARN = (
    16  # supervisor → zygote: import what that child found clean, within so many milliseconds; nobody serves
)
LEARNED = 17  # zygote → supervisor: answers LEARN


class FrameError(Exception):
    """A peer sent something no Dayfly process would send. The message names the rule, never the bytes."""


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


def pack_answer(nonce: bytes, kind: int, meta: bytes, body: bytes, note: bytes = b"") -> Iterator[bytes]:
    """Return an answer and the note before it, if any, in pieces, each to be written at once; raises FrameError if `note` is too long."""
    before = pack_note(nonce, note) if note else b""
    head = pack_answer_head(nonce, kind, meta, len(body))
    room = MAX_PIECE_BYTES - len(head)
    if len(before) + len(body) <= room:
        yield before + head + body
        return
    if before:
        yield before
    if len(body) > MAX_ANSWER_BYTES or room <= 0:
        # The platform refuses it; or what is said of an error is longer than the error.
        yield head
        yield body
        return
    for at in range(0, len(body) - room, room):
        yield _ANSWER.pack(nonce, PART, 0, room) + body[at : at + room]
    rest = body[len(body) - ((len(body) - 1) % room + 1) :]
    yield pack_answer_head(nonce, kind, meta, len(rest)) + rest


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


def unpack_window(text: str) -> tuple[int, float]:
    """Return the events and seconds in the window header's value; an empty one is a worker's only event."""
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
