"""Events and control frames: whatever bytes come, the reader gives frames or raises FrameError."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import frames
from dayfly.core.frames import ControlReader, FrameError
from dayfly.core.limits import MAX_ANSWER_BYTES, MAX_CONTROL_BYTES, MAX_NOTE_BYTES, MAX_REPORT_BYTES

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


ROOM = frames.MAX_PIECE_BYTES - 29


def read_answer(stream: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return kind and meta of every frame but of parts, and the body that those and the last one hold."""
    found, body = [], b""
    while stream:
        nonce, kind, meta, length = struct.unpack_from("!16sBIQ", stream)
        assert nonce == NONCE
        end = 29 + meta + length
        if kind in (frames.PART, frames.RESULT):
            body += stream[29 + meta : end]
        if kind != frames.PART:
            found.append((kind, stream[29 : 29 + meta]))
        stream = stream[end:]
    return found, body


@pytest.mark.parametrize(("note", "meta"), list(itertools.product((b"", b"W" * 9000), (b"", b"text/plain"))))
def test_an_answer_is_whole_in_pieces_that_the_kernel_does_not_cut(note: bytes, meta: bytes) -> None:
    for size in (0, 1, ROOM - 10, ROOM, ROOM + 1, 2 * (ROOM - 10), 200_000):
        body = (bytes(range(256)) * 800)[:size]
        pieces = list(frames.pack_answer(NONCE, frames.RESULT, meta, body, note))
        assert all(len(piece) <= frames.MAX_PIECE_BYTES for piece in pieces)
        notes = [(frames.NOTE, note)] if note else []
        assert read_answer(b"".join(pieces)) == ([*notes, (frames.RESULT, meta)], body)


def test_too_long_an_answer_is_announced_as_long_as_it_is() -> None:
    body = bytes(MAX_ANSWER_BYTES + 1)
    head, sent = frames.pack_answer(NONCE, frames.RESULT, b"", body)
    assert struct.unpack("!16sBIQ", head) == (NONCE, frames.RESULT, 0, len(body))
    assert sent is body


def test_a_report_of_another_process_comes_between_the_pieces_of_an_answer() -> None:
    """A process that was forked writes to the same socket, and knows nothing of what its parent is at."""
    body = bytes(range(256)) * 8_000
    report = frames.pack_report(NONCE, finding=b"G" * 600)
    ours, workers = socket.socketpair()

    def answer() -> None:
        for piece in frames.pack_answer(NONCE, frames.RESULT, b"", body):
            workers.sendall(piece)

    senders = [threading.Thread(target=workers.sendall, args=(report,)) for _ in range(20)]
    senders.append(threading.Thread(target=answer))
    size, received = len(body) // ROOM * 29 + 29 + len(body) + 20 * len(report), b""
    with ours, workers:
        for thread in reversed(senders):
            thread.start()
        while len(received) < size:
            received += ours.recv(4096)
        for thread in senders:
            thread.join()
    found, whole = read_answer(received)
    assert whole == body
    assert found.count((frames.REPORT, b"G" * 600)) == 20
