"""Packages of npm that tests look through: installed on first use, once for all processes."""

from __future__ import annotations

import fcntl
import functools
import subprocess
from pathlib import Path

from tests.rie import ROOT

INSTALL_TIMEOUT_S = 500


@functools.cache
def npm_package(name: str, version: str) -> Path:
    """The folder that holds its `node_modules`; safe to call from many processes at once.

    Raises CalledProcessError if it cannot be installed.
    """
    folder = ROOT / ".cache" / name.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            [ROOT / "scripts" / "debian-packages", "npm=npm"], check=True, timeout=INSTALL_TIMEOUT_S
        )
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != version:
            subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--silent", f"{name}@{version}"],
                cwd=folder,
                check=True,
                timeout=INSTALL_TIMEOUT_S,
            )
            complete.write_text(version)
    return folder
