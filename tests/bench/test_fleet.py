"""`python -m bench fleet` measures everything on a small day, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.nightly
def test_everything_is_measured_and_the_day_is_kept(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench",
        "fleet",
        "--rows",
        "30000",
        "--folder",
        str(tmp_path),
        "--seconds",
        "3",
    ]
    done = subprocess.run(
        [*command, "day", "detections", "pages", "shards", "soak"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads(done.stdout)["results"]
    assert results["day"]["invocations"] > 30_000
    assert results["detections"]["rules"]
    assert all(rule["error"] == "" for rule in results["detections"]["rules"])
    assert all(page["status"] == 200 for page in results["pages"]["pages"])
    assert all(rule["same"] for rule in results["shards"]["rules"])
    assert results["shards"]["pages_queries_that_differ"] == []
    assert results["soak"]["lines"] > 0
    assert results["soak"]["first_errors"] == []
    again = subprocess.run(
        [*command, "--markdown", "day"], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert "making a day" not in again.stderr
    assert "| invocations |" in again.stdout


def test_a_measurement_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "fleet", "nothing"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
