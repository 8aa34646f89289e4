"""A reader with a bug that random bytes do not find: shows that the coverage-guided fuzzer is guided."""

from __future__ import annotations

from collections.abc import Sequence


def planted(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Fails for one header in 2^32, whose bytes are compared one after another."""
    if len(stream) > 4 and stream[0] == 0xDA and stream[1] == 0x7F and stream[2] == stream[1] ^ 0x55:
        assert stream[3] != 0x21, "the planted bug"
    return None
