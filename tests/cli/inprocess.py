"""Runs a command of `dayfly` in the test's own process: starting another one takes a second."""

from __future__ import annotations

import contextlib
import io
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from dayfly.cli import main as command


def invoke(
    *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Exit code, standard output and standard error of `dayfly ARGUMENTS`; an exception is the test's failure."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        code = command.run([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())
