"""Web adapters that functions behind URLs use: pinned, and installed on first use."""

from __future__ import annotations

import fcntl
import functools
import subprocess
from pathlib import Path

from tests.lab.telemetry.clients import POWERTOOLS
from tests.rie import ROOT

PACKAGES = ("mangum==0.22.0", *POWERTOOLS)
_LIMIT_S = 170


@functools.cache
def adapters_layer() -> Path:
    """A layer's folder with Mangum and Powertools; safe to call from many processes at once."""
    folder = ROOT / ".cache" / "url-adapters"
    folder.mkdir(parents=True, exist_ok=True)
    complete, wanted = folder / "complete", "\n".join(PACKAGES)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists() or complete.read_text() != wanted:
            uv = [str(ROOT / "scripts" / "uv"), "pip", "install", "--quiet", "--no-deps"]
            target = ["--target", str(folder / "layer" / "python")]
            subprocess.run([*uv, *target, *PACKAGES], check=True, timeout=_LIMIT_S, cwd=ROOT)
            complete.write_text(wanted)
    return folder / "layer"
