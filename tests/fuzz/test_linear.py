"""No reader goes over the same bytes again for every piece: the work grows with the input, not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fuzz.pieces import CountingBuffer

from dayfly.core import frames
from dayfly.core.frames import ControlReader


def control() -> tuple[CountingBuffer, Callable[[bytes], object]]:
    reader = ControlReader()
    reader._buffer = buffer = CountingBuffer()
    return buffer, reader.feed


SIZE = 60_000
SLOW: dict[str, tuple[Callable[[], tuple[CountingBuffer, Callable[[bytes], object]]], bytes]] = {
    "a control frame": (control, frames.pack_control(frames.CALL, b"x" * SIZE)),
    "empty control frames": (control, frames.pack_control(frames.CALL) * (SIZE // 5)),
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
