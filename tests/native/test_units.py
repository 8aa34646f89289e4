"""Builds the C unit tests with the address and undefined-behaviour sanitizers, and runs them over real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_NATIVE = Path(__file__).resolve().parents[2] / "native"
_TESTS = sorted((_NATIVE / "tests").glob("test_*.c"))
_FLAGS = (
    "-std=c11",
    "-D_GNU_SOURCE",
    "-g",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-pthread",
)
# What a test exits with where the machine lets nobody have namespaces.
_SKIPPED = 77
_LIMIT_S = 300


def test_there_are_unit_tests() -> None:
    assert _TESTS


@pytest.mark.parametrize("source", _TESTS, ids=lambda path: path.stem)
def test_unit(source: Path, tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no gcc")
    parts = sorted(path for path in (_NATIVE / "supervisor").glob("*.c") if path.name != "main.c")
    program = tmp_path / source.stem
    subprocess.run([compiler, *_FLAGS, "-o", str(program), str(source), *map(str, parts)], check=True)
    # Forked children share what their parent had allocated: that is no leak.
    environ = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0"}
    done = subprocess.run(
        [str(program)], capture_output=True, text=True, timeout=_LIMIT_S, env=environ, check=False
    )
    if done.returncode == _SKIPPED:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
