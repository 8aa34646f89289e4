"""The environment with the CDK, made on first use: aws-cdk-lib is too large for everybody's."""

from __future__ import annotations

import fcntl
import functools
import os
import subprocess
from pathlib import Path

from tests.interpreters import UV
from tests.rie import ROOT

FOLDER = ROOT / ".cache" / "cdk"
INSTALL_TIMEOUT_S = 500


@functools.cache
def cdk_python() -> Path:
    """The python of an environment with the dependency group `cdk`, in the versions of uv.lock; with Node.js.

    Safe to call from many processes at once. Raises subprocess.CalledProcessError if it cannot be made.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The CDK runs in Node.js, whoever's it is; the CDK warns of one that is too old.
        subprocess.run([ROOT / "scripts" / "debian-packages", "node=nodejs"], check=True, timeout=500)
        try:
            subprocess.run(
                [UV, "sync", "--frozen", "--quiet", "--only-group", "cdk"],
                env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(FOLDER / "venv")},
                check=True,
                capture_output=True,
                timeout=INSTALL_TIMEOUT_S,
                cwd=ROOT,
            )
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr.decode(errors="replace"))
            raise
    return FOLDER / "venv" / "bin" / "python"
