"""The native sources compiled by Debian's gcc under its address and undefined-behaviour sanitizers.

Objects are compiled once for each content and shared by all tests and processes: most of a test's time would go there.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from native.build import LANGUAGE, NATIVE
from tests.rie import ROOT

_CACHE = ROOT / ".cache" / "native"
_FLAGS = (*LANGUAGE, "-g", "-O1", "-pthread", f"-I{NATIVE / 'supervisor'}")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
# Tells the driver of native/fuzz which code an input reached.
COVERAGE = ("-fsanitize-coverage=trace-pc",)
_LIMIT_S = 170


def find_gcc() -> str:
    """Return the compiler, or skip the test where there is none."""
    found = shutil.which("gcc")
    if found is None:
        pytest.skip("there is no gcc")
    return found


def supervisor_sources() -> list[Path]:
    """Every source of the supervisor but its `main`."""
    return sorted(path for path in (NATIVE / "supervisor").glob("*.c") if path.name != "main.c")


def compile_program(sources: Sequence[Path], flags: Sequence[str] = SANITIZERS) -> Path:
    """Return a program of these sources, compiled where it is not there yet."""
    options = [NATIVE / "tests" / "sanitizers.c"] if flags else []
    return link(sources[0].stem, [compile_object(source, flags) for source in [*sources, *options]], flags)


def compile_object(source: Path, flags: Sequence[str]) -> Path:
    """Return the object of a source, compiled where it is not there yet. Safe to call from many processes at once."""
    digest = hashlib.sha256("\0".join([*_FLAGS, *flags]).encode() + source.read_bytes() + _headers())
    target = _CACHE / f"{source.stem}-{digest.hexdigest()[:16]}.o"
    return _made(target, [*_FLAGS, *flags, "-c", str(source)])


def link(name: str, objects: Sequence[Path], flags: Sequence[str]) -> Path:
    """Return a program of these objects, linked where it is not there yet."""
    digest = hashlib.sha256("\0".join([*flags, *(path.name for path in objects)]).encode())
    return _made(
        _CACHE / f"{name}-{digest.hexdigest()[:16]}", [*flags, "-pthread", *map(str, objects), "-ldl"]
    )


@functools.cache
def _headers() -> bytes:
    return b"".join(path.read_bytes() for path in sorted(NATIVE.glob("*/*.h")))


def _made(target: Path, arguments: Sequence[str]) -> Path:
    if target.exists():
        return target
    _CACHE.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        # Others wait for this one, and find it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            part = target.with_suffix(".part")
            command = [find_gcc(), *arguments, "-o", str(part)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S)
            assert done.returncode == 0, done.stderr
            os.replace(part, target)
    return target
