"""Lets go of what is older than it shall be kept: whole days or months at once, which costs nothing.

A TTL of ClickHouse's would do the same some hours later, by merges, and would need every part rewritten when it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dayfly.errors import DayflyError
from dayfly.fleet.store.schema import Deployment
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

# What is small and what an investigation begins with stays longer than the lines themselves.
LONGER = {"findings": 12, "detections": 12, "environments": 3, "behaviours": 3, "api_calls": 3, "batches": 3}
# Without them nothing else can be read, or they are what people decided.
_ALWAYS = frozenset({"migrations", "triage", "packages"})
_SPAN = re.compile(r"(\d+)(d|w)?")


@dataclass(frozen=True, slots=True)
class Dropped:
    """One day or month of one table that is gone."""

    table: str
    partition: str
    rows: int
    bytes: int


def parse_keep(text: str) -> int:
    """Return the days of `30d`, `4w` or `30`; raises DayflyError for anything else and for less than one day."""
    match = _SPAN.fullmatch(text.strip())
    days = int(match[1]) * (7 if match[2] == "w" else 1) if match else 0
    if not 1 <= days <= 36_500:
        raise DayflyError(
            f"{text!r} is not a retention time", hint="use days or weeks, for example 30d or 8w"
        )
    return days


def days_by_table(days: int, tables: Mapping[str, int] | None = None) -> dict[str, int]:
    """How long each table is kept where lines are kept `days`; `tables` has what somebody wants otherwise."""
    return {**{name: days * times for name, times in LONGER.items()}, **(tables or {})}


def let_go(
    store: Store,
    days: int,
    *,
    now: datetime,
    tables: Mapping[str, int] | None = None,
    deployment: Deployment = Deployment.SINGLE,
    cluster: str = "",
) -> list[Dropped]:
    """Drop every partition whose last moment is longer ago than its table is kept, and return what is gone.

    Tables whose partitions are months keep up to a month more. To be called every hour or so; does nothing twice.
    """
    kept = days_by_table(days, tables)
    today = now.astimezone(UTC).date()
    gone = []
    for row in store.rows(read_sql("dayfly.fleet.store", "sql/partitions"), {"database": store.database}):
        stored = str(row["table"])
        name = stored.removesuffix("_local") if deployment is Deployment.CLUSTER else stored
        end = _end(str(row["partition_id"]))
        if name in _ALWAYS or end is None or end + timedelta(days=kept.get(name, days)) > today:
            continue
        where = f" ON CLUSTER '{cluster}'" if deployment is Deployment.CLUSTER else ""
        store.command(
            f"ALTER TABLE {{table:Identifier}}{where} DROP PARTITION ID '{row['partition_id']}'",
            {"table": stored},
        )
        gone.append(Dropped(name, str(row["partition"]), int(str(row["rows"])), int(str(row["bytes"]))))
    return gone


def _end(partition: str) -> date | None:
    """The first day after a partition; None where it is no day or month."""
    if not partition.isdigit():
        return None
    try:
        if len(partition) == 8:
            return datetime.strptime(partition, "%Y%m%d").date() + timedelta(days=1)
        if len(partition) == 6:
            return (datetime.strptime(partition, "%Y%m").date() + timedelta(days=31)).replace(day=1)
    except ValueError:
        return None
    return None
