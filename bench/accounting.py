"""Memory, processor time and page faults of a tree of processes, read from /proc."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Of proc_pid_stat(5), counted from the state: minflt, cminflt, cutime, cstime.
_FAULTS, _BURIED_FAULTS, _BURIED_TIMES = slice(7, 8), slice(8, 9), slice(13, 15)
# CPUCLOCK_SCHED (include/linux/posix-timers.h): what the scheduler has counted.
_CLOCK_OF_PROCESS = 2


class UnreadableError(RuntimeError):
    """A process of the tree may not be read: Dayfly's are not dumpable, so this needs root."""


class ChangedError(RuntimeError):
    """The tree changed while it was read; look again."""


def own_kb(pids: Sequence[int]) -> int:
    """Anonymous memory and shared memory, each page once: what does not come from files.

    Raises ChangedError if a process ended meanwhile and UnreadableError if one may not be read: a sum
    without some of its processes would flatter.
    """
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
        total += sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
    return total


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and waits to be reaped: it holds no memory any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def processor_ms(pids: Sequence[int]) -> float:
    """User and system time so far, with that of children that were waited for, in milliseconds.

    Counts a worker once: alive or zombie as itself, to the nanosecond, reaped in its parent, to one tick of user
    time and one of system time. So take differences over many invocations.
    """
    alive = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            # clock_getcpuclockid(3) of another process; the time of threads that have ended is in it.
            alive += time.clock_gettime_ns((~pid << 3) | _CLOCK_OF_PROCESS)
    return alive / 1e6 + _counted(pids, _BURIED_TIMES) * 1000 / TICKS_PER_SECOND


def buried_faults(pids: Sequence[int]) -> int:
    """Page faults, served without a disk, of children that were waited for: a worker's, once it is dead."""
    return _counted(pids, _BURIED_FAULTS)


def faults_by_process(pids: Sequence[int]) -> dict[int, int]:
    """Each living process's own page faults so far: a copied page is one of them."""
    return {pid: _counted([pid], _FAULTS) for pid in pids if Path(f"/proc/{pid}/stat").exists()}


def page_faults(pids: Sequence[int]) -> int:
    """All page faults so far, those of children that were waited for with them."""
    return _counted(pids, _FAULTS) + buried_faults(pids)


def _counted(pids: Sequence[int], fields: slice) -> int:
    total = 0
    for pid in pids:
        try:
            found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(field) for field in found[fields])
    return total
