"""What this user may change."""

from __future__ import annotations

import os


def is_writable(path: str) -> bool:
    """Say whether this user may change the file, or put another in its place."""
    while True:
        if os.access(path, os.W_OK):
            return True
        if path in ("/", ""):
            return False
        path = os.path.dirname(path)
