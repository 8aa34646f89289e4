"""The embedded store in a process of its own: limits, streaming, a full disk, backups, retention and an older folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run_embedded(name: str, *arguments: object, timeout: float = 60) -> dict[str, object]:
    """Run a function of tests.fleet.store.embedded in a fresh process and return what it found."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fleet.store.embedded", name, *map(str, arguments)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_a_big_result_streams_in_little_memory_and_ends_when_closed(tmp_path: Path) -> None:
    found = run_embedded("stream", tmp_path)
    assert found["rows"] == 3_000_000
    assert found["first"] == {"number": 0, "text": "0"}
    assert float(str(found["grown_mb"])) < 150
    assert found["after_closing"] == 1


def test_what_asks_for_too_much_is_ended_and_the_store_serves_on(tmp_path: Path) -> None:
    found = run_embedded("limits", tmp_path)
    assert found["memory"] == "too big"
    assert found["time"] == "too big"
    assert found["afterwards"] == 1


def test_a_forked_child_fails_loudly(tmp_path: Path) -> None:
    assert run_embedded("fork", tmp_path) == {"child": 7, "parent": 1}


def test_rows_of_many_days_are_one_insert(tmp_path: Path) -> None:
    assert run_embedded("days", tmp_path) == {"rows": 120, "days": 120}


def test_a_backup_comes_back_with_every_row(tmp_path: Path) -> None:
    found = run_embedded("backup", tmp_path)
    assert found["before"] == found["restored"] == 1000
    assert found["lost"] == 0
    assert "already" in str(found["again"])


def test_a_folder_of_the_first_migration_alone_is_brought_up_to_date(tmp_path: Path) -> None:
    found = run_embedded("older", tmp_path)
    assert found["rows"] == 13
    # Views see what comes in after they were made; what was there before is counted, too, and once.
    assert found["aggregates"] == {"routes": 13, "lives": 13, "failures": 3}
    assert found["applied"] == found["known"]


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_full_disk_is_told_and_costs_nothing_that_was_written(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "dayfly-test", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        found = run_embedded("full", tmp_path)
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)
    assert found["trouble"] == "full"
    assert found["kept"] == found["acknowledged"]
    assert found["writes_again"] is True
