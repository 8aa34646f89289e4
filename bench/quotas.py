"""Control groups with a share of one processor, as a function with little memory has on Lambda."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType

# 512 of the 1,769 MB at which a function has one vCPU are 0.29:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SHARE = 0.25
# The kernel's default. What is over the quota waits for the rest of it: 75 ms at a quarter.
PERIOD_US = 100_000
REMOVE_DEADLINE_S = 5.0


class QuotaUnavailableError(RuntimeError):
    """No control group with a quota can be made here; the message says why."""


def mounted() -> tuple[Path, int]:
    """The folder for new groups and the version of its interface."""
    unified: Path | None = None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        where = Path(before.split()[4])
        kind, _, rest = after.partition(" ")
        if kind == "cgroup" and "cpu" in rest.split()[-1].split(","):
            return where, 1
        if kind == "cgroup2" and "cpu" in _words(where / "cgroup.subtree_control"):
            unified = where
    if unified is None:
        raise QuotaUnavailableError("no control groups with the cpu controller are mounted here")
    return unified, 2


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


class Quotas:
    """Control groups with a share of one processor, one for each name, between `__enter__` and `__exit__`.

    Nothing that was there before is changed, and nothing is left; raises QuotaUnavailableError where this user or
    this kernel has none to give.
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        share: float = SHARE,
        period_us: int = PERIOD_US,
        where: Callable[[], tuple[Path, int]] = mounted,
    ) -> None:
        self._names = tuple(names)
        self._where = where
        self._quota_us = int(share * period_us)
        self._period_us = period_us
        self._groups: dict[str, Path] = {}

    def __enter__(self) -> Quotas:
        with contextlib.ExitStack() as stack:
            parent, version = self._where()
            for number, name in enumerate(self._names):
                group = parent / f"dayfly-bench-{os.getpid()}-{number}"
                try:
                    group.mkdir()
                    stack.callback(_remove, group)
                    if version == 1:
                        (group / "cpu.cfs_period_us").write_text(str(self._period_us))
                        (group / "cpu.cfs_quota_us").write_text(str(self._quota_us))
                    else:
                        (group / "cpu.max").write_text(f"{self._quota_us} {self._period_us}")
                except OSError as fault:
                    raise QuotaUnavailableError(
                        f"no control group with a quota under {parent}: {fault.strerror}"
                    ) from fault
                self._groups[name] = group
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def hold(self, name: str, pids: Sequence[int]) -> None:
        """Put processes into the group called `name`; what they start from now on is in it as well."""
        _put(self._groups[name], pids)

    def let_go(self, pids: Sequence[int]) -> None:
        """Put processes back to where this process is."""
        parent, version = self._where()
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, place = line.split(":", 2)
            if ("cpu" in kinds.split(",")) if version == 1 else not kinds:
                _put(parent / place.lstrip("/"), pids)

    def groups(self) -> Sequence[Path]:
        """Their folders."""
        return [*self._groups.values()]


def _put(group: Path, pids: Sequence[int]) -> None:
    for pid in pids:
        # One may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(pid))


def _remove(group: Path) -> None:
    """Remove a group with what is left in it: a process born meanwhile has nothing else that ends it."""
    end = time.monotonic() + REMOVE_DEADLINE_S
    while True:
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        try:
            group.rmdir()
            return
        except OSError:
            # The killed stay in it until they are reaped.
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
