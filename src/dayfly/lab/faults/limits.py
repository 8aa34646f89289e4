"""Holds an environment to less than the machine has: rlimits, and cgroups for memory and processor time."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

from dayfly.lab.faults.plan import Limits
from dayfly.lab.model import LabError

_PERIOD_US = 20_000
_MB = 1 << 20
# The last processes of an environment leave their cgroup when they are reaped, a moment after their death.
_REMOVE_BUDGET_S = 1.0


def rlimits(limits: Limits, usual: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Return the limits that an environment's programs are started with, in place of the `usual` ones."""
    changed = {
        number: value
        for number, value in (
            (resource.RLIMIT_NOFILE, limits.descriptors),
            (resource.RLIMIT_NPROC, limits.processes),
        )
        if value is not None
    }
    kept = [row for row in usual if row[0] not in changed]
    return (*kept, *((number, value, value) for number, value in changed.items()))


class Groups:
    """The cgroups of one environment; `close` once everything in them is dead.

    Raises LabError where a limit is asked for that this machine does not let us set.
    """

    def __init__(self, limits: Limits, name: str, mounts: dict[str, Path]) -> None:
        self._folders: list[Path] = []
        try:
            if limits.memory_mb is not None:
                self._limit_memory(limits.memory_mb * _MB, name, mounts)
            if limits.cpu is not None:
                self._limit_cpu(limits.cpu, name, mounts)
        except (OSError, KeyError) as error:
            self.close()
            raise LabError(
                f"cannot limit an environment's memory or CPU: {error}",
                hint="memory_mb and cpu need a writable cgroup: run the lab as root",
            ) from error

    def _make(self, controller: str, name: str, mounts: dict[str, Path]) -> Path:
        folder = mounts[controller] / f"dayfly-faults-{os.getpid()}-{name}"
        folder.mkdir()
        self._folders.append(folder)
        return folder

    def _limit_memory(self, size: int, name: str, mounts: dict[str, Path]) -> None:
        folder = self._make("memory", name, mounts)
        is_old = (folder / "memory.limit_in_bytes").exists()
        (folder / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(str(size))
        # Else what does not fit goes to swap, where there is one, and nobody feels the limit.
        with contextlib.suppress(OSError):
            swap = ("memory.memsw.limit_in_bytes", str(size)) if is_old else ("memory.swap.max", "0")
            (folder / swap[0]).write_text(swap[1])

    def _limit_cpu(self, share: float, name: str, mounts: dict[str, Path]) -> None:
        folder = self._make("cpu", name, mounts)
        quota = max(1000, int(share * _PERIOD_US))
        if (folder / "cpu.cfs_quota_us").exists():
            (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_US}")

    def take(self, pid: int) -> None:
        """Put a process into them, with every process that it starts from then on."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        """Remove them; a folder that is not empty yet is left after a moment."""
        end = time.monotonic() + _REMOVE_BUDGET_S
        while self._folders:
            try:
                self._folders[-1].rmdir()
            except OSError:
                if time.monotonic() < end:
                    time.sleep(0.005)
                    continue
            self._folders.pop()


def find_mounts() -> dict[str, Path]:
    """Return where cgroups of each controller can be made here, by controller; v2 first, then v1."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
        own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return {}
    found: dict[str, Path] = {}
    for fields in mounts:
        if fields[2] == "cgroup":
            for number, names, path in own:
                if number != "0" and set(names.split(",")) & set(fields[3].split(",")):
                    for name in names.split(","):
                        found.setdefault(name, Path(fields[1]) / path.lstrip("/"))
        elif fields[2] == "cgroup2":
            folder = Path(fields[1]) / next((p for n, _, p in own if n == "0"), "/").lstrip("/")
            with contextlib.suppress(OSError):
                # Only what our own group hands down can be limited in a child of it.
                for name in (folder / "cgroup.subtree_control").read_text().split():
                    found[name] = folder
    return found
