"""No reader goes over the same bytes again for every piece: the work grows with the input, not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fuzz.pieces import CountingBuffer
from tests.fuzz.targets import NONCE

from dayfly.core import frames, loglines
from dayfly.core.frames import AnswerReader, ControlReader
from dayfly.core.http1 import ReplyReader
from dayfly.core.limits import MAX_HEAD_BYTES, MAX_REQUEST_BYTES
from dayfly.core.loglines import FrameReader, LineReader
from dayfly.core.requests import RequestReader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def replies() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = ReplyReader()
    reader._buffer = buffer = CountingBuffer()
    return buffer, reader.feed


def requests() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = RequestReader()
    reader._buffer = buffer = CountingBuffer()
    return buffer, reader.feed


def lines() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = LineReader()
    reader._rest = buffer = CountingBuffer()
    return buffer, reader.feed


def telemetry() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = FrameReader()
    reader._buffer = buffer = CountingBuffer()
    return buffer, reader.feed


def control() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = ControlReader()
    reader._buffer = buffer = CountingBuffer()
    return buffer, reader.feed


def answers() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = AnswerReader(NONCE)
    reader._keep = buffer = CountingBuffer()
    return buffer, reader.feed


SIZE = 60_000
SLOW: dict[str, tuple[Callable[[], tuple[CountingBuffer, Callable[[bytes], object]]], bytes]] = {
    "a head without an end": (replies, OK + b"A: " + b"b" * (MAX_HEAD_BYTES // 4)),
    "a head of carriage returns": (replies, OK + b"A: b\r\n" * 10_000),
    "a body with a length": (replies, OK + b"Content-Length: %d\r\n\r\n" % SIZE + b"x" * SIZE),
    "a body without a length": (replies, OK + b"\r\n" + b"x" * SIZE),
    "chunks of one byte": (replies, CHUNKED + b"1\r\nx\r\n" * 10_000),
    "one long chunk": (replies, CHUNKED + b"%x\r\n" % SIZE + b"x" * SIZE),
    "a chunk line without an end": (replies, CHUNKED + b"0;" + b"x" * SIZE),
    "trailers": (replies, CHUNKED + b"0\r\n" + b"A: b\r\n" * 10_000),
    "interim replies": (replies, b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
    "a request's head without an end": (requests, b"GET /" + b"a" * (MAX_REQUEST_BYTES - 10)),
    "a request's body": (requests, b"POST /a HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"x" * SIZE),
    "a line without an end": (lines, b"x" * SIZE),
    "lines": (lines, b"x\n" * (SIZE // 2)),
    "a telemetry frame": (
        telemetry,
        loglines.telemetry_frame(loglines.TELEMETRY_INFO_JSON, bytes(8), b"x" * SIZE),
    ),
    "a control frame": (control, frames.pack_control(frames.CALL, b"x" * SIZE)),
    "empty control frames": (control, frames.pack_control(frames.CALL) * (SIZE // 5)),
    "an answer": (answers, frames.pack_answer_head(NONCE, frames.RESULT, b"a/b", SIZE) + b"x" * SIZE),
}


@pytest.mark.parametrize("case", SLOW)
def test_single_bytes_are_gone_over_a_bounded_number_of_times(case: str) -> None:
    make, stream = SLOW[case]
    buffer, feed = make()
    for byte in stream:
        feed(bytes([byte]))
    # Telemetry frames look at their head's fields for every piece: some bytes a piece, whatever came before.
    assert buffer.touched <= 16 * len(stream), "the work grows with the square of the input"


def test_a_reader_that_searches_from_the_beginning_would_be_seen() -> None:
    buffer = CountingBuffer()
    for _ in range(1000):
        buffer += b"x"
        buffer.find(b"\n")
    assert buffer.touched > 16 * len(buffer)
