"""Every reader of hostile input against random, structured and broken streams in all pieces."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fuzz import targets
from tests.fuzz.seeds import SEEDS
from tests.fuzz.small import use_small_limits

from dayfly.core import frames, loglines
from dayfly.core.settings import SETTINGS, load_settings
from dayfly.errors import SettingError

SIZES = st.lists(st.integers(0, 60), max_size=12)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_limits(monkeypatch.setattr)


def broken(name: str) -> st.SearchStrategy[bytes]:
    """Streams of one target as they should be, joined, cut, spliced and with bytes replaced."""
    seeds = SEEDS[name]

    @st.composite
    def make(draw: st.DrawFn) -> bytes:
        stream = bytearray(b"".join(draw(st.lists(st.sampled_from(seeds), min_size=1, max_size=3))))
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, max(0, len(stream) - 1)))
            width = draw(st.integers(0, 4))
            stream[at : at + width] = draw(st.binary(max_size=4) | st.sampled_from(TOKENS))
        return bytes(stream[: draw(st.integers(0, len(stream)) | st.just(len(stream)))])

    return make()


TOKENS = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"-1",
    b"0",
    b"9" * 30,
    b"\xff\xff\xff\xff",
    "²".encode(),
    b"\xc3",
    b"chunked",
    b"Content-Length: 3\r\n",
    b"\\u0044",
    b"{",
    b"}",
    b"%2e",
]


@pytest.mark.parametrize("name", targets.TARGETS)
def test_every_target_has_seeds_and_bears_them(name: str) -> None:
    assert SEEDS[name]
    for seed in SEEDS[name]:
        targets.TARGETS[name](seed, [1, 2, 3, 5, 8, 13])


@pytest.mark.parametrize("name", targets.TARGETS)
@given(stream=st.binary(max_size=200), sizes=SIZES)
def test_any_bytes_end_as_documented(name: str, stream: bytes, sizes: list[int]) -> None:
    targets.TARGETS[name](stream, sizes)


@pytest.mark.parametrize("name", targets.TARGETS)
@given(data=st.data(), sizes=SIZES)
def test_streams_that_are_nearly_right_end_as_documented(
    name: str, data: st.DataObject, sizes: list[int]
) -> None:
    targets.TARGETS[name](data.draw(broken(name)), sizes)


HEADS = st.builds(
    lambda nonce, kind, meta, body: struct.pack("!16sBIQ", nonce, kind, meta, body),
    st.sampled_from([targets.NONCE, bytes(16)]) | st.just(targets.NONCE),
    st.sampled_from([0, frames.RESULT, frames.ERROR, frames.NOTE, 4, 255]) | st.just(frames.RESULT),
    st.integers(0, 32) | st.sampled_from([2**31, 2**32 - 1]),
    st.integers(0, 45) | st.sampled_from([2**63, 2**64 - 1]),
)


@given(parts=st.lists(HEADS | st.binary(max_size=50), max_size=4), sizes=SIZES)
def test_answers_that_announce_anything_end_as_documented(parts: list[bytes], sizes: list[int]) -> None:
    targets.answers(b"".join(parts), sizes)


CONTROL = st.builds(
    lambda kind, length, payload: struct.pack("!BI", kind, length) + payload,
    st.integers(0, 255),
    st.integers(0, 55) | st.just(2**32 - 1),
    st.binary(max_size=55),
)


@given(parts=st.lists(CONTROL, max_size=5), sizes=SIZES)
def test_control_frames_that_announce_anything_end_as_documented(
    parts: list[bytes], sizes: list[int]
) -> None:
    targets.control_frames(b"".join(parts), sizes)


NUMBERS = st.sampled_from(
    [b"0", b"1", b"60", b"61", b"-1", b"+1", b"0x1", b"1_0", b"9" * 18, b"9" * 19, b"", b" 5 "]
)
FIELDS = st.sampled_from(
    [
        b"Content-Length: ",
        b"content-length:",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Connection: close",
        b"A: b",
        b": ",
        b" folded",
        b"nocolon",
    ]
)
LINES = st.builds(lambda field, number: field + number, FIELDS, NUMBERS | st.just(b""))
STATUS = st.sampled_from([b"HTTP/1.1 ", b"HTTP/1.0 ", b"HTTP/1.9 ", b"HTTP/2 "]).flatmap(
    lambda version: st.sampled_from(
        [b"200 OK", b"100 Continue", b"101 X", b"99 X", b"042 X", b"204", b"2000 X", b"20", b"304 X"]
    ).map(lambda status: version + status)
)
CHUNKS = st.lists(
    st.builds(
        lambda size, data, end: size + b"\r\n" + data + end,
        NUMBERS | st.sampled_from([b"2;x", b"a", b"A"]),
        st.binary(max_size=8),
        st.sampled_from([b"\r\n", b"\n", b""]),
    ),
    max_size=4,
).map(b"".join)
REPLIES = st.builds(
    lambda status, lines, tail: b"\r\n".join([status, *lines]) + b"\r\n\r\n" + tail,
    STATUS,
    st.lists(LINES, max_size=4),
    st.binary(max_size=20) | CHUNKS,
)


@given(parts=st.lists(REPLIES, min_size=1, max_size=3), sizes=SIZES)
@example(parts=[b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"], sizes=[])
@example(parts=[b"HTTP/1.1 200 OK\r\nA: " + b"b" * 101 + b"\r\n\r\n"], sizes=[])
@example(parts=[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 40], sizes=[])
def test_replies_of_any_form_end_as_documented(parts: list[bytes], sizes: list[int]) -> None:
    targets.replies(b"".join(parts), sizes)


LENGTHS = st.sampled_from([b"3", b"9" * 5000, "²".encode(), b"-3", b"1e1", b""])
TARGET_PATHS = st.sampled_from(
    [
        b"/2020-01-01/extension/event/next",
        b"/a\n",
        b"/a\r",
        b"/%2e%2e/x",
        b"/../x",
        b"/a?b",
        b"//",
        b"x",
        b"/a\tb",
    ]
)


@given(
    method=st.sampled_from([b"GET", b"P\nT", b"", b"G1"]),
    path=TARGET_PATHS,
    length=LENGTHS,
    name=st.binary(max_size=6),
    value=st.binary(max_size=12),
    body=st.binary(max_size=5),
    sizes=SIZES,
)
def test_requests_of_any_form_end_as_documented(
    method: bytes, path: bytes, length: bytes, name: bytes, value: bytes, body: bytes, sizes: list[int]
) -> None:
    head = method + b" " + path + b" HTTP/1.1\r\nContent-Length: " + length + b"\r\n" + name + b": " + value
    targets.requests(head + b"\r\n\r\n" + body, sizes)


PRINTED = st.lists(
    st.sampled_from(
        [*SEEDS["log_lines"], b"\n", b"\r", b"\xc3", "ä".encode(), b"{", b"x" * 63, b"x" * 64, b"x" * 65]
    )
    | st.binary(max_size=20),
    max_size=8,
).map(b"".join)


@given(stream=PRINTED, sizes=SIZES)
def test_lines_of_any_length_and_text_are_bounded_and_nobody_elses(stream: bytes, sizes: list[int]) -> None:
    targets.log_lines(stream, sizes)


@given(messages=st.lists(PRINTED, max_size=3), tail=st.binary(max_size=20), sizes=SIZES)
def test_telemetry_of_any_text_is_whole_frames_and_nobody_elses(
    messages: list[bytes], tail: bytes, sizes: list[int]
) -> None:
    packed = [loglines.telemetry_frame(loglines.TELEMETRY_INFO_JSON, bytes(8), one) for one in messages]
    targets.telemetry(b"".join(packed) + tail, sizes)


NUMERALS = ["1" * 5000, "000000000001" + "9" * 400, "9" * 10, "nan", "inf", "-inf", "1e400", "0x5", "٣", "²"]
TEXTS = [
    "a\x1fb",
    "a/\x1f*.json",
    "/tmp/\x00",
    "/tmp/../etc",
    "a:b",
    "a.b:c.d",
    ":",
    "a:",
    " ON ",
    "5ms",
    "mmm",
]
VALUES = st.text(max_size=20) | st.sampled_from([*NUMERALS, *TEXTS])


@pytest.mark.parametrize("at", range(len(SETTINGS)), ids=[one.name for one in SETTINGS])
@given(value=VALUES)
def test_settings_of_any_text_are_in_bounds_or_refused(at: int, value: str) -> None:
    targets.settings(bytes([at]) + b"=" + value.encode("utf-8", "surrogatepass"), [])


TOML = st.recursive(
    VALUES | st.integers() | st.floats() | st.booleans() | st.just(10**30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("at", range(len(SETTINGS)), ids=[one.name for one in SETTINGS])
@given(value=TOML, is_nested=st.booleans())
def test_settings_of_any_toml_are_in_bounds_or_refused(at: int, value: object, is_nested: bool) -> None:
    table, _, key = SETTINGS[at].name.rpartition(".")
    try:
        load_settings({}, {table: {key: value}} if table and is_nested else {SETTINGS[at].name: value})
    except SettingError:
        pass
