"""Memory and processor time of an environment's processes, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def proportional_mb(pids: Sequence[int]) -> float | None:
    """Return the sum of the proportional set sizes, or None where one may not be read: Dayfly's processes
    are not dumpable, which hides them from all but root. A sum without them would flatter."""
    kilobytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            if _is_gone(pid):
                continue
            return None
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024 if pids else None


def processor_ms(pids: Sequence[int]) -> float:
    """Return user and system time so far, with that of children that were waited for.

    Counts a worker once: alive or zombie as itself, reaped in its parent. Resolution is the kernel's tick,
    so take differences over many invocations.
    """
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # Fields 14 to 17 of proc_pid_stat(5): utime, stime, cutime, cstime.
        ticks += sum(int(field) for field in fields[11:15])
    return ticks * 1000 / _TICKS_PER_SECOND


def processor_and_delay_ms() -> tuple[float, float] | None:
    """Return how long this thread ran so far and how long it waited for a processor; None where the kernel does not say.

    https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
    """
    try:
        ran, waited = Path("/proc/self/schedstat").read_text().split()[:2]
    except (OSError, ValueError):
        return None
    return int(ran) / 1e6, int(waited) / 1e6


def _is_gone(pid: int) -> bool:
    """Say whether a process has ended, reaped or not: it holds no memory any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
