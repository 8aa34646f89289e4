"""Every workload runs and answers alike, and every benchmark of pyperformance is either one or left out with a reason."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import pytest
from bench.workloads.catalogue import (
    ALL,
    BY_NAME,
    HANDLERS,
    LEFT_OUT,
    OWN,
    PUBLIC,
    QUICK,
    REQUIREMENTS,
    SOURCES,
)
from tests.real.environment import real_python

# Calls each function in a process of its own, twice for one event, and prints what came of it as JSON.
CALL = """
import importlib, json, os, sys
module, name = sys.argv[1].split(".")
handler = getattr(importlib.import_module(module), name)
first, second = (json.dumps(handler({"number": 3}, None)) for _ in range(2))
print(json.dumps([first == second, len(first)]))
"""


def test_names_are_unique_and_each_of_ours_is_a_documented_file() -> None:
    assert len(BY_NAME) == len(ALL) > 20
    assert 0 < len(QUICK) < len(ALL)
    assert all(workload in ALL for workload in QUICK)
    for workload in OWN:
        tree = ast.parse((HANDLERS / f"{workload.handler.partition('.')[0]}.py").read_text())
        assert ast.get_docstring(tree)
        assert workload.suite in SOURCES
    files = {path.stem for path in HANDLERS.glob("*.py")}
    assert files == {workload.name for workload in OWN} | {"graphs", "public"}


def test_every_package_is_pinned_with_its_hashes() -> None:
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and line[0].isalpha()]
    assert len(lines) > 10
    assert all("==" in line and line.endswith("\\") for line in lines)


@pytest.mark.slow
def test_every_benchmark_of_pyperformance_is_here_or_left_out_with_a_reason() -> None:
    asked = "import pyperformance, os; print(os.path.dirname(pyperformance.__file__))"
    folder = subprocess.run(
        [real_python(REQUIREMENTS), "-c", asked], capture_output=True, text=True, check=True
    ).stdout.strip()
    scripts = {
        path.parent.name[3:] for path in Path(folder, "data-files/benchmarks").glob("bm_*/run_benchmark.py")
    }
    used = {workload.environment["SCRIPT"] for workload in PUBLIC}
    assert scripts
    assert used | set(LEFT_OUT) == scripts
    assert not used & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


@pytest.mark.slow
def test_every_workload_gives_one_event_one_answer() -> None:
    python = real_python(REQUIREMENTS)
    for workload in ALL:
        done = subprocess.run(
            [python, "-B", "-c", CALL, workload.handler],
            cwd=HANDLERS,
            env={"PATH": "/usr/bin:/bin", **workload.environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{workload.name}: {done.stderr[-2000:]}"
        is_same, size = json.loads(done.stdout.splitlines()[-1])
        assert is_same, workload.name
        assert 2 < size < 6_000_000
