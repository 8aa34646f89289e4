"""Brings a database to the tables this version needs, on one machine, on a cluster and in ClickHouse Cloud.

The statements are the same everywhere but for the engine clause, which a migration writes as `ENGINE = @Engine(…)`,
and for the comment `-- shard: column` above a table: what a cluster spreads its rows by.

Replicated tables: https://clickhouse.com/docs/engines/table-engines/mergetree-family/replication; Distributed:
https://clickhouse.com/docs/engines/table-engines/special/distributed; ClickHouse Cloud turns MergeTree into
SharedMergeTree by itself: https://clickhouse.com/docs/cloud/reference/shared-merge-tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from dayfly.errors import DayflyError
from dayfly.fleet.store.backfilling import backfill
from dayfly.fleet.store.sqlfiles import SqlFile, read_folder, read_sql

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Store

_TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
_VIEW = re.compile(r"^CREATE MATERIALIZED VIEW (\w+) TO (\w+)", re.MULTILINE)
_READS = re.compile(r"^FROM (\w+)$", re.MULTILINE)
_COLUMN = re.compile(r"^ALTER TABLE (\w+) (?:ADD|RENAME) COLUMN IF (?:NOT )?EXISTS ", re.MULTILINE)
_ENGINE = re.compile(r"ENGINE = @(\w+)\(([^)]*)\)")
_SHARD = re.compile(r"^-- shard: (\w+)$", re.MULTILINE)
_CLUSTER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# By default ClickHouse does not sync an insert to disk: 3 calls for 50 inserts were counted.
_DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1"
# So many inserts back a token is known: at one a second, nearly three hours of a sender's retries.
_DEDUPLICATION_WINDOW = 10_000


class Deployment(StrEnum):
    """What stands behind the store; decides the engine clause and nothing else."""

    SINGLE = "single"
    CLUSTER = "cluster"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ours and the column a cluster spreads its rows by."""

    name: str
    shard: str


def tables() -> list[Table]:
    """Return every table that the migrations make, in their order."""
    found = []
    for file in migrations():
        for statement in file.statements:
            if (table := _TABLE.search(statement)) is not None:
                shard = _SHARD.search(statement)
                found.append(Table(table[1], shard[1] if shard else ""))
    return found


def migrations() -> list[SqlFile]:
    """Return the migrations in the order they are applied."""
    return read_folder("dayfly.fleet.store", "migrations")


def statements_for(file: SqlFile, deployment: Deployment, *, cluster: str = "") -> list[str]:
    """Return a migration's statements as `deployment` needs them; `cluster` names a self-managed cluster.

    Raises DayflyError for a cluster's name that is none.
    """
    if deployment is Deployment.CLUSTER and not _CLUSTER.fullmatch(cluster):
        raise DayflyError(
            f"{cluster!r} is not a valid cluster name",
            hint="use the name that system.clusters shows, for example --cluster main",
        )
    return [made for statement in file.statements for made in _adapt(statement, deployment, cluster)]


def migrate(store: Store, deployment: Deployment, *, cluster: str = "") -> list[str]:
    """Apply what was not applied yet and return its names; may be called at every start, before anything is written.

    Raises DayflyError where the database is newer than this version of Dayfly.
    """
    for statement in _adapt(_ledger_statement(), deployment, cluster):
        store.command(statement)
    applied = {str(row["name"]) for row in store.rows(_file("applied_migrations"))}
    known = migrations()
    if strangers := applied - {file.name for file in known}:
        raise DayflyError(
            f"the store was created by a newer version of Dayfly: it has {', '.join(sorted(strangers))}",
            hint="run that version, or choose another folder or database",
        )
    done = []
    for file in known:
        if file.name in applied:
            continue
        for statement in statements_for(file, deployment, cluster=cluster):
            store.command(statement)
        is_cluster = deployment is Deployment.CLUSTER
        for statement in file.statements:
            backfill(
                store,
                statement,
                local="_local" if is_cluster else "",
                where=f" ON CLUSTER '{cluster}'" if is_cluster else "",
            )
        store.command(_file("record_migration").text, {"name": file.name})
        done.append(file.name)
    return done


def _adapt(statement: str, deployment: Deployment, cluster: str) -> list[str]:
    if (view := _VIEW.search(statement)) is not None:
        return [_adapt_view(statement, view, cluster if deployment is Deployment.CLUSTER else "")]
    if (column := _COLUMN.search(statement)) is not None:
        return _adapt_column(statement, column, cluster if deployment is Deployment.CLUSTER else "")
    table = _TABLE.search(statement)
    if table is None:
        return [statement]
    name = table[1]
    guarded = statement.replace(f"CREATE TABLE {name}", f"CREATE TABLE IF NOT EXISTS {name}", 1)
    match deployment:
        case Deployment.SINGLE:
            made = _ENGINE.sub(r"ENGINE = \1(\2)", guarded)
            return [
                f"{made}\n{_settings(made)} {_DURABLE}, non_replicated_deduplication_window = {_DEDUPLICATION_WINDOW}"
            ]
        case Deployment.CLOUD:
            return [_ENGINE.sub(r"ENGINE = \1(\2)", guarded)]
        case Deployment.CLUSTER:
            local = statement.replace(
                f"CREATE TABLE {name}", f"CREATE TABLE IF NOT EXISTS {name}_local ON CLUSTER '{cluster}'", 1
            )
            made = _ENGINE.sub(_replicated, local)
            shard = _SHARD.search(statement)
            key = f"sipHash64({shard[1]})" if shard else "rand()"
            return [
                f"{made}\n{_settings(made)} {_DURABLE}, replicated_deduplication_window = {_DEDUPLICATION_WINDOW}",
                (
                    f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER '{cluster}' AS {name}_local\n"
                    f"ENGINE = Distributed('{cluster}', currentDatabase(), '{name}_local', {key})"
                ),
            ]
        case _:
            assert_never(deployment)


def _adapt_view(statement: str, view: re.Match[str], cluster: str) -> str:
    """On a cluster every shard fills its own part of the aggregate from its own part of the lines."""
    begin = f"CREATE MATERIALIZED VIEW IF NOT EXISTS {view[1]}"
    if not cluster:
        return statement.replace(view[0], f"{begin} TO {view[2]}", 1)
    local = statement.replace(view[0], f"{begin} ON CLUSTER '{cluster}' TO {view[2]}_local", 1)
    read = _READS.search(local)
    if read is None:
        raise ValueError(f"the view {view[1]} has no separate line with the table that it reads")
    return local.replace(read[0], f"FROM {read[1]}_local AS {read[1]}", 1)


def _adapt_column(statement: str, column: re.Match[str], cluster: str) -> list[str]:
    """On a cluster the table that spreads rows must have the column, too; the rows' own comes first."""
    if not cluster:
        return [statement]
    return [
        statement.replace(column[0], column[0].replace(column[1], f"{name} ON CLUSTER '{cluster}'", 1), 1)
        for name in (f"{column[1]}_local", column[1])
    ]


def _settings(statement: str) -> str:
    return "," if "\nSETTINGS " in statement else "SETTINGS"


def _replicated(match: re.Match[str]) -> str:
    where = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
    return f"ENGINE = Replicated{match[1]}({where}{', ' + match[2] if match[2] else ''})"


def _ledger_statement() -> str:
    return _file("migrations_table").text.strip().removesuffix(";")


def _file(name: str) -> SqlFile:
    return read_sql("dayfly.fleet.store", f"sql/{name}")
