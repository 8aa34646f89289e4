"""The watch tells reached functions once each, in order with tests, and leaves the process as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dayfly

INSIDE = Path(dayfly.__file__).parent / "lab" / "plan" / "inside"
APP = """
def first(): return [second() for _ in range(3)]
def second(): return 1
class Thing:
    def method(self): return (lambda: 2)()
"""
needs_monitoring = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no sys.monitoring")


def run(
    folder: Path, code: str, *, suite: bool
) -> tuple[list[dict[str, object]], subprocess.CompletedProcess[str]]:
    lines = folder / "lines"
    lines.mkdir()
    (folder / "package").mkdir()
    (folder / "package" / "app.py").write_text(APP)
    orders = {
        "folder": str(lines) if suite else "",
        "root": str(folder / "package"),
        "vendored": [],
        "handler": "",
        "dayfly": str(Path(dayfly.__file__).parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PYTHONPATH": f"{INSIDE}:{folder / 'package'}",
            "DAYFLY_LEARN_WATCH": json.dumps(orders),
            "PATH": "/usr/bin",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = "".join(file.read_text() for file in lines.iterdir()) if suite else done.stderr
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")], done


@needs_monitoring
def test_functions_are_told_once_and_lambdas_are_none(tmp_path: Path) -> None:
    found, done = run(
        tmp_path, "import app; app.first(); app.first(); app.Thing().method(); print('out')", suite=False
    )
    assert [line["reached"] for line in found] == [
        "app.py:2 first",
        "app.py:3 second",
        "app.py:5 Thing.method",
    ]
    assert done.stdout == "out\n"


@needs_monitoring
def test_a_fork_tells_again_what_it_reaches(tmp_path: Path) -> None:
    code = "import app, os; app.second()\nif os.fork() == 0:\n app.Thing().method(); os._exit(0)\nos.wait()"
    found, _ = run(tmp_path, code, suite=False)
    assert {"reached": "app.py:5 Thing.method"} in found


def test_uses_stand_behind_the_test_that_runs_and_again_for_the_next(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "def test_x(): return os.environ['KEY']\n"
        "os.environ['KEY'] = '1'\n"
        "for name in ('t.py::a (setup)', 't.py::a (call)', 't.py::b (call)'):\n"
        "    os.environ['PYTEST_CURRENT_TEST'] = name\n"
        "    test_x()\n"
        "os.environ.pop('PYTEST_CURRENT_TEST')\n"
    )
    found, done = run(tmp_path, code, suite=True)
    assert done.returncode == 0, done.stderr
    told = [
        line["test"] if "test" in line else line["target"]
        for line in found
        if line.get("target") in (None, "KEY")
    ]
    assert told == ["t.py::a", "KEY", "t.py::b", "KEY"]


def test_a_process_that_cannot_be_recorded_goes_on_and_says_why(tmp_path: Path) -> None:
    orders = {
        "folder": str(tmp_path),
        "root": str(tmp_path),
        "vendored": [],
        "handler": 7,
        "dayfly": "/nowhere",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(INSIDE)!r})\nimport sitecustomize; print('on')",
        ],
        env={"DAYFLY_LEARN_WATCH": json.dumps(orders)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "on\n", done.stderr
    assert (tmp_path / "failed").read_text().strip()
