"""Memory, processor time and page faults of a tree of processes, read from /proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class UnreadableError(RuntimeError):
    """A process of the tree may not be read: Dayfly's are not dumpable, so this needs root."""


class ChangedError(RuntimeError):
    """The tree changed while it was read; look again."""


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and waits to be reaped: it holds no memory any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def proportional_kb(pids: Sequence[int]) -> int:
    """The sum of the proportional set sizes.

    Raises ChangedError if a process ended meanwhile and UnreadableError if one may not be read: a sum
    without some of its processes would flatter.
    """
    return _memory_kb(pids, "Pss:")


def dirty_kb(pids: Sequence[int]) -> int:
    """Memory that was written and is no other process's: what a fork cannot share. Raises as `proportional_kb` does."""
    return _memory_kb(pids, "Private_Dirty:")


def own_kb(pids: Sequence[int]) -> int:
    """Anonymous memory and shared memory, each page once: what does not come from files. Raises as `proportional_kb` does."""
    return _memory_kb(pids, ("Pss_Anon:", "Pss_Shmem:"))


def _memory_kb(pids: Sequence[int], fields: str | tuple[str, ...]) -> int:
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError) as fault:
            if is_zombie(pid):
                continue
            raise ChangedError(f"process {pid} ended while it was counted") from fault
        except PermissionError as fault:
            raise UnreadableError(f"/proc/{pid}/smaps_rollup may not be read by this user") from fault
        total += sum(int(line.split()[1]) for line in lines if line.startswith(fields))
    return total


def processor_ms(pids: Sequence[int]) -> float:
    """User and system time so far, with that of children that were waited for, in milliseconds.

    Counts a worker once: alive or zombie as itself, reaped in its parent. The kernel's resolution is one
    tick, so take differences over many invocations.
    """
    # Fields 14 to 17 of proc_pid_stat(5): utime, stime, cutime, cstime.
    return _counted(pids, slice(11, 15)) * 1000 / TICKS_PER_SECOND


def exact_processor_ms(pids: Sequence[int]) -> float:
    """As `processor_ms`, to the microsecond for processes that live: for what is too short for the kernel's ticks.

    What threads spent that have ended, and children that were waited for, is counted in ticks, or not at all.
    """
    alive = 0
    for pid in pids:
        try:
            tasks = [*Path(f"/proc/{pid}/task").iterdir()]
        except OSError:
            continue
        for task in tasks:
            with contextlib.suppress(OSError):
                alive += int((task / "schedstat").read_text().split()[0])
    # cutime and cstime
    return alive / 1e6 + _counted(pids, slice(13, 15)) * 1000 / TICKS_PER_SECOND


def buried_faults(pids: Sequence[int]) -> int:
    """Of `page_faults`, those of children that were waited for: a worker's, once it is dead."""
    return _counted(pids, slice(8, 9))


def page_faults(pids: Sequence[int]) -> int:
    """Faults served without a disk so far, with those of children that were waited for: a copied page is one of them."""
    # Fields 10 and 11: minflt, cminflt.
    return _counted(pids, slice(7, 9))


def _counted(pids: Sequence[int], fields: slice) -> int:
    total = 0
    for pid in pids:
        try:
            found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(field) for field in found[fields])
    return total
