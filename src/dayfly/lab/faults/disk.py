"""Fills an environment's /tmp from outside, to the last byte, and frees it again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from dayfly.lab.model import LabError

_NAME = ".dayfly-lab-filler"
_STEPS = (1 << 24, 1 << 16, 1 << 12)
# Sizes beyond this are somebody's disk, not an environment's /tmp.
_MOST_BYTES = 16 << 30


def fill(pid: int) -> int:
    """Fill the /tmp that process `pid` sees; return how many bytes that took.

    Raises LabError where its /tmp is this machine's own, or cannot be reached from here.
    """
    folder = Path(f"/proc/{pid}/root/tmp")
    try:
        if os.stat(folder).st_dev == os.stat("/tmp").st_dev:
            raise LabError(
                "an environment's /tmp is this host's own and cannot be filled",
                hint="use bubblewrap, which gives each environment its own /tmp",
            )
        with open(folder / _NAME, "wb") as file:
            return _fill(file.fileno())
    except OSError as error:
        raise LabError(f"an environment's /tmp cannot be filled: {error.strerror}") from error


def _fill(descriptor: int) -> int:
    size = 0
    for step in _STEPS:
        while size < _MOST_BYTES:
            try:
                os.posix_fallocate(descriptor, size, step)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                break
            size += step
    return size


def free(pid: int) -> None:
    """Remove what `fill` made, if it is still there: who serves there may have removed it."""
    Path(f"/proc/{pid}/root/tmp", _NAME).unlink(missing_ok=True)
