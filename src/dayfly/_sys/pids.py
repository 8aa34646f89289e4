"""Processes by their pidfd where the kernel has them, by number where not."""

from __future__ import annotations

import os
import select

from dayfly._sys.proc import SIGKILL, is_dead


def open_pid(pid: int) -> int:
    """Return a pidfd, -1 where the kernel refuses or the process is gone."""
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return -1


def has_ended(handle: int, pid: int) -> bool:
    """Say whether a process has ended; `handle` is its pidfd or -1."""
    if handle < 0:
        return is_dead(pid)
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(0))


def kill_pid(pid: int, handle: int, signal_number: int = SIGKILL) -> None:
    """Send a signal by pidfd where there is one; a process that is gone already is no error."""
    try:
        if handle >= 0:
            # 3.4 ms in an interpreter without it; the first start of all kills one by one only where it must.
            import signal

            try:
                signal.pidfd_send_signal(handle, signal_number)
                return
            except ProcessLookupError:
                return
            except OSError:
                # A seccomp filter older than the call refuses it; the number will do, see supervisor/worker.py.
                pass
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        return
