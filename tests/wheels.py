"""The wheels and source archives of this checkout, built on first use and again when the source changes."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path

from tests.interpreters import UV
from tests.rie import ROOT

RUNTIME, DAYFLY, GAUNTLET = "dayfly-runtime", "dayfly", "dayfly-gauntlet"
# Each distribution with the folder of its pyproject.toml.
PROJECTS = {RUNTIME: ROOT / "packages" / "runtime", DAYFLY: ROOT, GAUNTLET: ROOT / "packages" / "gauntlet"}
# By the checkout's environment, where ziglang finds what it has compiled before.
BUILD = ("build", "--quiet", "--no-build-isolation", "--python", sys.executable)
_FOLDER = ROOT / ".cache" / "distributions"
# The first build of a machine compiles the C libraries of both processors: minutes.
_LIMIT_S = 1200


@functools.cache
def built_folder() -> Path:
    """The folder with a wheel and a source archive of each distribution, as a release has it.

    It is named for a hash of what they are built from. Safe to call from many processes at once.
    """
    digest = hashlib.sha256()
    projects = [path for folder in PROJECTS.values() for path in folder.glob("*.*") if path.is_file()]
    # The programs in src/dayfly/bin are compiled anew, from native/.
    left_out = {"__pycache__", "bin", "uv.lock"}
    for path in sorted([*projects, *(ROOT / "src").rglob("*"), *(ROOT / "native").rglob("*")]):
        if path.is_file() and not left_out.intersection(path.parts):
            digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    folder = _FOLDER / digest.hexdigest()[:16]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for older in _FOLDER.iterdir():
                if older.is_dir():
                    shutil.rmtree(older)
            # Renamed last: a build that was interrupted leaves no folder of this name.
            part = _FOLDER / "part"
            run(UV, *BUILD, "--all-packages", "--out-dir", str(part), cwd=ROOT)
            part.rename(folder)
    return folder


def wheel_of(name: str) -> Path:
    """The wheel of a distribution."""
    (path,) = built_folder().glob(f"{name.replace('-', '_')}-[0-9]*.whl")
    return path


def archive_of(name: str) -> Path:
    """The source archive of a distribution."""
    (path,) = built_folder().glob(f"{name.replace('-', '_')}-[0-9]*.tar.gz")
    return path


def files_of(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel but the list of its files, with its bytes."""
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/RECORD")}


def modules_of(wheel: Path) -> set[str]:
    """The names of the modules and packages in a wheel."""
    parts = [Path(name).with_suffix("").parts for name in files_of(wheel) if name.endswith(".py")]
    return {".".join(part for part in one if part != "__init__") for one in parts}


def metadata_of(wheel: Path, field: str) -> list[str]:
    """The values of a field of a wheel's metadata."""
    (data,) = [data for name, data in files_of(wheel).items() if name.endswith(".dist-info/METADATA")]
    return [str(value) for value in message_from_bytes(data).get_all(field, [])]


def run(*command: str | Path, cwd: Path = Path("/"), expected: Sequence[int] = (0,)) -> str:
    """Run a command and return its output; its exit code must be one of `expected`."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, cwd=cwd)
    assert done.returncode in expected, done.stdout + done.stderr
    return done.stdout + done.stderr
