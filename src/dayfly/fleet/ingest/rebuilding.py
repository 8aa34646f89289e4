"""What the store has seen already, for a collector that starts."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from dayfly.fleet.records.rows import Platform
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.ingest.seen import Seen
    from dayfly.fleet.store.store import Store

# A sender that could not reach us tries for two hours (Firehose's longest); older lines come by import and pull alone.
_HOURS = 3
_MANY_ENVIRONMENTS = 50_000
_MANY_LINES = 100_000


def rebuild(seen: Seen, store: Store, *, now: float | None = None) -> int:
    """Fill `seen` from the store and return how many identities were found. Raises StoreError."""
    recent = {"now": datetime.fromtimestamp(time.time() if now is None else now, UTC), "hours": _HOURS}
    numbers = store.rows(
        read_sql("dayfly.fleet.ingest", "sql/seen_numbers"), {**recent, "many": _MANY_ENVIRONMENTS}
    )
    for row in numbers:
        for first, last in sorted(cast("list[tuple[int, int]]", row["ranges"])):
            seen.remember(
                str(row["kind"]), str(row["trust"]), cast("int", row["environment"]), int(first), int(last)
            )
    lines = store.rows(read_sql("dayfly.fleet.ingest", "sql/seen_platform"), {**recent, "many": _MANY_LINES})
    for row in reversed(lines):
        moment = cast("datetime", row["time"]).replace(tzinfo=UTC).timestamp()
        seen.is_new(
            "platform",
            Platform(
                time=moment,
                function=str(row["function"]),
                stream=cast("int", row["stream"]),
                kind=row["kind"],  # type: ignore[arg-type]
                request_id=str(row["request"]),
            ),
        )
    return len(numbers) + len(lines)
