"""What this user may change."""

from __future__ import annotations

import os


def is_writable(path: str, known: dict[str, bool] | None = None) -> bool:
    """Say whether this user may change the file, or put another in its place; `known` keeps what was found of each path."""
    known = {} if known is None else known
    path = os.path.abspath(path)
    while True:
        if path not in known:
            known[path] = _may_change(path)
        if known[path]:
            return True
        if path == os.path.dirname(path):
            return False
        path = os.path.dirname(path)


def _may_change(path: str) -> bool:
    """Say whether this user may write to the file or folder itself, now or once its owner, this user, changed its mode."""
    if os.access(path, os.W_OK):
        return True
    try:
        return os.stat(path).st_uid == os.geteuid() and not os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return False
