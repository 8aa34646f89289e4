"""Dayfly as users have it: wheels built once, installed into a fresh environment with bytecode, and used from elsewhere.

Nothing here imports dayfly: what a test sees is what an installed program prints, answers and ends with.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.frontdoor.installed import Installed
from tests.interpreters import UV
from tests.rie import ROOT
from tests.wheels import built_folder

# Not below /tmp: Dayfly does not fork code that an invocation could change, and environments hide that folder.
CACHE = ROOT / ".cache" / "frontdoor"
EXTRAS = "attach,gauntlet,lab,scan"
# What functions import, compiled as pip does it: an environment may not write beside its packages.
COMPILED = ("dayfly*", "awslambdaric", "boto*", "s3transfer", "urllib3", "dateutil", "jmespath", "simplejson")
BUILD_TIMEOUT_S = 300


@pytest.fixture(scope="session")
def venv() -> Path:
    """An environment with the wheels of this checkout; made again only after a change of what they are made of."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock_digest = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
    key = f"{built_folder().name} {lock_digest} {sys.version}"
    folder, stamp = CACHE / "venv", CACHE / "key"
    with (CACHE / "lock").open("w") as lock:
        # Modules of these tests may run in several processes: the first one builds.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != key:
            stamp.unlink(missing_ok=True)
            _install(folder)
            stamp.write_text(key)
    return folder


@pytest.fixture
def dayfly(venv: Path, tmp_path: Path) -> Installed:
    """The installed Dayfly, in an empty folder outside the checkout."""
    return Installed(venv, tmp_path)


@pytest.fixture(scope="session")
def confined() -> None:
    """Skip where this machine cannot give a function an environment as Lambda does."""
    confinement = confinement_here()
    if confinement.kind == "none":
        pytest.skip(f"no environment like Lambda's can be made here: {confinement.reason}")


def _install(folder: Path) -> None:
    dist, needs, python = built_folder(), CACHE / "requirements.txt", folder / "bin" / "python"
    _run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    pip = (UV, "pip", "install", "--quiet", "--python", str(python))
    # The lock's versions are in uv's cache; then nothing but the wheels may be missing.
    extras = [word for extra in EXTRAS.split(",") for word in ("--extra", extra)]
    locked = ("--frozen", "--no-dev", "--no-emit-workspace", "--package", "dayfly", *extras)
    _run(UV, "export", "--quiet", *locked, "--output-file", str(needs))
    _run(*pip, "--no-deps", "--requirement", str(needs))
    # Without the cache: uv knows a wheel by name and version, and would install an earlier build of this version.
    _run(*pip, "--no-index", "--no-cache", "--find-links", str(dist), f"dayfly[{EXTRAS}]")
    [packages] = folder.glob("lib/python3.*/site-packages")
    compiled = [str(one) for name in COMPILED for one in packages.glob(name) if one.is_dir()]
    _run(str(python), "-m", "compileall", "-q", *compiled)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, cwd=ROOT)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
