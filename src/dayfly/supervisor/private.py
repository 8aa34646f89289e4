"""The private temporary directory of scope `descendants`, and those that killed supervisors left.

A lock on the directory tells one that is in use: the kernel gives it back when its holder dies, however it
dies, and other than a pid it means the same in every PID namespace that shares /tmp.
"""

from __future__ import annotations

import fcntl
import os
import time

from dayfly._sys import tree

PREFIX = "dayfly-"
# Between making a directory and locking it nobody else may take it for abandoned.
_YOUNG_S = 60.0
# A start is not the time to clean up after everybody.
_LIMIT_S = 0.05
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make(parent: str, name: str) -> tuple[str, int]:
    """Make and lock a directory under `parent`; return its path and the lock, a descriptor.

    Raises OSError where it cannot be made. A file system without locks makes it without.
    """
    path = f"{parent.rstrip('/')}/{PREFIX}{name}"
    os.mkdir(path, 0o700)
    lock = os.open(path, _OPEN)
    _try_lock(lock)
    return path, lock


def remove_abandoned(parent: str) -> int:
    """Remove our user's directories under `parent` whose makers are dead; return how many went."""
    until = time.monotonic() + _LIMIT_S
    removed = 0
    try:
        names = [name for name in os.listdir(parent) if name.startswith(PREFIX)]
    except OSError:
        return 0
    for name in names:
        if time.monotonic() > until:
            break
        removed += _remove_if_abandoned(f"{parent.rstrip('/')}/{name}", until)
    return removed


def _remove_if_abandoned(path: str, until: float) -> bool:
    if not _is_name(os.path.basename(path)):
        return False
    try:
        lock = os.open(path, _OPEN)
    except OSError:
        return False
    try:
        status = os.fstat(lock)
        is_old = time.time() - status.st_ctime > _YOUNG_S
        if status.st_uid != os.getuid() or not is_old or not _try_lock(lock):
            return False
        tree.clean(
            path,
            uid=status.st_uid,
            kept={},
            keeps=lambda _: "no",
            held=set(),
            has_time=lambda: time.monotonic() < until,
        )
        os.rmdir(path)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _is_name(name: str) -> bool:
    """Say whether `make` could have given this name: the prefix, a pid, eight hexadecimal digits."""
    pid, _, mark = name.removeprefix(PREFIX).partition("-")
    return pid.isdecimal() and len(mark) == 8 and all(char in "0123456789abcdef" for char in mark)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
