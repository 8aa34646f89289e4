"""Asks everything twice: of the tables, and of two simulated shards through ClickHouse's distributed pipeline.

Every rule over the whole day, and every query that the console's pages ask; the answers must be the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.fleet.pages import Listening, visit
from bench.fleet.size import Measured
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import Detection
from dayfly.fleet.store.schema import tables
from dayfly.fleet.store.store import Place, Row, Store, StoreError

_DATABASE = "dayfly_shards"


def measure(measured: Measured) -> dict[str, object]:
    """Which rules and queries answer otherwise, and how long each way takes."""
    store, day = measured.store, measured.day
    listening = Listening(store)
    # A view does not pass FINAL on to the tables behind it, as a Distributed table does.
    for table in ("detections", "findings", "environments", "packages", "behaviours"):
        store.command("OPTIMIZE TABLE {table:Identifier} FINAL", {"table": table})
    visit(measured, listening, times=1)
    with Store(Place(folder=store.folder), database=_DATABASE) as shards:
        _make_views(store, shards)
        rules = []
        for rule in load_rules():
            row: dict[str, object] = {"rule": rule.name}
            answers = []
            for name, reader in (("whole_s", store), ("shards_s", shards)):
                began = time.perf_counter()
                try:
                    answers.append(_told(run_rule(reader, rule, start=day.begin, now=day.end).detections))
                except StoreError as error:
                    answers.append([error.message[:200]])
                row[name] = round(time.perf_counter() - began, 2)
            rules.append({**row, "found": len(answers[0]), "same": answers[0] == answers[1]})
        queries: dict[str, bool] = {}
        for query, parameters, _, found in listening.asked:
            if query.name not in queries or queries[query.name]:
                try:
                    again = shards.rows(query, parameters)
                    # A t-digest of two halves is not quite that of the whole.
                    exact = "quantile" not in query.text
                    queries[query.name] = _sorted(again, exact=exact) == _sorted(found, exact=exact)
                except StoreError:
                    queries[query.name] = False
    return {
        "rules": rules,
        "pages_queries": len(queries),
        "pages_queries_that_differ": sorted(name for name, same in queries.items() if not same),
    }


def _make_views(store: Store, shards: Store) -> None:
    for table in tables():
        shards.command(
            f"CREATE OR REPLACE VIEW {table.name} AS SELECT * FROM remote('127.0.0.1,127.0.0.1', view("
            f"SELECT * FROM {store.database}.{table.name} WHERE sipHash64({table.shard}) % 2 = shardNum() - 1))"
        )


def _told(detections: Sequence[Detection]) -> list[str]:
    return sorted(
        f"{one.uid} {one.severity} {one.events} {one.environments_all} {sorted(one.functions)} {one.first_time} {one.last_time}"
        for one in detections
    )


def _sorted(rows: Sequence[Row], *, exact: bool) -> list[str]:
    return sorted(
        str(sorted((name, _settled(value, exact=exact)) for name, value in row.items())) for row in rows
    )


def _settled(value: object, *, exact: bool) -> object:
    """Sums of floats and the order of what is gathered depend on the order of reading."""
    if isinstance(value, float):
        return f"{value:.6g}" if exact else "about"
    if isinstance(value, list | tuple):
        return sorted(str(_settled(one, exact=exact)) for one in value)
    return value
