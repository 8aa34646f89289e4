"""What earlier scans found, by the content that they looked at: a bounded SQLite file in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import dayfly.scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Some 400 bytes per file without findings: enough for a dozen large projects.
MAX_BYTES = 64 * 1024 * 1024
_MAX_ROWS = 200_000
_TIMEOUT_S = 1.0
_MEMORY = "memory:"
_FILE = "dayfly/scan.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT NOT NULL, used REAL NOT NULL)"
_APPLICATION = 0x6461_7966  # "dayf"


def default_file(environ: Mapping[str, str]) -> Path | None:
    """Where results are remembered: below $XDG_CACHE_HOME or ~/.cache; None where the user has no folder."""
    base, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if base.startswith("/"):
        return Path(base) / _FILE
    return Path(home) / ".cache" / _FILE if home.startswith("/") else None


def tool_version() -> str:
    """A digest of the scanner's own sources and of the Python that runs them: other code finds other things."""
    digest = hashlib.sha256(sys.version.encode())
    top = os.path.dirname(dayfly.scan.__file__)
    for folder, names, files in os.walk(top):
        names[:] = sorted(name for name in names if name not in ("__pycache__", "pages", "report"))
        for name in sorted(files):
            with open(os.path.join(folder, name), "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


class Store:
    """Texts by key. Whatever is wrong with the file, it only forgets: `fault` says what was wrong.

    A key must name everything that the text depends on.
    """

    def __init__(self, path: Path | None) -> None:
        self.fault = ""
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._open(path, is_first=True)

    def _open(self, path: Path, *, is_first: bool) -> None:
        connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.is_symlink() or (path.exists() and path.stat().st_uid != os.getuid()):
                self.fault = f"{path} is a link or belongs to another user: not used"
                return
            connection = sqlite3.connect(path, timeout=_TIMEOUT_S)
            with connection:
                found = connection.execute("PRAGMA application_id").fetchone()[0]
                if found not in (0, _APPLICATION):
                    raise sqlite3.DatabaseError("a file of another program")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(_SCHEMA)
            self._connection = connection
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            self.fault = f"{path}: {error}"
            is_broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.OperationalError
            )
            if is_first and is_broken and path.suffix == ".sqlite":
                with contextlib.suppress(OSError):
                    path.unlink()
                    self._open(path, is_first=False)

    def find(self, keys: Iterable[str]) -> dict[str, str]:
        """The texts of those keys that are known."""
        found: dict[str, str] = {}
        if self._connection is None:
            return found
        wanted = list(keys)
        try:
            for start in range(0, len(wanted), 500):
                part = wanted[start : start + 500]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(
                    f"SELECT key, value FROM results WHERE key IN ({marks})", part
                )
                found.update((key, value) for key, value in rows if isinstance(value, str))
        except sqlite3.Error as error:
            self._give_up(error)
        return found

    def recall(self, memory: dict[str, str], version: str) -> None:
        """Fill `memory` with what families of this version knew."""
        prefix = _MEMORY + version + ":"
        memory.update((key[len(prefix) :], text) for key, text in self._find_all(prefix).items())

    def remember(self, added: Mapping[str, str], version: str) -> None:
        """Keep what families of this version found out."""
        self.keep({_MEMORY + version + ":" + key: text for key, text in added.items()}, ())

    def _find_all(self, prefix: str) -> dict[str, str]:
        if self._connection is None:
            return {}
        try:
            rows = self._connection.execute(
                "SELECT key, value FROM results WHERE key >= ? AND key < ?", (prefix, prefix + "\U0010ffff")
            ).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return {}
        return {key: value for key, value in rows if isinstance(value, str)}

    def keep(self, texts: Mapping[str, str], used: Iterable[str]) -> None:
        """Add texts, mark those of the keys `used` as such, and let go of what was not used for longest."""
        if self._connection is None:
            return
        now = time.time()
        try:
            with self._connection as connection:
                connection.executemany(
                    "UPDATE results SET used = ? WHERE key = ?", ((now, key) for key in used)
                )
                connection.executemany(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                    ((key, text, now) for key, text in texts.items()),
                )
                self._shrink(connection)
        except sqlite3.Error as error:
            self._give_up(error)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        count, size = connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(key) + LENGTH(value)), 0) FROM results"
        ).fetchone()
        while count > _MAX_ROWS or size > MAX_BYTES:
            connection.execute(
                "DELETE FROM results WHERE key IN (SELECT key FROM results ORDER BY used LIMIT ?)",
                (max(count // 4, 1),),
            )
            count, size = connection.execute(
                "SELECT COUNT(*), COALESCE(SUM(LENGTH(key) + LENGTH(value)), 0) FROM results"
            ).fetchone()

    def _give_up(self, error: sqlite3.Error) -> None:
        self.fault = str(error)
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
