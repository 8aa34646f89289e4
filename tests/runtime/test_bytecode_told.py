"""An installed wheel without bytecode is named in the first log line, with its fix; one with bytecode is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.interpreters import UV
from tests.layer.managed import started_as
from tests.runtimes import RuntimeProcess
from tests.wheels import RUNTIME, wheel_of

_HANDLER = "def handler(event, context):\n    return 1\n"


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=500)
    return done.stdout


def _installed(folder: Path, *options: str) -> Path:
    python = folder / "environment" / "bin" / "python"
    _run(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "environment"))
    _run(UV, "pip", "install", "--quiet", "--python", str(python), *options, str(wheel_of(RUNTIME)))
    return python


def _first_line(python: Path, folder: Path) -> dict[str, object]:
    (folder / "app.py").write_text(_HANDLER)
    with RuntimeProcess(
        folder, "app.handler", runtime="dayfly", interpreter=python, telemetry=True
    ) as runtime:
        assert runtime.invoke({}).payload == 1
        return started_as(runtime)


@pytest.mark.slow  # builds and installs a wheel
def test_a_wheel_that_uv_installed_without_bytecode_is_named_with_its_fix(tmp_path: Path) -> None:
    python = _installed(tmp_path)
    # The first start writes bytecode where it can: it was missing all the same.
    started = _first_line(python, tmp_path)
    assert "Dayfly's bytecode is missing" in str(started["bytecode"])
    assert any("--compile-bytecode" in limit for limit in _limits(started))


@pytest.mark.slow  # builds and installs a wheel
def test_a_wheel_with_bytecode_is_not_named_until_its_bytecode_is_stale(tmp_path: Path) -> None:
    python = _installed(tmp_path, "--compile-bytecode")
    # What was written as a start began counts as written by it.
    written = max(path.stat().st_ctime for path in tmp_path.glob("environment/lib/**/*.pyc"))
    while time.time() < written + 0.5:
        os.sched_yield()
    started = _first_line(python, tmp_path)
    assert "bytecode" not in started
    assert not [limit for limit in _limits(started) if "compile-bytecode" in limit]
    for source in tmp_path.glob("environment/lib/python*/site-packages/dayfly/**/*.py"):
        source.touch()
    code = "from dayfly.runtime import bytecode, startup; print(bytecode.judge_bytecode())"
    assert "older than its source files" in _run(str(python), "-B", "-c", code)


def _limits(started: dict[str, object]) -> list[str]:
    limits = started["not_promised"]
    assert isinstance(limits, list), json.dumps(started)
    return [str(limit) for limit in limits]
