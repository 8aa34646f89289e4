"""Freeze every process of an environment between invocations, and end them all.

Three means, best first: a cgroup v2, a cgroup v1 freezer, stop signals. Signals are weaker: a process
can have the kernel continue it by a timer, and a fork may slip through one pass, so passes repeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

_PROC = Path("/proc")
_POLL_S = 0.0005
_FREEZE_BUDGET_S = 0.5
_KILL_BUDGET_S = 5.0


class Freezer(Protocol):
    """What an environment needs to know about its process tree; the platform's own PID 1 is not in it."""

    def descriptors(self) -> tuple[int, int]:
        """For init: one to join by writing "0" (-1: none), one to thaw by writing (-1: none)."""

    def pids(self) -> list[int]: ...

    async def freeze(self) -> bool:
        """Stop everything; False when some process could not be seen stopped in time."""

    def thaw(self) -> None: ...

    async def kill(self) -> bool:
        """Kill everything; False when something was still alive when patience ended."""

    def close(self) -> None: ...


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def _until(deadline: float, is_done: object) -> bool:
    assert callable(is_done)
    while not is_done():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True


def _read_pids(path: Path) -> list[int]:
    try:
        return [int(line) for line in path.read_text().split()]
    except OSError:
        return []


class CgroupFreezer:
    """A cgroup of the environment's own; `version` 1 is the freezer hierarchy, 2 the unified one."""

    def __init__(self, folder: Path, version: int) -> None:
        self._folder = folder
        self._version = version
        folder.mkdir()
        self._join = os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
        control = "cgroup.freeze" if version == 2 else "freezer.state"
        self._control = os.open(folder / control, os.O_RDWR | os.O_CLOEXEC)

    def descriptors(self) -> tuple[int, int]:
        return self._join, self._control if self._version == 1 else -1

    def pids(self) -> list[int]:
        return _read_pids(self._folder / "cgroup.procs")

    def _is_frozen(self) -> bool:
        if self._version == 1:
            return (self._folder / "freezer.state").read_text().strip() == "FROZEN"
        return "frozen 1" in (self._folder / "cgroup.events").read_text()

    async def freeze(self) -> bool:
        if self._control < 0:
            return False
        os.write(self._control, b"1" if self._version == 2 else b"FROZEN")
        return await _until(time.monotonic() + _FREEZE_BUDGET_S, self._is_frozen)

    def thaw(self) -> None:
        if self._control < 0:
            return
        os.write(self._control, b"0" if self._version == 2 else b"THAWED")

    async def kill(self) -> bool:
        def is_empty() -> bool:
            # Every pass lists again: a process that forks while it is killed leaves a new one behind.
            _send(self.pids(), signal.SIGKILL)
            self.thaw()
            return not self.pids()

        return await _until(time.monotonic() + _KILL_BUDGET_S, is_empty)

    def close(self) -> None:
        if self._control < 0:
            return
        os.close(self._join)
        os.close(self._control)
        # Numbers are used again: a late call must not write to somebody else's descriptor.
        self._join = self._control = -1
        with contextlib.suppress(OSError):
            self._folder.rmdir()


class SignalFreezer:
    """Descendants of init, found by parentage: complete in a PID namespace, where orphans return to init.

    Without one an orphan is out of sight while it is frozen, and found at the end only by
    `marker`, a text in the variables it was started with.
    """

    def __init__(self, marker: str) -> None:
        self.init_pid = 0
        self._marker = marker.encode()

    def descriptors(self) -> tuple[int, int]:
        return -1, -1

    def pids(self) -> list[int]:
        found: list[int] = []
        pending = [self.init_pid] if self.init_pid else []
        while pending:
            parent = pending.pop()
            for children in _PROC.glob(f"{parent}/task/*/children"):
                new = _read_pids(children)
                found += new
                pending += new
        return found

    def _marked(self) -> list[int]:
        found = []
        for path in _PROC.glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if self._marker in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    async def freeze(self) -> bool:
        def is_stopped() -> bool:
            pids = self.pids()
            running = [pid for pid in pids if _state(pid) not in "TtZX"]
            _send(running, signal.SIGSTOP)
            return not running

        return await _until(time.monotonic() + _FREEZE_BUDGET_S, is_stopped)

    def thaw(self) -> None:
        _send(self.pids(), signal.SIGCONT)

    async def kill(self) -> bool:
        # Once only: a machine with many processes takes seconds to look through.
        marked = self._marked()

        def is_empty() -> bool:
            found = {*self.pids(), *marked} - {self.init_pid}
            alive = [pid for pid in found if _state(pid) not in "ZX"]
            _send(alive, signal.SIGKILL)
            return not alive

        return await _until(time.monotonic() + _KILL_BUDGET_S, is_empty)

    def close(self) -> None:
        return


def _state(pid: int) -> str:
    """The state letter of a process; X when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return "X"


class FreezerFactory:
    """Chooses the best means this machine allows by trying it, and makes one freezer per environment."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._version = 0
        for version, mount in _cgroup_mounts():
            root = mount / f"dayfly-lab-{os.getpid()}-{os.urandom(3).hex()}"
            try:
                _remove_abandoned(mount)
                root.mkdir()
                probe = CgroupFreezer(root / "probe", version)
            except OSError:
                continue
            probe.close()
            self._root, self._version = root, version
            break

    @property
    def description(self) -> str:
        if self._root is None:
            return "stop signals (no writable cgroup)"
        return f"cgroup v{self._version} freezer"

    def make(self, environment_id: str) -> Freezer:
        if self._root is None:
            return SignalFreezer(environment_id)
        return CgroupFreezer(self._root / environment_id, self._version)

    def close(self) -> None:
        if self._root is not None:
            with contextlib.suppress(OSError):
                self._root.rmdir()


def _cgroup_mounts() -> list[tuple[int, Path]]:
    """Our own place in the unified hierarchy and in the v1 freezer, as far as they are mounted."""
    try:
        mounts = [line.split() for line in (_PROC / "mounts").read_text().splitlines()]
        own = [line.split(":", 2) for line in (_PROC / "self/cgroup").read_text().splitlines()]
    except OSError:
        return []
    found: list[tuple[int, Path]] = []
    for fields in mounts:
        if fields[2] == "cgroup2":
            paths = [path for number, _, path in own if number == "0"]
            found += [(2, Path(fields[1]) / path.lstrip("/")) for path in paths]
        elif fields[2] == "cgroup" and "freezer" in fields[3].split(","):
            paths = [path for _, names, path in own if "freezer" in names.split(",")]
            found += [(1, Path(fields[1]) / path.lstrip("/")) for path in paths]
    return sorted(found, key=lambda item: -item[0])


def _remove_abandoned(mount: Path) -> None:
    """Remove the empty cgroups of labs that were killed before they could."""
    for folder in mount.glob("dayfly-lab-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not (_PROC / pid).exists():
            for child in [*folder.glob("*/"), folder]:
                with contextlib.suppress(OSError):
                    child.rmdir()
