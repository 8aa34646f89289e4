"""Times as Lambda and `dayfly recycle` write them, and as people say them; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RECYCLED = re.compile(r"(\d{8}T\d{6}Z)-")


def read_stamp(stamp: str) -> float:
    """Return when `dayfly recycle` set its variable, 0 for a stamp that is none of its."""
    match = _RECYCLED.match(stamp)
    if match is None:
        return 0.0
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def read_time(text: str) -> float:
    """Return a time of Lambda's in seconds since the epoch, 0 for what is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except ValueError:
        return 0.0


def ago(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{max(0.0, seconds):.0f} seconds"
