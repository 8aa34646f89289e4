"""The Serverless Framework itself, version 3, which needs no account: installed on first use."""

from __future__ import annotations

import fcntl
import functools
import os
import subprocess
from pathlib import Path

from tests.rie import ROOT

# The last version that runs without an account of its maker's.
VERSION = "3.40.0"
FOLDER = ROOT / ".cache" / "serverless"
INSTALL_TIMEOUT_S = 170


@functools.cache
def serverless() -> Path:
    """The command; safe to call from many processes at once. Raises CalledProcessError if it cannot be installed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = FOLDER / "node_modules" / ".bin" / "serverless"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            [ROOT / "scripts" / "debian-packages", "npm=npm"], check=True, timeout=INSTALL_TIMEOUT_S
        )
        complete = FOLDER / "complete"
        if not complete.exists() or complete.read_text() != VERSION:
            subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--silent", f"serverless@{VERSION}"],
                cwd=FOLDER,
                check=True,
                timeout=INSTALL_TIMEOUT_S,
            )
            complete.write_text(VERSION)
    return command


def printed(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `serverless print --format json` says of the service in a folder."""
    return subprocess.run(
        [serverless(), "print", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        },
    )
