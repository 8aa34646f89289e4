"""Copies a function's folder for the unprivileged user that will run it, without touching it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def is_readable_by_others(folder: Path) -> bool:
    """True when a user who owns nothing here can list and read everything in `folder`."""
    for parent, _, names in os.walk(folder):
        if not _allows(Path(parent), stat.S_IROTH | stat.S_IXOTH):
            return False
        if not all(_allows(Path(parent, name), stat.S_IROTH) for name in names):
            return False
    return True


def _allows(path: Path, bits: int) -> bool:
    mode = path.lstat().st_mode
    return stat.S_ISLNK(mode) or mode & bits == bits


def copy_readable(folder: Path, target: Path) -> Path:
    """Copy `folder` to `target` (which must not exist) with read permission for everybody.

    Later edits of the folder do not reach the copy, as after a deployment.
    """
    shutil.copytree(folder, target, symlinks=True)
    for parent, _, names in os.walk(target):
        os.chmod(parent, 0o755)
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    return target


def link_package(folder: Path, scratch: Path) -> Path:
    """Return a copy of a package in `scratch`, of hard links where that works: unlink a file before another is written.

    Other users may enter it: the lab runs functions as another one, and mkdtemp lets nobody pass.
    """
    target = scratch / "package"
    shutil.copytree(folder, target, symlinks=True, copy_function=_link)
    scratch.chmod(0o755)
    return target


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
