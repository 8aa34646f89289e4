"""Answers, events and control frames: whatever bytes come, the reader answers or raises FrameError."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import frames
from dayfly.core.frames import Answer, AnswerReader, ControlReader, FrameError
from dayfly.core.limits import (
    MAX_ANSWER_BYTES,
    MAX_CONTROL_BYTES,
    MAX_META_BYTES,
    MAX_NOTE_BYTES,
    MAX_REPORT_BYTES,
    MAX_REPORTS,
)

NONCE = bytes(range(16))
HEAD_BYTES = 29


def split(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut `data` into pieces of the given sizes; what is left over is the last piece."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


def read_answer(data: bytes, sizes: list[int]) -> tuple[Answer | None, int]:
    reader = AnswerReader(NONCE)
    left_over = sum(reader.feed(piece) for piece in split(data, sizes))
    return reader.answer, left_over


SIZES = st.lists(st.integers(0, 40), max_size=30)


@given(
    kind=st.sampled_from([frames.RESULT, frames.ERROR]),
    meta=st.binary(max_size=60),
    body=st.binary(max_size=200),
    extra=st.binary(max_size=20),
    sizes=SIZES,
)
def test_answer_survives_every_split(
    kind: int, meta: bytes, body: bytes, extra: bytes, sizes: list[int]
) -> None:
    packed = frames.pack_answer_head(NONCE, kind, meta, len(body)) + body
    answer, left_over = read_answer(packed + extra, sizes)
    assert answer is not None
    assert (answer.kind, answer.meta, answer.body, answer.body_bytes) == (kind, meta, body, len(body))
    assert left_over == len(extra)


@given(data=st.binary(max_size=300), sizes=SIZES)
def test_any_bytes_give_no_answer_but_a_frame_error(data: bytes, sizes: list[int]) -> None:
    # 2^-128 for random bytes to hold the nonce: nothing but the refusal may come.
    if len(data) < HEAD_BYTES or data[16] == frames.REPORT:
        # A report of an earlier event's process, which has no part in the answer.
        data = data[: HEAD_BYTES - 1]
        assert read_answer(data, sizes) == (None, 0)
    else:
        with pytest.raises(FrameError, match="nonce"):
            read_answer(data, sizes)


@given(tail=st.binary(max_size=400), sizes=SIZES)
def test_any_bytes_after_the_right_nonce_only_ever_answer_or_raise(tail: bytes, sizes: list[int]) -> None:
    try:
        answer, left_over = read_answer(NONCE + tail, sizes)
    except FrameError:
        return
    assert answer is None or len(answer.body) == answer.body_bytes
    assert 0 <= left_over <= len(tail)


@pytest.mark.parametrize("kind", [0, 5, 255])
def test_unknown_kind_is_refused_before_anything_is_kept(kind: int) -> None:
    with pytest.raises(FrameError, match="unknown kind"):
        read_answer(frames.pack_answer_head(NONCE, kind, b"", 0), [])


def test_the_nonce_of_another_event_is_refused() -> None:
    packed = frames.pack_answer_head(bytes(16), frames.RESULT, b"application/json", 2) + b"{}"
    with pytest.raises(FrameError, match="nonce"):
        read_answer(packed, [])


@pytest.mark.parametrize("nonce", [b"", NONCE[:15]])
def test_a_reader_without_an_event_takes_no_answer(nonce: bytes) -> None:
    reader = AnswerReader(nonce)
    with pytest.raises(FrameError):
        reader.feed(frames.pack_answer_head(b"\0" * 16, frames.RESULT, b"", 0))


def test_meta_one_byte_beyond_the_limit_is_refused_by_its_announcement() -> None:
    announced = frames.pack_answer_head(NONCE, frames.RESULT, b"x" * (MAX_META_BYTES + 1), 0)
    reader = AnswerReader(NONCE)
    with pytest.raises(FrameError, match="header is too long"):
        reader.feed(announced[:HEAD_BYTES])


def test_a_second_answer_is_left_over_and_changes_nothing() -> None:
    first = frames.pack_answer_head(NONCE, frames.RESULT, b"a", 1) + b"1"
    second = frames.pack_answer_head(NONCE, frames.RESULT, b"b", 1) + b"2"
    reader = AnswerReader(NONCE)
    assert reader.feed(first) == 0
    assert reader.feed(second) == len(second)
    assert reader.answer is not None
    assert reader.answer.body == b"1"


def test_a_body_beyond_lambdas_limit_is_kept_only_so_far_that_the_platform_refuses_it() -> None:
    reader = AnswerReader(NONCE)
    reader.feed(frames.pack_answer_head(NONCE, frames.RESULT, b"", 2**63))
    for _ in range(8):
        reader.feed(b"x" * (1 << 20))
        if reader.answer:
            break
    assert reader.answer is not None
    assert len(reader.answer.body) == MAX_ANSWER_BYTES + 1
    assert reader.answer.body_bytes == 2**63


def test_six_megabytes_in_small_pieces_take_linear_time() -> None:
    """A reader that copies what it has for every piece needs minutes for this."""
    body = b"y" * MAX_ANSWER_BYTES
    reader = AnswerReader(NONCE)
    began = time.process_time()
    reader.feed(frames.pack_answer_head(NONCE, frames.RESULT, b"application/json", len(body)))
    for at in range(0, len(body), 64):
        reader.feed(body[at : at + 64])
    assert time.process_time() - began < 30
    assert reader.answer is not None
    assert reader.answer.body == body


@pytest.mark.parametrize("value", [b"", b"a\r\nX: y", b"a\nb", b"a\0b", b"\x7f", "ä".encode(), b"\t"])
def test_a_value_that_could_leave_its_header_is_refused(value: bytes) -> None:
    assert not frames.is_header_value(value)


def test_printable_values_may_stand_in_a_header() -> None:
    assert frames.is_header_value(bytes(range(32, 127)))


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
    assert sum(len(payload) + frames.CONTROL_HEAD_BYTES for _, payload in found) <= len(data)


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


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_note_comes_with_the_answer_behind_it(size: int) -> None:
    packed = (
        frames.pack_note(NONCE, b"Wapp.job")
        + frames.pack_answer_head(NONCE, frames.RESULT, b"a/b", 3)
        + b"yes"
    )
    reader = frames.AnswerReader(NONCE)
    left = 0
    for at in range(0, len(packed), size):
        assert reader.answer is None
        left += reader.feed(packed[at : at + size])
    assert reader.answer is not None
    answer = reader.answer
    assert (answer.kind, answer.meta, answer.body, answer.note) == (
        frames.RESULT,
        b"a/b",
        b"yes",
        b"Wapp.job",
    )
    assert left == 0
    assert reader.feed(b"more") == 4


def test_an_answer_without_a_note_has_an_empty_one() -> None:
    reader = frames.AnswerReader(NONCE)
    reader.feed(frames.pack_answer_head(NONCE, frames.RESULT, b"a/b", 0))
    assert reader.answer is not None
    assert reader.answer.note == b""


HOSTILE_NOTES = {
    "two notes": frames.pack_note(NONCE, b"a") * 2,
    "another nonce": frames.pack_note(bytes(16), b"a"),
    "too long": struct.pack("!16sBIQ", NONCE, frames.NOTE, MAX_NOTE_BYTES + 1, 0),
    "with a body": struct.pack("!16sBIQ", NONCE, frames.NOTE, 1, 1) + b"ab",
}


@pytest.mark.parametrize("case", HOSTILE_NOTES)
def test_a_note_that_breaks_a_rule_is_refused(case: str) -> None:
    with pytest.raises(FrameError):
        frames.AnswerReader(NONCE).feed(HOSTILE_NOTES[case])


def test_a_note_too_long_is_not_packed() -> None:
    with pytest.raises(FrameError):
        frames.pack_note(NONCE, bytes(MAX_NOTE_BYTES + 1))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_reports_come_one_by_one_before_note_and_answer(size: int) -> None:
    packed = (
        frames.pack_report(NONCE, finding=b"Grefused")
        + frames.pack_report(NONCE, error=b"{}")
        + frames.pack_report(bytes(16), finding=b"Gold")
        + frames.pack_report(NONCE)
        + frames.pack_note(NONCE, b"Wapp.job")
        + frames.pack_answer_head(NONCE, frames.RESULT, b"a/b", 3)
        + b"yes"
    )
    reader = frames.AnswerReader(NONCE)
    for at in range(0, len(packed), size):
        assert reader.answer is None
        reader.feed(packed[at : at + size])
    assert [(one.finding, one.error, one.is_current) for one in reader.reports] == [
        (b"Grefused", b"", True),
        (b"", b"{}", True),
        (b"Gold", b"", False),
        (b"", b"", True),
    ]
    assert reader.answer is not None
    assert (reader.answer.body, reader.answer.note) == (b"yes", b"Wapp.job")


HOSTILE_REPORTS = {
    "long finding": struct.pack("!16sBIQ", NONCE, frames.REPORT, MAX_REPORT_BYTES + 1, 0),
    "long error": struct.pack("!16sBIQ", NONCE, frames.REPORT, 0, MAX_REPORT_BYTES + 1),
    "behind the note": frames.pack_note(NONCE, b"a") + frames.pack_report(NONCE, finding=b"G"),
    "too many": frames.pack_report(NONCE, finding=b"G") * (MAX_REPORTS + 1),
    "too many of earlier events": frames.pack_report(bytes(16)) * (MAX_REPORTS + 1),
}


@pytest.mark.parametrize("case", HOSTILE_REPORTS)
def test_a_report_that_breaks_a_rule_is_refused(case: str) -> None:
    with pytest.raises(FrameError, match="report"):
        frames.AnswerReader(NONCE).feed(HOSTILE_REPORTS[case])


def test_as_many_reports_as_there_may_be_are_read_in_one_piece() -> None:
    reader = frames.AnswerReader(NONCE)
    reader.feed(frames.pack_report(NONCE) * MAX_REPORTS)
    assert len(reader.reports) == MAX_REPORTS


@pytest.mark.parametrize("field", ["finding", "error"])
def test_a_report_too_long_is_not_packed(field: str) -> None:
    with pytest.raises(FrameError):
        frames.pack_report(NONCE, **{field: bytes(MAX_REPORT_BYTES + 1)})


@pytest.mark.parametrize(("events", "seconds"), [(1, 0.0), (100, 299.5), (7, float("inf")), (1, -3.25)])
def test_what_is_left_of_a_window_is_told_beside_the_event(events: int, seconds: float) -> None:
    packed = frames.pack_window(events, seconds)
    assert frames.unpack_window(packed) == (events, seconds)
    assert frames.is_header_value(packed.encode())


def test_a_worker_that_is_told_nothing_serves_one_event() -> None:
    assert frames.unpack_window("") == (1, 0.0)
