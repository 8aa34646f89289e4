"""A store for every test: one engine per test process, one database per test, whole and as two shards."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from tests.fleet.sharded import shard

from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store

_numbers = itertools.count(1)


# A machine that is busy with other things makes inputs slowly, and that is no fault of a test.
hypothesis.settings.register_profile(
    "fleet", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fleet")


@pytest.fixture(scope="session")
def clickhouse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ClickHouse over HTTP whose engine is a process of its own: this one may fork."""
    folder = tmp_path_factory.mktemp("clickhouse")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fleet.clickhouse_server", str(folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
        process.communicate("")


@pytest.fixture
def store(clickhouse_url: str) -> Iterator[Store]:
    """An empty store with every table, in a database of its own."""
    with Store(Place.parse(clickhouse_url), database=f"test_{next(_numbers)}") as opened:
        migrate(opened, Deployment.SINGLE)
        yield opened
        opened.command("DROP DATABASE {database:Identifier}", {"database": opened.database})


@pytest.fixture
def shards(clickhouse_url: str, store: Store) -> Iterator[Store]:
    """The same rows behind ClickHouse's distributed pipeline: tables of its Distributed engine over two shards."""
    database = f"{store.database}_shards"
    with Store(Place.parse(clickhouse_url), database=database) as opened:
        shard(opened, of=store)
        yield opened
        opened.command("DROP DATABASE {database:Identifier}", {"database": database})
