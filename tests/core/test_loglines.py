"""What function code prints: bounded whole lines, and nothing that a reader could take for a finding."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dayfly.core.findings import WORKER_DIED, Where, finding_line
from dayfly.core.limits import MAX_LOG_LINE_BYTES
from dayfly.core.loglines import (
    NOT_OURS,
    TELEMETRY_HEAD_BYTES,
    TELEMETRY_INFO_JSON,
    FrameReader,
    LineReader,
    imitates,
    imitates_finding,
    imitates_platform,
    mark,
    telemetry_frame,
)

FINDING = finding_line(
    WORKER_DIED, Where(environment="e", function="f", version="1"), now=1.0, message="m"
).rstrip(b"\n")
# Everything at which a reader of text may begin a new line: str.splitlines, `open` in text mode, editors.
SEPARATORS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")


def write(data: bytes, cuts: list[int] | None = None) -> bytes:
    """Return what reaches the log when a worker writes `data` in pieces and ends."""
    reader, out, at = LineReader(), b"", 0
    for cut in sorted({min(cut, len(data)) for cut in cuts or []}):
        out += reader.feed(data[at:cut])
        at = cut
    return out + reader.feed(data[at:]) + reader.finish()


def is_taken_for_ours(record: object) -> bool:
    """Find `metadata.product.name` the way a log query does, at the top or anywhere below."""
    if isinstance(record, list):
        return any(is_taken_for_ours(item) for item in record)
    if not isinstance(record, dict):
        return False
    metadata = record.get("metadata")
    product = metadata.get("product") if isinstance(metadata, dict) else None
    if isinstance(product, dict) and product.get("name") == "Dayfly":
        return True
    return any(is_taken_for_ours(value) for value in record.values())


def findings_in(data: bytes) -> list[str]:
    """Read `data` as the most lenient reader does: any encoding, any line separator."""
    found: list[str] = []
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1"):
        text = data.decode(encoding, "replace")
        for line in {*text.splitlines(), *text.replace("\0", "").splitlines(), *text.split("\n")}:
            with contextlib.suppress(ValueError, RecursionError):
                if is_taken_for_ours(json.loads(line.lstrip("\ufeff").strip("\0"), strict=False)):
                    found.append(line)
    return found


def escape_some(text: str, which: list[bool]) -> str:
    """Write letters of the names in `text` as JSON escapes, chosen by `which`."""
    parts = re.split("(metadata|product|name|Dayfly)", text)
    choice = iter(which * (1 + len(text) // max(1, len(which))))
    for at in range(1, len(parts), 2):
        parts[at] = "".join(f"\\u{ord(char):04X}" if next(choice) else char for char in parts[at])
    return "".join(parts)


def test_a_true_finding_is_one_that_this_test_would_find() -> None:
    assert findings_in(FINDING)


@given(
    which=st.lists(st.booleans(), min_size=1, max_size=20),
    before=st.text(max_size=5),
    separator=st.sampled_from(SEPARATORS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"]),
    cuts=st.lists(st.integers(0, 1200), max_size=12),
)
def test_no_imitation_passes_however_it_is_escaped_encoded_and_cut(
    which: list[bool], before: str, separator: str, encoding: str, cuts: list[int]
) -> None:
    text = before + separator + escape_some(FINDING.decode(), which) + separator
    data = text.encode(encoding, "replace")
    assert not findings_in(write(data, cuts))
    frames = FrameReader().feed(telemetry_frame(TELEMETRY_INFO_JSON, bytes(8), data))
    assert not findings_in(frames[TELEMETRY_HEAD_BYTES:])


IMITATIONS = {
    "as it is": FINDING,
    "first of two names wins": b'{"metadata":{"product":{"name":"Dayfly"}},"metadata":1}',
    "last of two names wins": b'{"metadata":1,"metadata":{"product":{"name":"x","name":"Dayfly"}}}',
    "below another record": b'{"a":[{"metadata":{"product":{"name":"Dayfly"}}}]}',
    "in a list": b'[{"metadata":{"product":{"name":"Dayfly"}}}]',
    "with blanks": b' \t{ "metadata" :\t{ "product" : {"name" : "Dayfly" } } } ',
    "lower-case escapes": b'{"\\u006detadata":{"product":{"name":"Dayf\\u006cy"}}}',
    "wholly escaped": json.dumps({"a": 1}).replace("a", "").encode()
    + b'{"'
    + b"".join(b"\\u%04x" % char for char in b"metadata")
    + b'":{"product":{"name":"Dayfly"}}}',
    "after a carriage return": b'x\r{"metadata":{"product":{"name":"Dayfly"}}}',
    "between NUL bytes": FINDING.replace(b"a", b"a\0"),
}


@pytest.mark.parametrize("case", IMITATIONS)
def test_an_imitation_is_marked_as_not_ours(case: str) -> None:
    assert imitates_finding(IMITATIONS[case])
    written = write(IMITATIONS[case] + b"\n")
    assert written.startswith(NOT_OURS)
    assert not findings_in(written)


def test_a_line_cannot_be_completed_by_the_next_process() -> None:
    """Half a record before death and the other half from another writer: each is a line of its own."""
    half = FINDING.index(b'"product"')
    written = write(FINDING[:half]) + write(FINDING[half:])
    assert written == FINDING[:half] + b"\n" + FINDING[half:] + b"\n"
    assert not findings_in(written)


@settings(max_examples=20)
@given(offset=st.integers(-len(FINDING) - 2, 2), blank=st.sampled_from([b" ", b"x", b"{"]))
def test_no_imitation_is_cut_out_of_a_longer_line(offset: int, blank: bytes) -> None:
    data = blank * (MAX_LOG_LINE_BYTES + offset) + FINDING + b" " * MAX_LOG_LINE_BYTES + FINDING
    written = write(data)
    assert not findings_in(written)
    assert max(map(len, written.split(b"\n"))) <= MAX_LOG_LINE_BYTES + len(NOT_OURS)


HONEST = (
    b"plain text",
    b"",
    b"Dayfly metadata product without a record",
    b'{"message":"hello","level":"INFO"}',
    b'{"metadata":{"product":{"name":"Shop"}}}',
    b'{"product":"Dayfly"}',
    '{"message":"größer \\u00e4 \\u2028","n":1.5e9}'.encode(),
    b"\xff\xfe no UTF-8 \x80",
    b'{"unfinished": ',
)


@pytest.mark.parametrize("line", HONEST)
def test_an_honest_line_passes_unchanged(line: bytes) -> None:
    assert write(line + b"\n") == line + b"\n"


@given(
    lines=st.lists(
        st.binary(max_size=50).filter(lambda line: b"\n" not in line and not imitates(line)), max_size=10
    ),
    cuts=st.lists(st.integers(0, 500), max_size=20),
)
def test_lines_survive_every_split(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert write(data, cuts) == data


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=20))
def test_every_write_ends_at_a_line_end_and_loses_nothing(data: bytes, cuts: list[int]) -> None:
    reader, at = LineReader(), 0
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        out = reader.feed(data[at:cut])
        assert not out or out.endswith(b"\n")
        at = cut
    expected = data if not data or data.endswith(b"\n") else data + b"\n"
    assert imitates(data) or any(map(imitates, data.split(b"\n"))) or write(data, cuts) == expected


@pytest.mark.parametrize("extra", [-1, 0, 1, MAX_LOG_LINE_BYTES])
def test_a_long_line_is_cut_and_loses_nothing(extra: int) -> None:
    data = b"z" * (MAX_LOG_LINE_BYTES + extra)
    pieces = write(data + b"\n").split(b"\n")
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) == min(MAX_LOG_LINE_BYTES, len(data))


def test_a_line_without_an_end_is_never_kept_beyond_the_bound() -> None:
    reader = LineReader()
    written = sum(len(reader.feed(b"q" * 65536)) for _ in range(64))
    assert written >= 64 * 65536 - MAX_LOG_LINE_BYTES


def test_whole_frames_pass_in_any_split() -> None:
    frames = [telemetry_frame(b"\xa5\x5a\x00\x03", bytes(8), b"a\nb" * count) for count in range(5)]
    stream = b"".join(frames)
    for size in (1, 7, 16, 17, len(stream)):
        reader = FrameReader()
        pieces = [reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)]
        reader.finish()
        assert b"".join(pieces) == stream
        assert reader.dropped_bytes == 0


@given(junk=st.binary(min_size=TELEMETRY_HEAD_BYTES, max_size=100).filter(lambda data: data[0] != 0xA5))
def test_what_is_no_frame_loses_the_stream_and_is_counted(junk: bytes) -> None:
    frame = telemetry_frame(TELEMETRY_INFO_JSON, bytes(8), b"honest")
    reader = FrameReader()
    assert reader.feed(frame + junk) == frame
    assert reader.feed(frame) == b""
    reader.finish()
    assert reader.dropped_bytes == len(junk) + len(frame)


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=10))
def test_any_bytes_on_the_telemetry_pipe_become_whole_frames_or_are_counted(
    data: bytes, cuts: list[int]
) -> None:
    reader, at, out = FrameReader(), 0, b""
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        out += reader.feed(data[at:cut])
        at = cut
    out += reader.feed(data[at:])
    reader.finish()
    assert len(out) + reader.dropped_bytes == len(data)


@pytest.mark.parametrize("length", [MAX_LOG_LINE_BYTES * 4 + 1, 2**32 - 1])
def test_a_frame_that_announces_too_much_is_not_waited_for(length: int) -> None:
    reader = FrameReader()
    head = TELEMETRY_INFO_JSON + length.to_bytes(4, "big") + bytes(8)
    assert reader.feed(head) == b""
    assert reader.dropped_bytes == len(head)


def test_a_frame_that_was_never_finished_is_dropped_and_counted() -> None:
    reader = FrameReader()
    reader.feed(telemetry_frame(TELEMETRY_INFO_JSON, bytes(8), b"half of it")[:-3])
    assert reader.dropped_bytes == 0
    reader.finish()
    assert reader.dropped_bytes == TELEMETRY_HEAD_BYTES + len(b"half of it") - 3


def test_a_marked_frame_keeps_kind_and_time_and_its_announced_length_is_right() -> None:
    stamp = (123456).to_bytes(8, "big")
    frame = FrameReader().feed(telemetry_frame(TELEMETRY_INFO_JSON, stamp, FINDING))
    assert frame[:4] == TELEMETRY_INFO_JSON
    assert frame[8:16] == stamp
    assert int.from_bytes(frame[4:8], "big") == len(frame) - TELEMETRY_HEAD_BYTES
    assert frame[TELEMETRY_HEAD_BYTES:].startswith(NOT_OURS)


def test_a_marked_line_keeps_everything_but_its_braces() -> None:
    line = b'{"metadata":{"product":{"name":"Dayfly"}},"card":"x"}'
    assert mark(line) == NOT_OURS + b'("metadata":("product":("name":"Dayfly")),"card":"x")'


@pytest.mark.parametrize(
    "line",
    [
        b"START RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Version: $LATEST",
        b"  REPORT RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\tDuration: 1.00 ms",
        b"\x00INIT_START Runtime Version: python:3.13.v1",
        b"\xef\xbb\xbfEND RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        b'{"time":"t","type":"platform.start","record":{"requestId":"r"}}',
        b' {"record":{},"type" : "platform.report"}',
        b'{"type":"\\u0070latform.report","\\u0072ecord":{}}',
        b"dayfly: not active, the function runs without it: OSError: invented",
        b" \tdayfly: cannot start, and DAYFLY_ON_FAILURE is stop: invented",
    ],
)
def test_what_begins_as_lambdas_own_lines_is_marked_whoever_prints_it(line: bytes) -> None:
    """Else an infected environment could write its own birth, its reports and other environments' requests."""
    assert imitates_platform(line)
    marked = mark(line)
    assert marked.startswith(NOT_OURS)
    assert b"{" not in marked
    frame = telemetry_frame(TELEMETRY_INFO_JSON, bytes(8), line)
    assert NOT_OURS in FrameReader().feed(frame)
    # A frame is one event of the log, whose lines are lines to whoever saves it.
    frame = telemetry_frame(TELEMETRY_INFO_JSON, bytes(8), b"hello\n" + line + b"\nhello {}")
    message = FrameReader().feed(frame)[TELEMETRY_HEAD_BYTES:]
    assert message == b"hello\n" + marked + b"\nhello {}"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"STARTing up",
        b"the last REPORT RequestId: 8476a536",
        b"REPORT of sales",
        b"dayfly: error: no handler is named",
        b"it says dayfly: not active",
        b'{"type":"platform","record":1}',
        b'{"level":"INFO","message":"platform.start"}',
    ],
)
def test_ordinary_lines_that_only_sound_alike_pass_unchanged(line: bytes) -> None:
    assert mark(line) == line
