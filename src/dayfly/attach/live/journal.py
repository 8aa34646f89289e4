"""Writes down what is about to be done to which function and what was there: appended, on the disk before the call goes out.

One JSON object a line. Values of a function's own variables are never in it. Of Dayfly's settings it holds those that an
attach replaced (to give them back) and salted hashes of those that it set (to know them again).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from dayfly.errors import DayflyError

_VERSION = 1
# What attach and detach write; other commands have their own.
_KINDS = frozenset({"begin", "done", "end", "intend", "lost", "outcome", "void"})
# A journal of ten thousand functions has some ten megabytes.
_MAX_BYTES = 512 * 1024 * 1024


class JournalError(DayflyError):
    """The journal cannot be used; nothing is called then, since an attach without one could not be taken back exactly."""


def default_journal(variables: Mapping[str, str]) -> Path:
    """DAYFLY_JOURNAL, else the place for programs' state of this user."""
    if named := variables.get("DAYFLY_JOURNAL"):
        return Path(named)
    state = variables.get("XDG_STATE_HOME") or os.path.join(variables.get("HOME", "."), ".local", "state")
    return Path(state) / "dayfly" / "attach.jsonl"


class Journal:
    """An open journal, held by this process alone; threads may share it.

    Raises JournalError on opening where another run holds it, or the file was put there or may be written by somebody else;
    that others may read it is ended.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        try:
            is_new_folder = not path.parent.exists()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(
                path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise JournalError(
                f"cannot open the journal {path}: {error.strerror}",
                hint="choose another journal with --journal",
            ) from error
        try:
            self._take(is_new_folder=is_new_folder)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take(self, *, is_new_folder: bool) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(
                f"another run uses the journal {self.path}",
                hint="wait until it ends; the lock ends with its process",
            ) from error
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise JournalError(
                f"the journal {self.path} is not a file", hint="choose another journal with --journal"
            )
        if found.st_size and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            # It says which layers and wrapper a detach puts back.
            raise JournalError(
                f"other users can write to the journal {self.path}",
                hint="check its contents, run chmod 600, and run this command again",
            )
        if found.st_uid != os.geteuid():
            raise JournalError(
                f"the journal {self.path} belongs to another user",
                hint="choose another journal with --journal",
            )
        os.fchmod(self._descriptor, 0o600)
        for place in (self.path.parent, *((self.path.parent.parent,) if is_new_folder else ())):
            # Else a new file may be gone after a power failure, with all that was written to it.
            with contextlib.suppress(OSError):
                folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        # A run that was killed while it wrote leaves half a line; what follows must not be appended to it.
        if found.st_size and os.pread(self._descriptor, 1, found.st_size - 1) != b"\n":
            self._append(b"\n")

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; the lock goes as well."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def write(self, kind: str, **fields: Any) -> None:
        """Append a record; it is on the disk when this returns. Raises JournalError where it cannot be.

        Any: what JSON holds.
        """
        record = {"v": _VERSION, "at": round(self._clock(), 3), "kind": kind, **fields}
        self._append(json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode() + b"\n")

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every whole record, in order; what is none is left out (see `damage`)."""
        for line in self._lines():
            if (record := _parse(line)) is not None:
                yield record

    def damage(self) -> int:
        """Return how many lines are no records: of a run that was killed while writing, or changed by hand."""
        return sum(1 for line in self._lines() if line.strip() and _parse(line) is None)

    def _lines(self) -> list[bytes]:
        size = os.fstat(self._descriptor).st_size
        if size > _MAX_BYTES:
            raise JournalError(
                f"the journal {self.path} is too large ({size:,} bytes)",
                hint="choose another journal with --journal",
            )
        data = b""
        while len(data) < size:
            part = os.pread(self._descriptor, size - len(data), len(data))
            if not part:
                break
            data += part
        return data.split(b"\n")

    def _append(self, data: bytes) -> None:
        with self._lock:
            try:
                written = os.write(self._descriptor, data)
                if written != len(data):
                    raise OSError(28, "the write was incomplete")
                os.fsync(self._descriptor)
            except OSError as error:
                raise JournalError(
                    f"cannot write to the journal {self.path}: {error.strerror}",
                    hint="dayfly changes nothing without it: free disk space, or choose another journal with --journal",
                ) from error


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("kind"), str):
        return None
    return record if record.get("v") == _VERSION and _is_whole(record) else None


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Whether the fields that are read have their types: what somebody edited must not decide by half what is given back."""
    if record["kind"] not in _KINDS:
        return True  # another command's, which reads its own with care
    texts = ("run", "arn", "command", "function", "salt")
    lists = ("layers_before", "layers_after", "names_before", "functions", "removed")
    if not all(isinstance(record.get(name, ""), str) for name in texts):
        return False
    if not all(_are_texts(record.get(name, [])) for name in lists):
        return False
    request, hashes, former = (record.get(name, {}) for name in ("request", "set", "former"))
    if not all(isinstance(one, dict) for one in (request, hashes, former)):
        return False
    is_salted = all(character in "0123456789abcdef" for character in record.get("salt", ""))
    return (
        is_salted
        and len(record.get("salt", "")) % 2 == 0
        and _are_texts(list(hashes.values()))
        and _are_texts([value for value in former.values() if value is not None])
        and isinstance(request.get("settings", {}), dict)
        and _are_texts(list(request.get("settings", {}).values()))
        and _are_texts(request.get("secrets", []))
    )


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def new_salt() -> str:
    """Return a salt for one record."""
    return secrets.token_hex(16)


def digest(salt: str, name: str, value: str) -> str:
    """Return what a value is known again by: a hash with its record's salt, so that equal values look different."""
    return hmac.new(bytes.fromhex(salt), f"{name}={value}".encode(), hashlib.sha256).hexdigest()[:32]
