"""An embedded store's folder belongs to one process, which must not fork after opening it; both are seen to here."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from pathlib import Path

from dayfly.errors import DayflyError

_LOCK = "dayfly.lock"


class FolderError(DayflyError):
    """The folder is another process's, or cannot be used."""


class ForkedError(RuntimeError):
    """This process is a child forked after the store was opened: the engine's threads are not in it."""


_guard = threading.Lock()
# What is open in this process: several stores may be of one folder, one engine serves them.
_held: dict[Path, tuple[int, int]] = {}
_opened_in = 0


def hold(folder: Path) -> Path:
    """Make the folder and take it for this process; returns the path that `release` wants.

    The engine would refuse a second process, too, but only after it has begun to read, and in words that help nobody.
    Raises FolderError where another process has it, where it cannot be written, or where this process has another.
    """
    global _opened_in
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        real = folder.resolve()
        with _guard:
            if real in _held:
                descriptor, count = _held[real]
                _held[real] = (descriptor, count + 1)
                return real
            if _held:
                raise FolderError(
                    f"{real}: this process already has the store {next(iter(_held))} open, and a process can have "
                    "only one",
                    hint="close the other store, or open this one in another process",
                )
            _held[real] = (_lock(real), 1)
            _opened_in = os.getpid()
            return real
    except OSError as error:
        raise FolderError(
            f"{folder}: {error.strerror or error}", hint="use a writable folder on a local disk"
        ) from error


def release(real: Path) -> None:
    """Give a folder back that `hold` took; the last one to do so unlocks it."""
    with _guard:
        descriptor, count = _held[real]
        if count > 1:
            _held[real] = (descriptor, count - 1)
            return
        del _held[real]
        # In a forked child this must not unlock what the parent holds: closing its copy alone does not.
        os.close(descriptor)


def check_not_forked() -> None:
    """Raise ForkedError in a child of the process that opened a folder: there, a query would wait for ever."""
    if _held and os.getpid() != _opened_in:
        raise ForkedError(
            f"process {os.getpid()} was forked from {_opened_in}, which has an embedded store open: start "
            "other processes with subprocess or multiprocessing's spawn, or open the store after forking"
        )


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 100).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise FolderError(
            f"{folder} is already open in process {owner or 'unknown'}",
            hint="only one process can open a store's folder: use that `dayfly fleet serve` (its commands and "
            "pages), stop it, or choose another folder",
        ) from None
    except OSError:
        os.close(descriptor)
        raise
    with contextlib.suppress(OSError):  # a full disk: the lock holds without the number
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
