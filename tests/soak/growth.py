"""Tells growth from settling: footprints of one life, the usual one of an early part of it against the least of the last.

What leaks is there at every look, so the least of many looks rises with it; what an allocator keeps, or a worker on
its way out, is there at some. A spare that is not there yet is missing at a few, early or late.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.soak.environment import Footprint

# A leak of a hundred bytes an invocation passes this within ten thousand of them. Supervisor and zygote settle
# within some hundreds; clearing System V objects takes longest (ctypes, 1 MB).
MEMORY_KB = 768
# Where answers have megabytes: the C library keeps twice the largest piece that it ever gave back (M_TRIM_THRESHOLD
# of mallopt(3)), and that once for all.
MEMORY_OF_LARGE_KB = 20_480
DESCRIPTORS = 2
PROCESSES = 2
# In fewer invocations memory is still settling, and a count says nothing.
SETTLED_AFTER = 1500
COUNTED_AFTER = 500


@dataclass(frozen=True)
class Look:
    """One footprint, taken ahead of event `number` of a stage."""

    number: int
    stage: str
    held: Footprint


def growth(looks: Sequence[Look]) -> list[str]:
    """Return what grew over `looks`, which are in order of time."""
    found = _compare("processes", looks, lambda held: held.processes, PROCESSES)
    found += _compare("dead processes", looks, lambda held: held.zombies, PROCESSES)
    for stage, life in {(look.stage, look.held.life) for look in looks if look.held.life}:
        own = [look for look in looks if (look.stage, look.held.life) == (stage, life)]
        kb = MEMORY_KB if stage == "calm" else MEMORY_OF_LARGE_KB
        found += _compare("the supervisor's memory (kB)", own, lambda held: held.supervisor_kb, kb)
        found += _compare("its descriptors", own, lambda held: held.supervisor_descriptors, DESCRIPTORS)
    for life in {look.held.zygote_life for look in looks} - {0}:
        own = [look for look in looks if look.held.zygote_life == life]
        found += _compare("the zygote's memory (kB)", own, lambda held: held.zygote_kb, MEMORY_KB)
        found += _compare("its descriptors", own, lambda held: held.zygote_descriptors, DESCRIPTORS)
    return found


def _compare(what: str, looks: Sequence[Look], read: Callable[[Footprint], int], tolerated: int) -> list[str]:
    known = [look for look in looks if read(look.held) >= 0]
    least = SETTLED_AFTER if tolerated >= MEMORY_KB else COUNTED_AFTER
    if len(known) < 12 or known[-1].number - known[0].number < least:
        return []
    # The first quarter is warm-up: arenas, the zygote's chores from the hundredth event on.
    quarter = len(known) // 4
    # Memory only comes down to its least; a count is as often too small as too large.
    usual = min if tolerated >= MEMORY_KB else statistics.median_low
    early = usual([read(look.held) for look in known[quarter : 2 * quarter]])
    late = min(read(look.held) for look in known[-quarter:])
    if late - early <= tolerated:
        return []
    return [f"{what} grew from {early} to {late} between events {known[0].number} and {known[-1].number}"]
