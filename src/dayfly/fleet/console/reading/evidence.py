"""The rows behind a detection, queried again: never request contents, only metadata of the requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dayfly.fleet.detections.concluding import detection_of, facts_of
from dayfly.fleet.detections.rules import PACKAGE
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Row, Store

MOST = 50
_PARAMETER = re.compile(r"\{(\w+):\s*([\w(), ]+)\}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A table: its rows as they are, at most MOST of them. With a `fault` the query failed and `advice` says what to do."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    is_cut: bool
    sql: str
    fault: str = ""
    advice: str = ""


def read_evidence(store: Store, name: str, row: Row) -> tuple[Evidence, ...]:
    """Run the evidence query of a detection's rule with the detection's facts."""
    if not name:
        return ()
    try:
        query = read_sql(PACKAGE, f"evidence/{name}")
    except (FileNotFoundError, ValueError):
        return (
            Evidence(
                "Evidence",
                (),
                (),
                is_cut=False,
                sql="",
                fault=f"unknown evidence query {name!r} in the rule",
                advice="Correct the line `-- evidence:` of the rule",
            ),
        )
    detection = detection_of(row)
    facts = {
        **facts_of(detection), "environments": detection.environments, "sources": detection.sources,
        "request_ids": detection.request_ids, "functions": detection.functions, "most": MOST + 1,
    }  # fmt: skip
    facts.setdefault("start", detection.first_time)
    facts.setdefault("now", detection.last_time)
    title = query.header.get("title", "Evidence")
    wanted = dict(_PARAMETER.findall(query.text))
    if missing := [key for key in wanted if key not in facts]:
        fault = f"the detection has no value for {', '.join(missing)}"
        return (
            Evidence(
                title,
                (),
                (),
                is_cut=False,
                sql=query.text,
                fault=fault,
                advice="Add it to the facts of the rule",
            ),
        )
    values = {key: _value(facts[key], kind) for key, kind in wanted.items()}
    try:
        rows = store.rows(query, values, settings={"max_execution_time": 5})
    except StoreError as error:
        return (
            Evidence(title, (), (), is_cut=False, sql=query.text, fault=error.message, advice=error.hint),
        )
    columns = tuple(rows[0]) if rows else ()
    shown = tuple(tuple(one.values()) for one in rows[:MOST])
    return (Evidence(title, columns, shown, is_cut=len(rows) > MOST, sql=query.text),)


def _value(value: object, kind: str) -> object:
    # Seconds since the epoch, as ClickHouse reads them in any zone.
    if kind.startswith("DateTime"):
        return value if isinstance(value, datetime) else f"{float(str(value)):.3f}"
    return value
