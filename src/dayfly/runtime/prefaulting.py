"""Has later workers copy, before their event, the pages that earlier ones wrote to while they served theirs.

The first write to a page that worker and zygote share copies it: 2 to 10 us a page, one or two thousand pages where a function calls
AWS or a database, and from worker to worker the same ones. Which they are, no process may ask the kernel here (/proc/PID/pagemap is closed
with the rest of a worker's memory): so a worker that is done writes to pages itself, and those that bring no fault were its own already.
Each looks at some, for a few milliseconds.

Who owns a worker can have later ones copy pages for nothing: so many at most, and nothing is read or changed.
"""

from __future__ import annotations

import time
from array import array

from dayfly._sys import audit, proc
from dayfly.runtime import seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PAGE = 4096
# Page faults of a worker while its caller waits: with fewer there is little to gain.
_FEW = 250
# What a worker's caller waits for it, until all memory was looked at.
_LIMIT_NS = 4_000_000
# Parts of which one worker says something.
_MANY_PARTS = 40
# Pages of a part; as native/audit/pages.c has it.
_SLICE = 1024
# Each of two workers that wait has as many of its own: 16 MB, or a sixth of what workers have left of the function's memory.
_MOST = 4096
_PAGES_OF_MB = 256
# An environment that ends after its first events gets along without.
_LATER = 6


class Prefaulting:
    """The pages that workers said they had copied, and the parts of memory that nobody has looked at yet."""

    MARK = "~"
    MANY = 100
    __slots__ = (
        "_begun_at",
        "_functions",
        "_known",
        "_left",
        "_packed",
        "_turn",
        "_wants_areas",
    )

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = {}
        # Page faults of this worker before its event, its rehearsal's among them; 0: it is not that far.
        self._begun_at = 0
        self._wants_areas = False
        # By address: how many pages from there on.
        self._left: dict[int, int] = {}
        self._known: set[int] = set()
        self._packed = b""
        self._turn = 0

    def waits_alone(self) -> bool:
        """No code of the function's runs for it."""
        return False

    def spend_a_moment(self) -> None:
        """In the zygote: load what is needed, and find the memory that a worker shares with it, once one has copied much."""
        self._turn += 1
        if self._turn == _LATER:
            try:
                self._functions = audit.functions()
            except OSError:
                # The guard's first line says so where there is one.
                return
        if self._wants_areas:
            self._wants_areas = False
            self._left = _slices()

    def start_over(self) -> None:
        """In the zygote: forget what was learned."""
        self._known, self._left, self._packed = set(), {}, b""

    def told(self) -> list[str]:
        """In a worker: of pages that nobody has looked at those that it has copied, once it has served."""
        if not self._begun_at or self._functions["count_faults"]() - self._begun_at < _FEW:
            return []
        if not self._left:
            return [] if self._known else ["more"]
        copied, until, lines = self._functions["copied_pages"], time.monotonic_ns() + _LIMIT_NS, []
        parts = list(self._left.items())
        # Workers that are alive together look at different ones.
        at = self._turn % len(parts)
        for address, pages in parts[at:] + parts[:at]:
            found = copied(address, pages, max(0, until - time.monotonic_ns()))
            if found:
                lines.append(f"{address:x} {len(found):x} {int('1' + found, 2):x}")
            if len(found) < pages or len(lines) == _MANY_PARTS:
                break
        return lines

    def hear(self, lines: list[str]) -> None:
        """In the zygote: take what a worker says of some parts."""
        new: list[int] = []
        for line in lines[:_MANY_PARTS]:
            if line == "more":
                self._wants_areas = not self._known and not self._left
                continue
            try:
                address, pages, found = (int(word, 16) for word in line.split(" "))
            except ValueError:
                continue
            # A one goes before the pages, the last of which is the lowest bit.
            if not 0 < pages <= self._left.get(address, 0) or found >> pages != 1:
                continue
            left = self._left.pop(address) - pages
            if left:
                self._left[address + pages * _PAGE] = left
            new += [address + at * _PAGE for at in range(pages) if found >> (pages - 1 - at) & 1]
        if new:
            most = max(0, min(_MOST, proc.spare_mb() * _PAGES_OF_MB // 6))
            self._known.update(new[: max(0, most - len(self._known))])
            self._packed = array("Q", sorted(self._known)).tobytes()
            if len(self._known) >= most:
                self._left = {}

    def prefault(self, descriptor: int) -> None:
        """In a worker: copy the pages that are known, until there is something to read."""
        if self._packed:
            self._functions["prefault"](self._packed, descriptor, seal.count_tasks() == 1)
        if self._functions:
            self._begun_at = self._functions["count_faults"]()


def _slices() -> dict[int, int]:
    """Return this process's private memory that may be written to: pages by address."""
    found: dict[int, int] = {}
    try:
        with open("/proc/self/maps", "rb") as file:
            lines = file.readlines()
    except OSError:
        return found
    for line in lines:
        area, permissions, _ = line.split(b" ", 2)
        if permissions != b"rw-p":
            continue
        start, end = (int(number, 16) for number in area.split(b"-"))
        for address in range(start, end, _SLICE * _PAGE):
            found[address] = min(_SLICE, (end - address) // _PAGE)
    return found
