"""Runs one rule over one span of time, and nothing else of it: what it found comes back as detections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from dayfly.fleet.detections.concluding import detection_from
from dayfly.fleet.detections.rules import SUSPECT_COLUMNS
from dayfly.fleet.store.sqlfiles import SqlFile, read_sql

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.records.rows import Detection
    from dayfly.fleet.store.store import Row, Store

# A rule that finds more than this has found no attack but its own mistake: the worst are kept, the rest is counted.
MOST = 100
# Of users' rules, beside what `ownrules.checking` lets through: they write nothing, and one cannot take the store's memory.
_OWN: Mapping[str, object] = MappingProxyType(
    {
        "readonly": 2,
        "max_memory_usage": 300_000_000,
        "max_rows_to_read": 500_000_000,
        "max_result_rows": 100_000,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found: at most MOST detections, the worst, out of `all`."""

    detections: list[Detection]
    all: int


def find_suspects(store: Store, rule: Rule, *, start: float, now: float, threads: int = 0) -> list[Row]:
    """Return what the rule's cheap query suspects over [start, now); raises StoreError. Only for a rule that has one."""
    assert rule.suspects is not None
    return store.rows(rule.suspects, _parameters(rule, start, now), settings=_settings(rule, threads))


def run_rule(
    store: Store,
    rule: Rule,
    *,
    start: float,
    now: float,
    most: int = MOST,
    suspects: Sequence[Row] | None = None,
    threads: int = 0,
) -> Found:
    """Run `rule` over [start, now). Raises StoreError where it fails or takes longer than its limit.

    `suspects` are those of `find_suspects` over the same span, None if nobody has looked yet. `threads` bounds what one
    query uses; 0 leaves it to ClickHouse.
    """
    parameters = {**_parameters(rule, start, now), "most": most}
    if rule.suspects is not None:
        if suspects is None:
            suspects = find_suspects(store, rule, start=start, now=now, threads=threads)
        if not suspects:
            return Found([], 0)
        parameters |= _named(suspects)
    bounded = read_sql("dayfly.fleet.detections", "sql/bounded")
    query = SqlFile(rule.name, {}, bounded.body.replace("@Rule", rule.sql.body, 1))
    rows = store.rows(query, parameters, settings=_settings(rule, threads))
    found = [detection_from(rule, row, updated=now) for row in rows]
    return Found(found, cast(int, rows[0]["found"]) if rows else 0)


def _named(suspects: Sequence[Row]) -> dict[str, list[object]]:
    """The columns of a query for suspects as a rule's parameters, each value once; the empty ones tell nothing."""
    return {
        parameter: list(dict.fromkeys(row[column] for row in suspects if row[column]))
        for column, parameter in SUSPECT_COLUMNS.items()
        if column in suspects[0]
    }


def _parameters(rule: Rule, start: float, now: float) -> dict[str, object]:
    return {**rule.parameters(), "start": moment(start), "now": moment(now)}


def _settings(rule: Rule, threads: int) -> dict[str, object]:
    bound = {"max_threads": threads} if threads else {}
    return {"max_execution_time": rule.limit, **bound, **(_OWN if rule.own else {})}


def moment(time: float) -> str:
    """Return a time as ClickHouse reads it in any time zone: seconds since the epoch."""
    return f"{time:.3f}"
