"""Tells a reader that begins anew which environments had proved their lines: the store remembers, a process does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

# Lambda ends an environment after some hours, and one that has not been asked for half a day sooner.
SINCE = timedelta(days=2)
MOST = 200_000


def recall(reader: LineReader, store: Store, *, now: float) -> int:
    """Have `reader` know the environments of the last days; return how many. Raises StoreError."""
    since = datetime.fromtimestamp(now, UTC) - SINCE
    count = 0
    for row in store.rows(read_sql("dayfly.fleet.records", "sql/verified"), {"since": since, "most": MOST}):
        reader.know(
            int(str(row["environment"])),
            account=str(row["account"]),
            region=str(row["region"]),
            function=str(row["function"]),
            version=str(row["version"]),
            log_stream=str(row["log_stream"]),
            time=float(str(row["last"])),
        )
        count += 1
    return count
