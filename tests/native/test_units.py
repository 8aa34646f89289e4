"""Builds the C unit tests with the address and undefined-behaviour sanitizers, and runs them over real processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from native.build import NATIVE
from tests.native.compiled import compile_program, supervisor_library

_TESTS = sorted((NATIVE / "tests").glob("test_*.c"))
# What a test exits with where the machine lets nobody have namespaces.
_SKIPPED = 77
_LIMIT_S = 300


def test_there_are_unit_tests() -> None:
    assert _TESTS


@pytest.mark.parametrize("source", _TESTS, ids=lambda path: path.stem)
def test_unit(source: Path) -> None:
    program = compile_program([source], library=supervisor_library())
    done = subprocess.run([program], capture_output=True, text=True, timeout=_LIMIT_S)
    if done.returncode == _SKIPPED:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
