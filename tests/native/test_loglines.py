"""What function code prints: bounded whole lines, and nothing that a reader could take for a finding."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.native.compared import cut, ended, told_by

from dayfly.core.findings import WORKER_DIED, Where, finding_line
from dayfly.core.loglines import NOT_OURS

__all__ = ["ended"]
pytestmark = pytest.mark.usefixtures("ended")

# Type, length, timestamp: docs/platform notes 3.2.
HEAD_BYTES = 16
# As native/supervisor/output.h has it.
MAX_LOG_LINE_BYTES = 256 * 1024
INFO_JSON = b"\xa5\x5a\x00\x0e"
FINDING = finding_line(
    WORKER_DIED, Where(environment="e", function="f", version="1"), now=1.0, message="m"
).rstrip(b"\n")
# Everything at which a reader of text may begin a new line: str.splitlines, `open` in text mode, editors.
SEPARATORS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")


def write(data: bytes, cuts: Sequence[int] = ()) -> bytes:
    """Return what reaches the log when a worker writes `data` in pieces and ends."""
    written, dropped = told_by("lines", cut(data, cuts))
    assert dropped == 0
    assert isinstance(written, bytes)
    return written


def send(data: bytes, cuts: Sequence[int] = ()) -> tuple[bytes, int]:
    """Return what reaches the platform of a worker's telemetry, and how many bytes do not."""
    written, dropped = told_by("frames", cut(data, cuts))
    assert isinstance(written, bytes)
    assert isinstance(dropped, int)
    return written, dropped


def frame_of(message: bytes, *, kind: bytes = INFO_JSON, stamp: bytes = bytes(8)) -> bytes:
    return kind + len(message).to_bytes(4, "big") + stamp + message


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
    assert not findings_in(send(frame_of(data))[0][HEAD_BYTES:])


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
        st.binary(max_size=50).filter(lambda line: not set(line) & set(b"\n{") and line[:1] not in b"SEIR"),
        max_size=10,
    ),
    cuts=st.lists(st.integers(0, 500), max_size=20),
)
def test_lines_survive_every_split(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert write(data, cuts) == data


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=20))
def test_every_write_ends_at_a_line_end_and_loses_nothing(data: bytes, cuts: list[int]) -> None:
    written = write(data, cuts)
    assert written == write(data)
    expected = data if not data or data.endswith(b"\n") else data + b"\n"
    assert NOT_OURS in written or written == expected


@pytest.mark.parametrize("extra", [-1, 0, 1, MAX_LOG_LINE_BYTES])
def test_a_long_line_is_cut_and_loses_nothing(extra: int) -> None:
    data = b"z" * (MAX_LOG_LINE_BYTES + extra)
    pieces = write(data + b"\n").split(b"\n")
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) == min(MAX_LOG_LINE_BYTES, len(data))


def test_whole_frames_pass_in_any_split() -> None:
    stream = b"".join(frame_of(b"a\nb" * count, kind=b"\xa5\x5a\x00\x03") for count in range(5))
    for size in (1, 7, 16, 17, len(stream)):
        assert send(stream, range(0, len(stream), size)) == (stream, 0)


@given(junk=st.binary(min_size=HEAD_BYTES, max_size=100).filter(lambda data: data[0] != 0xA5))
def test_what_is_no_frame_loses_the_stream_and_is_counted(junk: bytes) -> None:
    frame = frame_of(b"honest")
    assert send(frame + junk + frame, [len(frame + junk)]) == (frame, len(junk) + len(frame))


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=10))
def test_any_bytes_on_the_telemetry_pipe_become_whole_frames_or_are_counted(
    data: bytes, cuts: list[int]
) -> None:
    written, dropped = send(data, cuts)
    assert len(written) + dropped == len(data)


@pytest.mark.parametrize("length", [MAX_LOG_LINE_BYTES * 4 + 1, 2**32 - 1])
def test_a_frame_that_announces_too_much_is_not_waited_for(length: int) -> None:
    head = INFO_JSON + length.to_bytes(4, "big") + bytes(8)
    assert send(head + frame_of(b"honest")) == (b"", len(head) + len(frame_of(b"honest")))


def test_a_frame_that_was_never_finished_is_dropped_and_counted() -> None:
    assert send(frame_of(b"half of it")[:-3]) == (b"", HEAD_BYTES + len(b"half of it") - 3)


def test_a_marked_frame_keeps_kind_and_time_and_its_announced_length_is_right() -> None:
    stamp = (123456).to_bytes(8, "big")
    frame, _ = send(frame_of(FINDING, stamp=stamp))
    assert frame[:4] == INFO_JSON
    assert frame[8:16] == stamp
    assert int.from_bytes(frame[4:8], "big") == len(frame) - HEAD_BYTES
    assert frame[HEAD_BYTES:].startswith(NOT_OURS)


def test_a_marked_line_keeps_everything_but_its_braces() -> None:
    line = b'{"metadata":{"product":{"name":"Dayfly"}},"card":"x"}'
    assert write(line) == NOT_OURS + b'("metadata":("product":("name":"Dayfly")),"card":"x")\n'


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
        b"dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: OSError: invented",
        b" \tdayfly: cannot start, and DAYFLY_ON_FAILURE is stop: invented",
    ],
)
def test_what_begins_as_lambdas_own_lines_is_marked_whoever_prints_it(line: bytes) -> None:
    """Else an infected environment could write its own birth, its reports and other environments' requests."""
    marked = write(line + b"\n").removesuffix(b"\n")
    assert marked.startswith(NOT_OURS)
    assert b"{" not in marked
    assert NOT_OURS in send(frame_of(line))[0]
    # A frame is one event of the log, whose lines are lines to whoever saves it.
    message = send(frame_of(b"hello\n" + line + b"\nhello {}"))[0][HEAD_BYTES:]
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
    assert write(line + b"\n") == line + b"\n"
