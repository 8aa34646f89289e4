"""Events and control frames: whatever bytes come, the reader gives frames or raises FrameError."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import frames
from dayfly.core.frames import ControlReader, FrameError
from dayfly.core.limits import MAX_CONTROL_BYTES, MAX_NOTE_BYTES, MAX_REPORT_BYTES

NONCE = bytes(range(16))
CONTROL_HEAD_BYTES = 5


def split(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut `data` into pieces of the given sizes; what is left over is the last piece."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


SIZES = st.lists(st.integers(0, 40), max_size=30)


HEADER_TEXT = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=30)


@given(headers=st.dictionaries(HEADER_TEXT, HEADER_TEXT, max_size=8), body=st.binary(max_size=100))
def test_an_event_comes_out_as_it_went_in(headers: dict[str, str], body: bytes) -> None:
    packed = frames.pack_event(NONCE, headers, body)
    nonce, block_bytes, body_bytes = frames.unpack_event_head(packed[: frames.EVENT_HEAD_BYTES])
    block = packed[frames.EVENT_HEAD_BYTES : frames.EVENT_HEAD_BYTES + block_bytes]
    assert nonce == NONCE
    assert frames.parse_event_headers(block) == headers
    assert packed[frames.EVENT_HEAD_BYTES + block_bytes :] == body
    assert body_bytes == len(body)


def test_header_bytes_that_are_no_utf8_survive_the_way_to_the_worker() -> None:
    odd = b"\xff\xfe caf\xe9".decode("utf-8", "surrogateescape")
    packed = frames.pack_event(NONCE, {"lambda-runtime-client-context": odd}, b"")
    block = packed[frames.EVENT_HEAD_BYTES :]
    assert frames.parse_event_headers(block) == {"lambda-runtime-client-context": odd}


@given(
    sent=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=8),
    sizes=SIZES,
    rest=st.binary(max_size=4),
)
def test_control_frames_survive_every_split(
    sent: list[tuple[int, bytes]], sizes: list[int], rest: bytes
) -> None:
    stream = b"".join(frames.pack_control(kind, payload) for kind, payload in sent) + rest
    reader = ControlReader()
    assert [frame for piece in split(stream, sizes) for frame in reader.feed(piece)] == sent


@given(data=st.binary(max_size=400), sizes=SIZES)
def test_any_control_bytes_are_frames_or_a_frame_error(data: bytes, sizes: list[int]) -> None:
    reader = ControlReader()
    try:
        found = [frame for piece in split(data, sizes) for frame in reader.feed(piece)]
    except FrameError:
        return
    assert sum(len(payload) + CONTROL_HEAD_BYTES for _, payload in found) <= len(data)


def test_a_control_frame_is_refused_by_its_announced_length() -> None:
    announced = b"\x01" + (MAX_CONTROL_BYTES + 1).to_bytes(4, "big")
    with pytest.raises(FrameError, match="payload is too long"):
        ControlReader().feed(announced)


def test_a_control_frame_of_the_full_length_in_small_pieces_takes_linear_time() -> None:
    packed = frames.pack_control(frames.CALL, b"z" * MAX_CONTROL_BYTES)
    reader = ControlReader()
    began = time.process_time()
    found = [frame for at in range(0, len(packed), 128) for frame in reader.feed(packed[at : at + 128])]
    assert time.process_time() - began < 30
    assert [len(payload) for _, payload in found] == [MAX_CONTROL_BYTES]


def test_a_note_too_long_is_not_packed() -> None:
    with pytest.raises(FrameError):
        frames.pack_note(NONCE, bytes(MAX_NOTE_BYTES + 1))


@pytest.mark.parametrize("field", ["finding", "error"])
def test_a_report_too_long_is_not_packed(field: str) -> None:
    with pytest.raises(FrameError):
        frames.pack_report(NONCE, **{field: bytes(MAX_REPORT_BYTES + 1)})


@pytest.mark.parametrize(("events", "seconds"), [(1, 0.0), (100, 299.5), (7, float("inf")), (1, -3.25)])
def test_what_is_left_of_a_window_is_told_beside_the_event(events: int, seconds: float) -> None:
    assert frames.unpack_window(f"{events} {seconds:.3f}") == (events, seconds)


def test_a_worker_that_is_told_nothing_serves_one_event() -> None:
    assert frames.unpack_window("") == (1, 0.0)
