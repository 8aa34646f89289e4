"""Has the kernel end one process when another ends, without prctl, which Lambda refuses.

A socket whose peer is closed signals whoever F_SETOWN names (signal(7), fcntl(2): O_ASYNC, F_SETSIG). Nobody writes
into these sockets, so the one thing that ever happens to them is that an end is closed: by the death of its
last holder, however that came about, kill(-1) included.
"""

from __future__ import annotations

import fcntl
import os
import signal

from dayfly._sys import fds


class Lifeline:
    """Ends the process named by `guard` when this process ends, or when the far end of a socket of ours closes.

    Whose user is the same may have any session; the children he forks are not ended. Not inherited over an exec,
    and to be made after a fork. Raises OSError where the kernel refuses.
    """

    __slots__ = ("_ends", "_watched")

    def __init__(self) -> None:
        # At a process's end its files are closed in the order of their numbers (Linux 6.18: against it), and the
        # watched end must outlive the other one: of two pairs that holds for one.
        low, high = (sorted(end.detach() for end in fds.socket_pair()) for _ in range(2))
        self._ends: tuple[int, ...] = (*low, *high)
        self._watched: tuple[int, ...] = (low[0], high[1])
        for descriptor in self._watched:
            watch(descriptor)

    def guard(self, pid: int, near: int = -1) -> None:
        """Have `pid` ended from now on, in place of the one before; one that is gone is no error.

        `near` is a socket that `watch` was called for, whose far end only another process (the zygote) holds:
        its death counts as well. -1 for none.
        """
        for descriptor in (*self._watched, near):
            if descriptor >= 0:
                try:
                    fcntl.fcntl(descriptor, fcntl.F_SETOWN, pid)
                except ProcessLookupError:
                    continue

    def close(self) -> None:
        """Let go, ending nobody."""
        self.guard(0)
        for descriptor in self._ends:
            os.close(descriptor)
        self._ends = self._watched = ()


def watch(descriptor: int) -> None:
    """Have the kernel send SIGKILL to the owner (F_SETOWN) of a socket, none yet, when its far end closes."""
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
