"""Which parts of the heap may go onto huge pages, and that collapsing changes nothing."""

from __future__ import annotations

import mmap

from tests.unprivileged import forked

from dayfly.runtime.hugepages import HUGE, Tidier, heap_slices


def line(start: int, end: int, permissions: str = "rw-p", name: str = "") -> str:
    return f"{start:x}-{end:x} {permissions} 00000000 00:00 0    {name}".rstrip()


def test_only_whole_aligned_pages_of_private_writable_memory_are_taken() -> None:
    maps = "\n".join(
        [
            line(HUGE, 3 * HUGE),
            line(4 * HUGE + 4096, 6 * HUGE),  # not aligned: the first part is left out
            line(7 * HUGE, 8 * HUGE - 4096),  # not a whole page
            line(10 * HUGE, 11 * HUGE, name="[heap]"),
            line(12 * HUGE, 13 * HUGE, name="[stack]"),
            line(14 * HUGE, 15 * HUGE, name="/usr/lib/libc.so"),
            line(16 * HUGE, 17 * HUGE, permissions="r--p"),
            line(18 * HUGE, 19 * HUGE, permissions="rw-s"),
            line(20 * HUGE, 21 * HUGE, permissions="rwxp"),
            "",
            "nonsense",
        ]
    )
    assert heap_slices(maps) == [HUGE, 2 * HUGE, 5 * HUGE, 10 * HUGE]


def test_no_mappings_give_no_slices() -> None:
    assert heap_slices("") == []


def test_tidying_comes_to_an_end_and_changes_no_byte() -> None:
    def act() -> bool:
        held = [mmap.mmap(-1, 4 * HUGE, flags=mmap.MAP_PRIVATE) for _ in range(6)]
        for number, region in enumerate(held):
            region[::4096] = bytes([number + 1]) * (len(region) // 4096)
        expected = [bytes(region) for region in held]
        tidier = Tidier()
        for _ in range(2000):
            if tidier.is_done:
                break
            tidier.spend_a_moment()
        tidier.spend_a_moment()  # once more does no harm
        return tidier.is_done and [bytes(region) for region in held] == expected

    assert forked(act)
