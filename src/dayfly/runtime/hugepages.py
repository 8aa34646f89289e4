"""Moves the zygote's heap onto huge pages, a slice at a time, where the kernel offers it.

A fork copies one page table entry per page: 160 ns each, 4 ms at 100 MB. A huge page is one entry for
512 pages. Collapsing needs MADV_COLLAPSE (Linux 6.1) and takes some milliseconds a slice, so it belongs
off the path, and is never required.
"""

from __future__ import annotations

from dayfly._sys import native, proc

HUGE = 2 * 1024 * 1024
# Below this much memory in whole huge pages the fork is quick anyway.
_WORTHWHILE_BYTES = 8 * HUGE
_SWITCH = "/sys/kernel/mm/transparent_hugepage/enabled"


def heap_slices(maps: str) -> list[int]:
    """Return the addresses of whole, aligned huge pages in private writable memory without a file."""
    found: list[int] = []
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) < 5 or fields[1] != "rw-p" or (len(fields) > 5 and fields[5] != "[heap]"):
            continue
        start, _, end = fields[0].partition("-")
        first = -(-int(start, 16) // HUGE) * HUGE
        found += range(first, int(end, 16) // HUGE * HUGE, HUGE)
    return found


class Tidier:
    """The slices that are still to be collapsed; `is_done` once there are none, or none can be."""

    def __init__(self) -> None:
        self._slices: list[int] = []
        try:
            never = b"[never]" in proc.read_file(_SWITCH)
            maps = proc.read_file("/proc/self/maps", limit=1 << 24).decode("utf-8", "replace")
        except OSError:
            return
        if not never:
            slices = heap_slices(maps)
            self._slices = slices if len(slices) * HUGE >= _WORTHWHILE_BYTES else []

    @property
    def is_done(self) -> bool:
        """Say whether nothing is left to do."""
        return not self._slices

    def spend_a_moment(self) -> None:
        """Collapse one slice; gives up where the kernel does not know how."""
        if not self._slices:
            return
        start = self._slices.pop()
        native.advise(start, HUGE, native.MADV_HUGEPAGE)
        # EAGAIN and ENOMEM are about this slice; EINVAL says that the kernel is older than 6.1.
        if native.advise(start, HUGE, native.MADV_COLLAPSE) == 22:
            self._slices = []
