"""Puts a changed dayfly.toml in the place of the old one, whole or not at all."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
import tomllib
from typing import TYPE_CHECKING

from dayfly.core.settings import load_settings
from dayfly.errors import SettingError
from dayfly.policy.model import PolicyError

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o644


def write_file(path: Path, old: str, new: str) -> bool:
    """Write `new` where `old` was read from; False where they are the same.

    A link is followed, the mode is kept. Raises PolicyError for a file that Dayfly would not start with, that was
    changed meanwhile, or that cannot be written.
    """
    if new == old:
        return False
    try:
        load_settings({}, tomllib.loads(new))
    except SettingError as fault:
        raise PolicyError(f"{path} was not written: {fault.message}", hint=fault.hint) from fault
    target = path.resolve()
    try:
        there = target.read_bytes() if target.exists() else b""
        if there != old.encode():
            raise PolicyError(
                f"{path} was changed by another program during this run", hint="run the command again"
            )
        mode = target.stat().st_mode & 0o7777 if target.exists() else _MODE
        replace_file(target, new.encode(), mode)
    except OSError as fault:
        raise PolicyError(
            f"{path} cannot be written: {fault.strerror}", hint="check the folder's permissions"
        ) from fault
    return True


def replace_file(target: Path, data: bytes, mode: int) -> None:
    """Put a file in the place of another, whole or not at all. Raises OSError."""
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except OSError:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)
        raise


def show_changes(old: str, new: str, *, name: str) -> tuple[str, ...]:
    """Return a unified diff's lines, none where nothing changes."""
    rows = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=2, lineterm="")
    return tuple(rows)
