"""Starts the threads of internal extensions again in each worker, when its event is there.

An internal extension registers at init and waits for events in a thread, which does not survive a fork. The
supervisor waits in its name (dayfly.supervisor.extensions): the thread's connection is closed, which ends
it, and a worker runs it from its beginning, where it registers again and gets the event.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

_END_LIMIT_S = 1.0


def seal(found: Found, sealing: Sealing) -> None:
    """End threads that wait at the supervisor for an extension's event; start them with a worker's event."""
    threads = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if not threads or not _is_anyone_connected():
        return
    # A thread that ends forgets what it was to run.
    again = {thread: _beginning(thread) for thread in threads}
    hook, threading.excepthook = threading.excepthook, _ignore
    try:
        if not sealing.drop_extensions():
            return
        until = time.monotonic() + _END_LIMIT_S
        while time.monotonic() < until and _is_anyone_connected():
            time.sleep(0.001)
        for thread in threads:
            if not _is_idle(thread):
                thread.join(max(0.0, min(0.05, until - time.monotonic())))
    finally:
        threading.excepthook = hook
    for thread, start in again.items():
        if not thread.is_alive():
            sealing.at_event(start)


def _is_anyone_connected() -> bool:
    """Say whether a socket of this process is connected to what AWS_LAMBDA_RUNTIME_API names."""
    # The function has loaded it, or nobody would be connected.
    import socket

    host, _, port = os.environ.get("AWS_LAMBDA_RUNTIME_API", "").rpartition(":")
    if not port.isdigit():
        return False
    for name in os.listdir("/proc/self/fd"):
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as copy:
                if copy.family == socket.AF_INET and copy.getpeername() == (host, int(port)):
                    return True
        except OSError:
            continue
    return False


def _is_idle(thread: threading.Thread) -> bool:
    """Say whether a thread waits in Python's own code, and so has nothing to do with the connection."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_globals.get("__name__") in ("threading", "queue")


def _ignore(_arguments: object) -> None:
    """The connection's end is ours to explain, not the function's log's."""


def _beginning(thread: threading.Thread) -> Callable[[], None]:
    target = getattr(thread, "_target", None)
    arguments = getattr(thread, "_args", ())
    named = getattr(thread, "_kwargs", {})

    def start() -> None:
        # The same object: the function may hold it and look whether it lives.
        threading.Thread.__init__(
            thread, target=target, name=thread.name, args=arguments, kwargs=named, daemon=thread.daemon
        )
        thread.start()

    return start
