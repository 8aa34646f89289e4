"""PyRASP on a Flask application, with its default settings, on Python 3.12.

Its models for SQL and scripts are pickled with bytecode of Python 3.12: on 3.11 the first request ends the process (signal
11), and for 3.13 NumPy 1, which it asks for, has no wheel. The model for prompts, off by default, needs PyTorch (6.9 GB in
all) and is left out. Its decorator for Lambda handlers fails in the measured version, on every request: LambdaRASP calls
`check_inbound_attacks` without the argument `ja4h_fingerprint`, which that demands (TypeError).
https://pypi.org/project/pyrasp/ and https://github.com/rbidou/pyrasp
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer
from dayfly.lab.gauntlet.protection import UnavailableError

_VERSION = (3, 12)
_ASK = "import sys; print(sys.executable)"


class PyRasp(Peer):
    """PyRASP for Flask."""

    name: ClassVar[str] = "pyrasp"
    title: ClassVar[str] = "PyRASP on Flask"
    requirements: ClassVar[str] = "pyrasp"
    packages: ClassVar[tuple[str, ...]] = ("pyrasp", "scikit-learn", "numpy")
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_pyrasp")
    entry: ClassVar[str] = "peer_pyrasp.handler"

    def interpreter(self) -> Path | None:
        if sys.version_info[:2] == _VERSION:
            return None
        # A version manager's shims know the versions of the current folder alone.
        known = shutil.which("python3.12")
        found = [] if known is None else [known]
        found += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python3.12"))]
        for path in found:
            run = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=False, cwd="/")
            if run.returncode == 0:
                return Path(run.stdout.strip()).resolve()
        raise UnavailableError(
            "its models need Python 3.12, which is not installed on this machine", hint="install Python 3.12"
        )
