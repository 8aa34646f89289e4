"""The time range of a page, from the query string: `?span=24h`, ending now or at `until`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SPANS = {"1h": 3600, "6h": 6 * 3600, "24h": 86_400, "7d": 7 * 86_400}
NAMES = {"1h": "last hour", "6h": "last 6 hours", "24h": "last 24 hours", "7d": "last 7 days"}
DEFAULT = "24h"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, both naive and UTC. `until` is "" where the end is now: such a page may be live."""

    name: str
    start: datetime
    end: datetime
    until: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()

    @property
    def words(self) -> str:
        """The time range in words."""
        return (
            NAMES[self.name]
            if not self.until
            else f"{NAMES[self.name].removeprefix('last ')} before that time"
        )

    @property
    def parameters(self) -> dict[str, object]:
        """`start` and `end` as the SQL files take them."""
        return {"start": self.start, "end": self.end}

    @property
    def hours(self) -> dict[str, object]:
        """`parameters`, and the whole hours within: from `first_hour` to before `last_hour`; none where these are one."""
        floor = self.end.replace(minute=0, second=0, microsecond=0)
        below = self.start.replace(minute=0, second=0, microsecond=0)
        ceiling = below if below == self.start else below + timedelta(hours=1)
        return {**self.parameters, "first_hour": ceiling, "last_hour": max(floor, ceiling)}

    def share(self, moment: datetime) -> float:
        """Where `moment` lies, 0 at the start and 1 at the end; outside it is cut."""
        return min(max((moment - self.start).total_seconds() / self.seconds, 0.0), 1.0)


def read_span(name: str | None, until: str | None, now: datetime, *, default: str = DEFAULT) -> Span:
    """Read a time range from a query string; use the default for an unknown one, so that old links still open."""
    chosen = name if name in SPANS else default
    end, said = now, ""
    if until and (moment := read_moment(until)) is not None:
        end, said = moment, until
    return Span(chosen, end - timedelta(seconds=SPANS[chosen]), end, said)


def read_moment(text: str) -> datetime | None:
    """Read an ISO 8601 time as naive UTC, or return None if it is invalid. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # ClickHouse's DateTime64 begins in 1900; Lambda launched in 2014.
    return aware.replace(tzinfo=None) if 2014 <= aware.year < 2200 else None


def iso(moment: datetime) -> str:
    """Write a naive UTC moment for a machine: `2026-11-26T00:51:02.123Z`, thousandths where there are some."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    thousandths = moment.microsecond // 1000
    return f"{text}.{thousandths:03d}Z" if thousandths else f"{text}Z"
