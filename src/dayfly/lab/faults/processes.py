"""Finds the processes of an environment by the part they play, and signals them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from dayfly.lab.faults.plan import Act, Role

_SIGNALS: dict[Act, signal.Signals] = {
    "kill": signal.SIGKILL,
    "stop": signal.SIGSTOP,
    "terminate": signal.SIGTERM,
}


def find(role: Role, runtime: int | None, pids: Sequence[int]) -> list[int]:
    """Return who plays `role` among an environment's `pids`, whose runtime was started as `runtime`.

    Under Dayfly the runtime is the supervisor, its child the zygote, and the children of that are workers: the oldest
    of them serves while an event is out. Under plain awslambdaric only `runtime` and `all` are anybody.
    """
    if role == "all":
        return list(pids)
    if runtime is None or runtime not in pids:
        return []
    if role == "runtime" or role == "supervisor":
        return [runtime]
    zygotes = _children(runtime, pids)
    if role == "zygote":
        return zygotes
    workers = [worker for zygote in zygotes for worker in _children(zygote, pids)]
    if role == "worker":
        # In process isolation the function's only process is both.
        return workers[:1] or zygotes
    if role == "spare":
        return workers[1:]
    assert_never(role)


def send(act: Act, targets: Sequence[int]) -> None:
    """Signal processes; one that has ended meanwhile is left alone."""
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, _SIGNALS[act])


def _children(parent: int, pids: Sequence[int]) -> list[int]:
    """Return the living children of a process, oldest first."""
    found: list[tuple[int, int]] = []
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] not in "ZX":
            found.append((int(fields[19]), pid))
    return [pid for _, pid in sorted(found)]
