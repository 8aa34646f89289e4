"""Packages that functions and extensions of these tests use: pinned, and installed on first use."""

from __future__ import annotations

import fcntl
import functools
import subprocess
from pathlib import Path

from tests.rie import ROOT

from dayfly.lab.gauntlet.peers.installing import install

POWERTOOLS = ("aws-lambda-powertools==3.37.0", "jmespath==1.0.1", "typing-extensions==4.15.0")
_LIMIT_S = 170


@functools.cache
def powertools_layer() -> Path:
    """A layer's folder with Powertools; safe to call from many processes at once."""
    folder = ROOT / ".cache" / "powertools"
    folder.mkdir(parents=True, exist_ok=True)
    complete, wanted = folder / "complete", "\n".join(POWERTOOLS)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists() or complete.read_text() != wanted:
            uv = [str(ROOT / "scripts" / "uv"), "pip", "install", "--quiet", "--no-deps"]
            target = ["--target", str(folder / "layer" / "python")]
            subprocess.run([*uv, *target, *POWERTOOLS], check=True, timeout=_LIMIT_S, cwd=ROOT)
            complete.write_text(wanted)
    return folder / "layer"


@functools.cache
def datadog_python() -> Path:
    """An interpreter that has datadog-lambda, as the gauntlet pins it."""
    return install("datadog", ROOT / ".cache" / "peers" / "datadog")
