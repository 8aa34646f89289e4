"""The Serverless Framework itself, version 3, which needs no account."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.attach.templates.npm_package import npm_package

# The last version that runs without an account of its maker's.
VERSION = "3.40.0"


def printed(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `serverless print --format json` says of the service in a folder."""
    return subprocess.run(
        [npm_package("serverless", VERSION) / "node_modules/.bin/serverless", "print", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        },
    )
