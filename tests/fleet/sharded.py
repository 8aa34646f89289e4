"""Gives a database's rows to two simulated shards, behind ClickHouse's own Distributed engine."""

from __future__ import annotations

from dayfly.fleet.store.schema import tables
from dayfly.fleet.store.store import Store


def shard(shards: Store, *, of: Store) -> None:
    """Make every table in `shards`, whose rows are those of `of`.

    Each of the two "servers" of the cluster has half of them: a view that knows its shard's number.
    """
    for table in tables():
        shards.command(
            f"CREATE VIEW {table.name}_local AS SELECT * FROM {of.database}.{table.name} "
            f"WHERE sipHash64({table.shard}) % 2 = shardNum() - 1"
        )
        shards.command(
            f"CREATE TABLE {table.name} AS {of.database}.{table.name} "
            f"ENGINE = Distributed('shards', currentDatabase(), '{table.name}_local', sipHash64({table.shard}))"
        )
