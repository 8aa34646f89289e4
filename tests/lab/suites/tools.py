"""Tools and suites of other makers, installed on first use in a place of their own: never part of the project."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.rie import ROOT

CACHE = ROOT / ".cache" / "suites"
INSTALL_TIMEOUT_S = 500
UV = ROOT / "scripts" / "uv"


@contextlib.contextmanager
def _alone(name: str) -> Iterator[Path]:
    """The folder for one of them, while nobody else of us touches it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE / name


@functools.cache
def environment(name: str, requirements: tuple[str, ...]) -> Path:
    """The `bin` folder of a virtual environment with `requirements`; raises CalledProcessError if it cannot be made."""
    wanted = "\n".join([sys.version, *requirements])
    with _alone(name) as folder:
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _uv(["venv", "--quiet", "--python", sys.executable, str(folder)])
            _uv(["pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *requirements])
            complete.write_text(wanted)
    return folder / "bin"


@functools.cache
def source(name: str, version: str, sha256: str) -> Path:
    """The unpacked source distribution of a package on PyPI, whose hash must be `sha256`."""
    with _alone(f"{name}-{version}") as folder:
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != sha256:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            bin_folder = environment("pip", ("pip", "setuptools"))
            subprocess.run(
                [
                    bin_folder / "pip",
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--no-binary=:all:",
                    "--no-build-isolation",
                    f"--dest={folder}",
                    f"{name}=={version}",
                ],
                check=True,
                timeout=INSTALL_TIMEOUT_S,
            )
            (archive,) = folder.glob("*.tar.gz")
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != sha256:
                raise ValueError(f"{archive.name} has the hash {found}, not {sha256}")
            with tarfile.open(archive) as content:
                content.extractall(folder, filter="data")
            complete.write_text(sha256)
    return folder / f"{name}-{version}"


def _uv(arguments: Sequence[str]) -> None:
    subprocess.run([UV, *arguments], check=True, timeout=INSTALL_TIMEOUT_S)
