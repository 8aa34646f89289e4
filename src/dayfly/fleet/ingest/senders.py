"""Who may send: access keys by name, kept as hashes, good for all functions or for some."""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FILE = "senders.json"
_CLI_TOKEN = "cli.token"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Firehose's limit (https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html).
_MAX_KEY = 4096


class Sender(msgspec.Struct, frozen=True, omit_defaults=True):
    """One access key; `functions` are names or patterns as `shop-*`, none for any."""

    name: str
    key_sha256: str
    created: float
    functions: tuple[str, ...] = ()


class Senders:
    """The access keys of a fleet's folder. A change on disk counts at once; for many threads.

    A key has 256 random bits, so that one round of a hash is enough: there is nothing to guess.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: tuple[object, list[Sender]] = (None, [])

    def find(self, key: str) -> Sender | None:
        """Whose key this is, None where it is nobody's; takes as long for one as for the other."""
        if not key or len(key) > _MAX_KEY:
            return None
        given = sha256(key.encode("utf-8", "replace")).hexdigest()
        found = None
        for sender in self._load():
            if hmac.compare_digest(given, sender.key_sha256):
                found = sender
        return found

    def names(self) -> list[Sender]:
        """Everybody who may send, but for the command line."""
        return self._read()

    def add(self, name: str, functions: Sequence[str] = ()) -> str:
        """Make a key, replace the one of the same name, and return it: it is not kept anywhere.

        Raises DayflyError for a name that is none, and where the folder cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise DayflyError(
                f"{name!r} is no name of a sender", hint="letters, digits, dots and dashes, as firehose-eu"
            )
        key = secrets.token_urlsafe(32)
        others = [sender for sender in self._read() if sender.name != name]
        made = Sender(name, sha256(key.encode()).hexdigest(), time.time(), tuple(functions))
        self._write([*others, made])
        return key

    def remove(self, name: str) -> bool:
        """Take a key back; say whether there was one."""
        senders = self._read()
        others = [sender for sender in senders if sender.name != name]
        if len(others) < len(senders):
            self._write(others)
        return len(others) < len(senders)

    def _load(self) -> list[Sender]:
        stamps = tuple(_stamp(self._folder / name) for name in (_FILE, _CLI_TOKEN))
        known, senders = self._state
        if known != stamps:
            senders = self._read()
            with contextlib.suppress(OSError):
                token = (self._folder / _CLI_TOKEN).read_text().strip()
                if token:
                    senders = [*senders, Sender("cli", sha256(token.encode()).hexdigest(), 0.0)]
            self._state = (stamps, senders)
        return senders

    def _read(self) -> list[Sender]:
        path = self._folder / _FILE
        try:
            return msgspec.json.decode(path.read_bytes(), type=list[Sender])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            raise DayflyError(f"cannot read {path}: {error}", hint="make the keys anew") from error

    def _write(self, senders: list[Sender]) -> None:
        path = self._folder / _FILE
        new = self._folder / f"{_FILE}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(senders)))
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
        except OSError as error:
            raise DayflyError(
                f"cannot write {path}: {error.strerror}", hint="name a folder that you may write"
            ) from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
