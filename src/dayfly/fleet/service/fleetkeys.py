"""The fleet's keys: what supervisors make the proofs of their lines with, and the collector checks them by."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dayfly.errors import DayflyError

FILE = "fleet.key"
_BYTES = 32


def load_keys(folder: Path) -> tuple[bytes, ...]:
    """Return the keys of a folder, the current one first; the first call makes one.

    Raises DayflyError for a file that holds anything else, or that others may read.
    """
    path = folder / FILE
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
    try:
        if path.stat().st_mode & 0o077:
            raise DayflyError(
                f"other users can read {path}",
                hint=f"they can forge log records with it; run chmod 600 {path}, then create a new key",
            )
        lines = [line.strip() for line in path.read_text("ascii").splitlines() if line.strip()]
        keys = tuple(bytes.fromhex(line) for line in lines)
    except (OSError, ValueError) as error:
        raise DayflyError(
            f"no valid keys in {path}: {error}",
            hint="add one key of 64 hexadecimal digits per line, the current key first",
        ) from error
    if not keys or any(len(key) != _BYTES for key in keys):
        raise DayflyError(
            f"no keys in {path}", hint="add one key of 64 hexadecimal digits per line, the current key first"
        )
    return keys
