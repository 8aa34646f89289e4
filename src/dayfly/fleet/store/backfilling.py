"""Fills a new materialised view from the lines that were there before it: by itself it sees only what comes in later."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.fleet.store.sqlfiles import parse_sql

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Store

_VIEW = re.compile(r"CREATE MATERIALIZED VIEW \w+ TO (\w+) AS\n(.*)", re.DOTALL)
_READS = re.compile(r"^FROM (\w+)$", re.MULTILINE)
# An hour at a time: a whole day's aggregates would not fit into a query's memory.
_SPAN = timedelta(hours=1)


def backfill(store: Store, statement: str, *, local: str = "", where: str = "") -> int:
    """Fill the table of a view, given as its migration writes it, anew; return how many hours had lines.

    On a cluster `local` is what the names of the tables with the rows end with, and `where` its ON CLUSTER clause. May be
    done again after it was interrupted. Nothing else may be writing meanwhile, or its rows count twice.
    """
    match = _VIEW.search(statement)
    if match is None:
        return 0
    target, select = match[1], match[2].strip().removesuffix(";")
    read = _READS.search(select)
    if read is None:
        raise ValueError(f"the view of {target} has no separate line with the table that it reads")
    source = read[1]
    hours = store.rows(
        parse_sql("hours", f"SELECT DISTINCT toStartOfHour(time) AS hour FROM {source} ORDER BY hour")
    )
    if not hours:
        return 0
    names = ", ".join(
        str(row["name"]) for row in store.rows(parse_sql("columns", f"DESCRIBE TABLE ({select})"))
    )
    part = f"FROM (SELECT * FROM {source} WHERE time >= {{begin:DateTime64(3)}} AND time < {{end:DateTime64(3)}}) AS {source}"
    store.command(f"TRUNCATE TABLE {target}{local}{where}")
    for row in hours:
        begin = row["hour"]
        assert isinstance(begin, datetime)
        store.command(
            f"INSERT INTO {target} ({names}) {select.replace(read[0], part, 1)}",
            {"begin": begin, "end": begin + _SPAN},
            # Hours that are alike are not repetitions.
            settings={"insert_deduplicate": 0, "max_execution_time": 3600},
        )
    return len(hours)
