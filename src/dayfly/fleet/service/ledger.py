"""The service's own book in SQLite: who may sign in, who has, which keys are out, and what anybody did.

Kept beside the store's folder and not in it, so that `dayfly fleet user add` works whether the service runs or not.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from dayfly.errors import DayflyError

FILE = "fleet.sqlite"
Value = str | int | float | bytes | None


class Ledger:
    """One SQLite file; safe for several threads and several processes.

    Raises DayflyError where the file cannot be had or is not ours.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = folder / FILE
        self.clock = clock
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Made with these rights, not narrowed afterwards: SQLite gives its journals the rights of the file.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA busy_timeout = 5000")
            self._connection.executescript(_tables())
        except (OSError, sqlite3.Error) as error:
            raise DayflyError(
                f"cannot use {self.path}: {error}",
                hint="use a writable folder on a disk with free space",
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def all(self, query: str, values: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """Return a query's rows."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def one(self, query: str, values: Sequence[Value] = ()) -> tuple[Value, ...] | None:
        """Return a query's first row, None where it has none."""
        with self._lock:
            row: tuple[Value, ...] | None = self._connection.execute(query, values).fetchone()
            return row

    def change(self, statement: str, values: Sequence[Value] = ()) -> int:
        """Run one statement and return how many rows it changed; it is on disk then."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let several statements happen together or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes of a name, the same ones at every start."""
        self.change("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, os.urandom(32)))
        row = self.one("SELECT value FROM secrets WHERE name = ?", (name,))
        assert row is not None
        assert isinstance(row[0], bytes)
        return row[0]


def key_of(secret: str) -> str:
    """What is kept of a secret that we made: it has 256 random bits, so one pass of a hash is enough."""
    return hashlib.blake2b(
        secret.encode("utf-8", "replace"), digest_size=32, person=b"dayfly-ledger"
    ).hexdigest()


def _tables() -> str:
    return resources.files("dayfly.fleet.service").joinpath("tables.sql").read_text("utf-8")
