"""The store writes and reads rows, once per token, whole and as two shards."""

from __future__ import annotations

import pytest

from dayfly.fleet.records.rows import Invocation
from dayfly.fleet.store.schema import Deployment, migrate, migrations, tables
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Store, StoreError

_COUNT = parse_sql(
    "count", "SELECT count() AS n, uniqExact(environment) AS e FROM invocations WHERE function = {f:String}"
)


def _invocations(count: int) -> list[Invocation]:
    return [
        Invocation(
            time=1_764_000_000.125 + number, function="checkout", environment=2**63 + number, sequence=number
        )
        for number in range(count)
    ]


def test_rows_come_back_whole_and_from_two_shards(store: Store, shards: Store) -> None:
    store.insert("invocations", _invocations(100))
    for reader in (store, shards):
        assert reader.rows(_COUNT, {"f": "checkout"}) == [{"n": 100, "e": 100}]
        assert reader.rows(_COUNT, {"f": "' OR 1 --"}) == [{"n": 0, "e": 0}]


def test_a_token_writes_once(store: Store) -> None:
    for _ in range(3):
        store.insert("invocations", _invocations(10), token="request-1")
    store.insert("invocations", _invocations(10)[:1], token="request-2")
    assert store.rows(_COUNT, {"f": "checkout"})[0]["n"] == 11


def test_migrations_are_applied_once(store: Store) -> None:
    assert migrate(store, Deployment.SINGLE) == []
    assert tables()
    assert all(table.shard for table in tables())
    assert [file.name for file in migrations()] == sorted(file.name for file in migrations())


def test_a_fault_of_sql_is_a_store_error_without_a_traceback_of_clickhouse(store: Store) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        store.rows(parse_sql("bad", "SELECT * FROM nowhere"))


def test_a_url_that_is_no_clickhouse_is_refused() -> None:
    with pytest.raises(StoreError):
        Store(Place.parse("http://127.0.0.1:9"))
