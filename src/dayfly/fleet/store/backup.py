"""Copies a store's database into a folder and back, while it serves.

https://clickhouse.com/docs/operations/backup/overview. An embedded store writes below its own folder: copy it from there.
"""

from __future__ import annotations

import re
from pathlib import Path

from dayfly.errors import DayflyError
from dayfly.fleet.store.engine import BACKUPS
from dayfly.fleet.store.store import Store

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# As long as a disk takes for tens of gigabytes.
_SECONDS = 6 * 3600


def back_up(store: Store, name: str) -> Path:
    """Write all tables as they are now into the folder FOLDER/backups/`name` and return its path.

    Raises DayflyError for a name that is none, for a backup that is there already, and for a store behind a URL: a server
    has disks and buckets of its own for that.
    """
    target = _target(store, name)
    if target.exists():
        raise DayflyError(f"{target} already exists", hint="choose another name, for example --name friday")
    store.command(
        f"BACKUP DATABASE `{store.database}` TO File('{target.name}')",
        settings={"max_execution_time": _SECONDS},
    )
    return target


def restore(store: Store, name: str) -> None:
    """Bring a backup's tables back into an empty store; raises DayflyError where it is not empty or not there."""
    target = _target(store, name)
    if not target.exists():
        raise DayflyError(f"{target} does not exist", hint="copy the backup's folder there")
    store.command(
        f"RESTORE DATABASE `{store.database}` FROM File('{target.name}')",
        settings={"max_execution_time": _SECONDS},
    )


def _target(store: Store, name: str) -> Path:
    if store.folder is None:
        raise DayflyError(
            "the backup of a ClickHouse server is made on the server",
            hint="run there, for example, BACKUP DATABASE dayfly TO S3('https://…'): "
            "https://clickhouse.com/docs/operations/backup/overview",
        )
    # Both become part of a statement, which takes no parameters here, and the name of a path.
    if not _NAME.fullmatch(name) or not store.database.isidentifier():
        raise DayflyError(f"{name!r} is not a valid backup name", hint="use letters, digits, dots and dashes")
    return store.folder.resolve() / BACKUPS / name
