"""What a lab takes of this machine: a folder of its own, and descriptors."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import tempfile
from pathlib import Path

# Descriptors of one environment on the lab's side: two pipes, control, listener, connections, cgroup.
_FILES_PER_ENVIRONMENT = 16
_OTHER_FILES = 512
_FOLDER_PREFIX = "dayfly-lab-"


def make_folder() -> Path:
    """A folder for this lab; those of labs of this user that were killed before they could remove theirs go."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*-*"):
        pid = folder.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            is_ours = not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
            if is_ours and pid.isdigit() and not Path("/proc", pid).exists():
                shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))


def raise_file_limit(environments: int) -> None:
    """Allow this process the descriptors its environments need, as far as its hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = environments * _FILES_PER_ENVIRONMENT + _OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
