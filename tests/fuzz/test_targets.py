"""Every reader of hostile input against random, structured and broken streams in all pieces."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz import targets
from tests.fuzz.seeds import SEEDS
from tests.fuzz.small import use_small_limits

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
