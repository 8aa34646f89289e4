"""Output and telemetry are cut into lines and messages, whatever pieces they arrive in."""

from __future__ import annotations

import asyncio
import os

import pytest

from dayfly.lab.logs import MAX_RECORD_BYTES, Frames, Lines, PipeReader


def _frame(text: bytes, kind: int = 0xA55A0003) -> bytes:
    return kind.to_bytes(4) + len(text).to_bytes(4) + (1234567).to_bytes(8) + text


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_frames_are_found_in_pieces_of_any_size(step: int) -> None:
    data = _frame(b"one\n") + _frame("zwei ü".encode(), 0xA55A0013) + _frame(b"")
    frames = Frames()
    messages = [m for at in range(0, len(data), step) for m in frames.feed(data[at : at + step])]
    assert messages == ["one", "zwei ü", ""]
    assert frames.flush() == []


def test_what_is_no_frame_is_passed_on_rather_than_lost() -> None:
    assert Frames().feed(b"garbage that is long enough") == ["garbage that is long enough"]
    huge = b"\xa5\x5a\x00\x03" + b"\xff" * 12
    assert len(Frames().feed(huge)) == 1


def test_lines_are_cut_and_the_unfinished_one_waits() -> None:
    lines = Lines()
    assert lines.feed(b"a\nb\xff\nc") == ["a", "b\ufffd"]
    assert lines.flush() == ["c"]
    assert lines.flush() == []


def test_a_line_without_end_does_not_pile_up() -> None:
    lines = Lines()
    received = [piece for _ in range(40) for piece in lines.feed(b"x" * 65536)]
    assert sum(map(len, received)) >= MAX_RECORD_BYTES


def test_a_drain_reads_at_once_what_was_written_before_it() -> None:
    async def scenario() -> list[str]:
        received: list[str] = []
        reader = PipeReader(Lines(), received.append)
        os.write(reader.write_end, b"first\nsecond")
        reader.drain()
        assert received == ["first"]
        reader.close()
        return received

    assert asyncio.run(scenario()) == ["first", "second"]
