"""Lifetimes as one JSON document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.fleet.lifetimes.model import FunctionLifetimes, Lifetimes, Spread


def as_json(lifetimes: Lifetimes) -> dict[str, object]:
    """Seconds throughout, moments in ISO 8601; a quantile that cannot be told is null."""
    return {
        "begin": _moment(lifetimes.begin),
        "end": _moment(lifetimes.end),
        "events": lifetimes.lines,
        "events_not_understood": lifetimes.not_understood,
        "functions": [_function(one) for one in lifetimes.functions],
    }


def _function(one: FunctionLifetimes) -> dict[str, object]:
    exposure = one.exposure
    return {
        "function": one.function,
        "environments": one.environments,
        "environments_alive": one.alive,
        "environments_begun_before_log": one.births_unseen,
        "resets": one.resets,
        "invocations": one.invocations,
        "lifetime_s": _spread(one.lifetime),
        "age_at_request_s": _spread(one.age_at_request),
        "oldest_alive_s": one.oldest_alive,
        "oldest_alive_stream": one.oldest_stream,
        "requests_after_infection": _spread(one.after_infection),
        "exposure": {
            "infected_ago_s": exposure.ago,
            "environments_then": exposure.alive,
            "environments_still_alive": exposure.still_alive,
            "requests_served_since": _spread(exposure.served),
            "lived_on_s": _spread(exposure.lasted),
        },
    }


def _spread(spread: Spread) -> dict[str, float | None]:
    return {
        "count": spread.count,
        "p50": spread.p50,
        "p90": spread.p90,
        "p99": spread.p99,
        "max": spread.highest,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
