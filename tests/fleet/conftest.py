"""A store for every test: one engine per test process, one database per test, whole and as two shards."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fleet.sharded import shard

from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.sqlfiles import SqlFile
from dayfly.fleet.store.store import Place, Store

_numbers = itertools.count(1)
_TABLES = SqlFile(
    "tables",
    {},
    "SELECT name, create_table_query AS definition, ifNull(total_rows, 0) AS count FROM system.tables "
    "WHERE database = {database:String}",
)


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


class Databases:
    """Databases with every table that are used again, emptied: making and opening one takes longer than most tests."""

    def __init__(self, url: str) -> None:
        self._place = Place.parse(url)
        self._free: list[Store] = []
        self._made: dict[str, dict[str, tuple[str, int]]] = {}
        self.sharded: set[str] = set()

    def __enter__(self) -> Databases:
        return self

    def __exit__(self, *_: object) -> None:
        for opened in self._free:
            opened.close()

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Store]:
        """An empty store; what is left in it goes, and all of it if its tables are not what they were."""
        opened = self._free.pop() if self._free else self._make()
        try:
            yield opened
        except BaseException:
            opened.close()
            raise
        if self._empty(opened):
            self._free.append(opened)
        else:
            opened.command("DROP DATABASE {database:Identifier}", {"database": opened.database})
            opened.close()

    def _make(self) -> Store:
        made = Store(self._place, database=f"test_{next(_numbers)}")
        migrate(made, Deployment.SINGLE)
        self._made[made.database] = self._tables(made)
        return made

    def _tables(self, store: Store) -> dict[str, tuple[str, int]]:
        rows = store.rows(_TABLES, {"database": store.database})
        return {str(row["name"]): (str(row["definition"]), int(str(row["count"]))) for row in rows}

    def _empty(self, store: Store) -> bool:
        made, now = self._made[store.database], self._tables(store)
        for name, (definition, count) in now.items():
            if name not in made or made[name][0] != definition:
                return False
            if count != made[name][1]:
                if made[name][1]:
                    return False
                store.command("TRUNCATE TABLE {table:Identifier}", {"table": name})
        return len(made) == len(now)


@pytest.fixture(scope="session")
def databases(clickhouse_url: str) -> Iterator[Databases]:
    """The databases of this test process."""
    with Databases(clickhouse_url) as opened:
        yield opened


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    """An empty store with every table, in a database of its own."""
    with databases.borrow() as opened:
        yield opened


@pytest.fixture
def shards(clickhouse_url: str, databases: Databases, store: Store) -> Iterator[Store]:
    """The same rows behind ClickHouse's distributed pipeline: tables of its Distributed engine over two shards."""
    database = f"{store.database}_shards"
    with Store(Place.parse(clickhouse_url), database=database) as opened:
        if database not in databases.sharded:
            shard(opened, of=store)
            databases.sharded.add(database)
        yield opened
