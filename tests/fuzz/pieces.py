"""Feed a reader the same bytes whole and in pieces, and compare what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import SupportsIndex, TypeVar

Seen = TypeVar("Seen")

# What a first byte of fuzzer input says about the cuts of the rest; more cuts than this find nothing new.
MAX_CUTS = 24


def split(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut `stream` into pieces of `sizes` bytes; the last piece is what is left. None is empty."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(stream[at : at + size])
        at += size
    return [piece for piece in (*pieces, stream[at:]) if piece]


def same_however_cut(
    stream: bytes, sizes: Sequence[int], see: Callable[[Sequence[bytes]], Seen], *, single_bytes: bool = True
) -> Seen:
    """Return what `see` makes of the whole stream; fails if pieces, or single bytes, give anything else."""
    whole = see([stream] if stream else [])
    assert see(split(stream, sizes)) == whole, "the same bytes in other pieces give something else"
    if single_bytes:
        assert see([bytes([byte]) for byte in stream]) == whole, "single bytes give something else"
    return whole


def cuts_and_stream(data: bytes) -> tuple[list[int], bytes]:
    """Take a fuzzer's bytes apart: a count, as many sizes of pieces, the stream."""
    count = data[0] % MAX_CUTS if data else 0
    return list(data[1 : 1 + count]), data[1 + count :]


class CountingBuffer(bytearray):
    """A bytearray that counts the bytes which searches and copies pass over: a stand-in for a reader's buffer.

    Time says little on a shared machine; a buffer that is searched from its beginning for every piece shows
    here as a count that grows with the square of the input.
    """

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.touched = 0

    def find(self, sub: object, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        """Count what is searched: to the hit, or to the end."""
        begin = 0 if start is None else int(start)
        found = super().find(sub, begin) if end is None else super().find(sub, begin, end)  # type: ignore[arg-type]
        self.touched += (len(self) if found < 0 else found) - begin + 1
        return found

    def __getitem__(self, index: object) -> object:  # type: ignore[override]
        """Count what is copied."""
        got = super().__getitem__(index)  # type: ignore[call-overload]
        self.touched += len(got) if isinstance(index, slice) else 1
        return got
