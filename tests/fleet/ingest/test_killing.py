"""Killed at any moment and at any step, a collector has lost nothing that it acknowledged and counted nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fleet.ingest.killing import lines_of

from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store


def _kill(store: Store, url: str, folder: Path, *, seed: int, runs: int) -> None:
    # Merged, rows that were written twice would be one, and nobody would know.
    for table in ("invocations", "batches"):
        store.command(f"SYSTEM STOP MERGES {table}")
    answer = subprocess.run(
        [sys.executable, "-m", "tests.fleet.ingest.killing", url, store.database, str(folder), str(seed), str(runs)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-3000:]
    told = json.loads(answer.stdout)
    assert told["drained"], told
    assert told["lost"] == []
    assert told["acknowledged"] > runs
    found = store.rows(
        parse_sql("count", "SELECT count() AS n, uniqExact(environment, sequence) AS lines FROM invocations")
    )
    expected = lines_of(told["sent"])
    assert found == [{"n": expected, "lines": expected}], told
    batches = store.rows(parse_sql("count", "SELECT count() AS n, uniqExact(token) AS t FROM batches"))
    assert batches == [{"n": told["sent"], "t": told["sent"]}]


def test_five_kills_lose_nothing_and_count_nothing_twice(
    store: Store, clickhouse_url: str, tmp_path: Path
) -> None:
    _kill(store, clickhouse_url, tmp_path / "fleet", seed=1, runs=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_hundred_kills_lose_nothing_and_count_nothing_twice(
    store: Store, clickhouse_url: str, tmp_path: Path, seed: int
) -> None:
    _kill(store, clickhouse_url, tmp_path / "fleet", seed=seed, runs=20)
