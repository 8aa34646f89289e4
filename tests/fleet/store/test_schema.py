"""The same tables on one machine, on a cluster and in ClickHouse Cloud."""

from __future__ import annotations

import re

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.store.schema import Deployment, migrate, migrations, statements_for, tables
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store, StoreError

# No keeper and no cluster here: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_ABSENT = {
    139: "NO_ELEMENTS_IN_CONFIG",
    225: "NO_ZOOKEEPER",
    # What ALTER … ON CLUSTER says where CREATE says one of the others.
    392: "QUERY_IS_PROHIBITED",
    701: "CLUSTER_DOESNT_EXIST",
    999: "KEEPER_EXCEPTION",
}
_CREATED = parse_sql(
    "created", "SELECT name, create_table_query AS text FROM system.tables WHERE database = currentDatabase()"
)


def test_a_clusters_statements_fail_for_want_of_a_cluster_alone(store: Store) -> None:
    """Each parses; each table's own statement is right where no keeper is needed; the cluster is all that is missing."""
    statements = [
        one for file in migrations() for one in statements_for(file, Deployment.CLUSTER, cluster="main")
    ]
    assert len(statements) >= 2 * len(tables()) - 2
    for statement in statements:
        store.command(f"EXPLAIN AST {statement}")
        if "Replicated" in statement or "MATERIALIZED VIEW" in statement:
            alone = re.sub(r"Replicated(\w+)\('[^']*', '[^']*'(?:, )?", r"\1(", statement)
            alone = alone.replace("replicated_dedup", "non_replicated_dedup").replace(
                " ON CLUSTER 'main'", ""
            )
            store.command(re.sub(r"VIEW IF NOT EXISTS (\w+)", r"VIEW IF NOT EXISTS \1_of_cluster", alone))
        if "ENGINE = Distributed" in statement:
            # The tests' server has a cluster of its own, whose shards are that server.
            over = statement.replace(" ON CLUSTER 'main'", "").replace("'main'", "'shards'")
            name = re.search(r"EXISTS (\w+)", over)
            assert name is not None
            store.command(over.replace(name[0], f"{name[0]}_over"))
            store.command(f"SELECT * FROM {name[1]}_over LIMIT 1 FORMAT Null")
        with pytest.raises(StoreError) as caught:
            store.command(statement)
        assert caught.value.code in _ABSENT, caught.value.message


def test_a_clusters_new_column_comes_to_the_rows_and_to_what_spreads_them() -> None:
    alters = [
        one
        for file in migrations()
        for one in statements_for(file, Deployment.CLUSTER, cluster="main")
        if "ADD COLUMN" in one
    ]
    names = re.findall(r"ALTER TABLE (\w+) ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS", "\n".join(alters))
    assert names
    assert len(names) == len(alters)
    assert [f"{name}_local" for name in names[1::2]] == names[::2]


def test_cloud_says_merge_tree_and_no_settings_of_a_disk(store: Store) -> None:
    statements = [one for file in migrations() for one in statements_for(file, Deployment.CLOUD)]
    assert statements
    assert not any("Replicated" in one or "fsync" in one or "@" in one for one in statements)
    for row in store.rows(_CREATED):
        store.command("DROP TABLE {name:Identifier} SYNC", {"name": row["name"]})
    for statement in statements:
        store.command(statement)


def test_a_single_server_syncs_what_it_acknowledges(store: Store) -> None:
    texts = [str(row["text"]) for row in store.rows(_CREATED) if "MergeTree" in str(row["text"])]
    assert texts
    for text in texts:
        if "MATERIALIZED VIEW" not in text:
            assert "fsync_after_insert = 1" in text
            assert "non_replicated_deduplication_window" in text


def test_a_cluster_without_a_name_is_refused() -> None:
    for name in ("", "a b", "x'"):
        with pytest.raises(DayflyError, match="not a valid cluster name"):
            statements_for(migrations()[0], Deployment.CLUSTER, cluster=name)


def test_a_store_of_a_newer_dayfly_is_refused(store: Store) -> None:
    store.command("INSERT INTO migrations (name) SELECT '9999_future'")
    with pytest.raises(DayflyError, match="newer version of Dayfly: it has 9999_future") as caught:
        migrate(store, Deployment.SINGLE)
    assert "another folder" in caught.value.hint
