"""Detections as they are told: of the store's rows, and of the service's own making."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.records.rows import Detection

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Row


def told(
    rule: str,
    title: str,
    story: str,
    severity: int,
    now: float,
    *,
    subject: str = "",
    first: float = 0.0,
    events: int = 0,
) -> dict[str, object]:
    """An alert of the service's own making, as a row of `detections`; `first` is when what it is about began."""
    return {
        "uid": f"{int(now * 1000):032x}",
        "updated": now,
        "rule": rule,
        "title": title,
        "severity": severity,
        "reasons": [],
        "technique": "",
        "story": story,
        "account": "",
        "region": "",
        "functions": [],
        "environments": [],
        "environments_all": 0,
        "sources": [],
        "request_ids": [],
        "events": events,
        "first_time": first or now,
        "last_time": now,
        "subject_key": subject,
        "facts": "{}",
    }


def detection_of(row: Row) -> Detection:
    """A row of `detections` as it was written."""
    made = {
        name: value.replace(tzinfo=UTC).timestamp() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    made["request_ids"] = [str(one) for one in row["request_ids"]]  # type: ignore[attr-defined]
    return msgspec.convert(made, Detection, strict=False)
