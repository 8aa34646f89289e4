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
_LIMIT_S = 500


def find_gcc() -> str:
    """Return the compiler, or skip the test where there is none."""
    found = shutil.which("gcc")
    if found is None:
        pytest.skip("there is no gcc")
    return found


def supervisor_library(flags: Sequence[str] = SANITIZERS) -> Path:
    """Return an archive of the supervisor without its `main`: a program takes from it what it needs."""
    sources = sorted(path for path in (NATIVE / "supervisor").glob("*.c") if path.name != "main.c")
    objects = [_object(source, flags) for source in sources]
    return _made(_CACHE / f"supervisor-{_name(objects)}.a", ["ar", "rcs"], objects)


def compile_program(
    sources: Sequence[Path],
    flags: Sequence[str] = SANITIZERS,
    *,
    covered: Sequence[str] = (),
    library: Path | None = None,
) -> Path:
    """Return a program of these sources and a library, compiled where it is not there yet.

    Those of `sources` that are `covered`, by name, are compiled as the library with COVERAGE is.
    """
    options = [NATIVE / "tests" / "sanitizers.c"] if flags else []
    objects = [
        _object(source, (*flags, *COVERAGE) if source.name in covered else flags)
        for source in [*sources, *options]
    ]
    linked = [*objects, *([library] if library is not None else [])]
    target = _CACHE / f"{sources[0].stem}-{_name(linked)}"
    return _made(target, [find_gcc(), *flags, "-pthread", "-o"], [*linked, "-ldl"])


def _object(source: Path, flags: Sequence[str]) -> Path:
    digest = hashlib.sha256("\0".join([*_FLAGS, *flags]).encode() + source.read_bytes() + _headers())
    target = _CACHE / f"{source.stem}-{digest.hexdigest()[:16]}.o"
    return _made(target, [find_gcc(), *_FLAGS, *flags, "-c", "-o"], [source])


def _name(parts: Sequence[Path]) -> str:
    return hashlib.sha256("\0".join(path.name for path in parts).encode()).hexdigest()[:16]


@functools.cache
def _headers() -> bytes:
    return b"".join(path.read_bytes() for path in sorted(NATIVE.glob("*/*.h")))


def _made(target: Path, command: Sequence[str], parts: Sequence[Path | str]) -> Path:
    """Return what the command makes of the parts, made where it is not there yet. Safe to call from many processes."""
    if target.exists():
        return target
    _CACHE.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        # Others wait for this one, and find it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            part = target.with_suffix(".part")
            done = subprocess.run([*command, part, *parts], capture_output=True, text=True, timeout=_LIMIT_S)
            assert done.returncode == 0, done.stderr
            os.replace(part, target)
    return target
