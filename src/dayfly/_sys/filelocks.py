"""Locks on files that a process holds, as /proc/locks lists them: given up where they are, and taken again elsewhere.

Locks of fcntl() are not inherited over a fork, and one of flock() is held by every process that inherited its
descriptor, so that neither is a worker's own. https://docs.kernel.org/filesystems/proc.html, man 5 proc_locks.
"""

from __future__ import annotations

import fcntl
import os

from dayfly._sys import proc

_MAX_BYTES = 1 << 20
_EOF = "EOF"


class Lock:
    """One lock of flock() or fcntl(): exclusive or shared, on a range of bytes (flock: on the file)."""

    __slots__ = ("_length", "_start", "is_flock", "is_shared")

    def __init__(self, *, is_flock: bool, is_shared: bool, start: int, length: int) -> None:
        # Whether an open description holds it, and not the process.
        self.is_flock = is_flock
        self.is_shared = is_shared
        self._start = start
        self._length = length

    def take(self, number: int) -> None:
        """Take it on a descriptor's file without waiting; raises OSError where another process has it."""
        self._do(number, (fcntl.LOCK_SH if self.is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def give_up(self, number: int) -> None:
        """Give it up; raises OSError."""
        self._do(number, fcntl.LOCK_UN)

    def is_held_by(self, number: int) -> bool:
        """Say whether a descriptor's description holds an exclusive lock of flock(); that stays as it was."""
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _do(self, number: int, operation: int) -> None:
        if self.is_flock:
            fcntl.flock(number, operation)
        else:
            fcntl.lockf(number, operation, self._length, self._start)


def held_by_us() -> dict[int, list[Lock | None]]:
    """Return the locks of this process by the inodes of their files; None for one that cannot be taken again.

    A lock of an open description (F_OFD_SETLK) names no process: it counts where its file is open here. Raises OSError.
    """
    found: dict[int, list[Lock | None]] = {}
    text = proc.read_file("/proc/locks", limit=_MAX_BYTES).decode("ascii", "replace")
    for line in text.splitlines():
        # "1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF"; "->" marks who waits.
        fields = line.split()
        if len(fields) < 8 or fields[1] == "->":
            continue
        kind, _, mode, pid, file, start, end = fields[1:8]
        if pid not in (str(os.getpid()), "-1"):
            continue
        inode = int(file.rpartition(":")[2])
        lock: Lock | None = None
        if kind in ("FLOCK", "POSIX"):
            length = 0 if end == _EOF else int(end) - int(start) + 1
            lock = Lock(is_flock=kind == "FLOCK", is_shared=mode == "READ", start=int(start), length=length)
        found.setdefault(inode, []).append(lock)
    return found
