"""The stretch of time that a page is about, as the query string says it: `?span=24h`, ending now or at `until`."""

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
        """It, in words."""
        return NAMES[self.name] if not self.until else f"{NAMES[self.name].removeprefix('last ')} until then"

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
    """Take a span out of a query string; what is no span is the default, so that an old link still opens."""
    chosen = name if name in SPANS else default
    end, said = now, ""
    if until and (moment := read_moment(until)) is not None:
        end, said = moment, until
    return Span(chosen, end - timedelta(seconds=SPANS[chosen]), end, said)


def read_moment(text: str) -> datetime | None:
    """Take a moment in ISO 8601 as naive UTC; None where it is none. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # ClickHouse's DateTime64 begins in 1900; nobody's Lambda lines do.
    return aware.replace(tzinfo=None) if 2014 <= aware.year < 2200 else None


def iso(moment: datetime) -> str:
    """Write a naive UTC moment for a machine: `2026-11-26T00:51:02.123Z`, thousandths where there are some."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    thousandths = moment.microsecond // 1000
    return f"{text}.{thousandths:03d}Z" if thousandths else f"{text}Z"
