"""A test's store is empty, whatever the test before it left."""

from __future__ import annotations

from tests.fleet.conftest import Databases

from dayfly.fleet.records.rows import Invocation
from dayfly.fleet.store.sqlfiles import SqlFile
from dayfly.fleet.store.store import Store

_ROWS = [
    Invocation(time=1_764_000_000.0 + number, function="checkout", environment=1, sequence=number)
    for number in range(10)
]
_COUNT = SqlFile("count", {}, "SELECT count() AS count FROM invocations")


def _count(store: Store) -> int:
    return int(str(store.rows(_COUNT)[0]["count"]))


def test_a_database_that_is_used_again_has_forgotten_rows_and_tokens(databases: Databases) -> None:
    for _ in range(2):
        with databases.borrow() as store:
            first = store.database
            assert _count(store) == 0
            store.insert("invocations", _ROWS, token="request-1")
            assert _count(store) == 10
    with databases.borrow() as store:
        assert store.database == first


def test_a_database_whose_tables_were_changed_is_not_used_again(databases: Databases) -> None:
    with databases.borrow() as store:
        first = store.database
        store.command("ALTER TABLE invocations ADD COLUMN surprise UInt8")
    with databases.borrow() as store:
        assert store.database != first
