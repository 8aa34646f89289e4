"""Packages that functions of these tests use, as layers: pinned, and installed on first use."""

from __future__ import annotations

import fcntl
import functools
import subprocess
from pathlib import Path

from tests.rie import ROOT

POWERTOOLS = ("aws-lambda-powertools==3.37.0", "jmespath==1.0.1", "typing-extensions==4.15.0")
_LIMIT_S = 500


@functools.cache
def package_layer(name: str, packages: tuple[str, ...]) -> Path:
    """The folder of a layer that has these packages and no others; safe to call from many processes at once.

    Raises CalledProcessError if they cannot be installed.
    """
    folder = ROOT / ".cache" / name
    folder.mkdir(parents=True, exist_ok=True)
    complete, wanted = folder / "complete", "\n".join(packages)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists() or complete.read_text() != wanted:
            uv = [str(ROOT / "scripts" / "uv"), "pip", "install", "--quiet", "--no-deps"]
            target = ["--target", str(folder / "layer" / "python")]
            subprocess.run([*uv, *target, *packages], check=True, timeout=_LIMIT_S, cwd=ROOT)
            complete.write_text(wanted)
    return folder / "layer"
