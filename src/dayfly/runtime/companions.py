"""Ends the processes that multiprocessing itself keeps beside a function: they go on after the answer, and nobody asked for them.

They are started with the first process that is spawned or comes from a fork server (Python's choice from 3.14 on), stay
until the interpreter ends, and are started again when they are next needed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading

# Who clears up behind processes; joblib brings one of its own.
_TRACKERS = ("multiprocessing.resource_tracker", "joblib.externals.loky.backend.resource_tracker")
_SERVER = "multiprocessing.forkserver"


def end_companions(*, keeps_objects: bool) -> None:
    """End them where this process started them; never raises for what is not as the library left it.

    `keeps_objects`: another event comes, which may use semaphores and shared memory that a tracker has to clear up.
    """
    if keeps_objects and _minds_something():
        return
    _end(getattr(sys.modules.get(_SERVER), "_forkserver", None), "_forkserver_pid", "_forkserver_alive_fd")
    for name in _TRACKERS:
        _end(getattr(sys.modules.get(name), "_resource_tracker", None), "_pid", "_fd")


def _minds_something() -> bool:
    if "multiprocessing.shared_memory" in sys.modules:
        return True
    finalizers = getattr(sys.modules.get("multiprocessing.util"), "_finalizer_registry", {})
    return any(
        getattr(getattr(finalizer, "_callback", None), "__qualname__", "") == "SemLock._cleanup"
        for finalizer in list(finalizers.values())
    )


def _end(owner: object, pid_name: str, descriptor_name: str) -> None:
    pid, descriptor = getattr(owner, pid_name, None), getattr(owner, descriptor_name, None)
    lock: threading.RLock | None = getattr(owner, "_lock", None)
    if type(pid) is not int or pid <= 1 or type(descriptor) is not int or lock is None:
        return
    if not lock.acquire(blocking=False):
        # A thread goes on that is about to use it.
        return
    try:
        # Not by closing its pipe, as the library does: what a child still holds open would be waited for.
        if os.waitpid(pid, os.WNOHANG)[0] == 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    except OSError:
        # Not this process's child: init's, or somebody else has waited for it.
        return
    finally:
        lock.release()
    with contextlib.suppress(OSError):
        os.close(descriptor)
    setattr(owner, pid_name, None)
    setattr(owner, descriptor_name, None)
    if hasattr(owner, "_forkserver_address"):
        owner._forkserver_address = None
