"""Tells which hours rules must look at again, as lines of them came in after their time had been looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from dayfly.fleet.detections.running import moment
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.store.store import Store

# How old a line may come in and still be looked at; beyond, a back-test is the tool.
_LATE_SECONDS = 30 * 86_400
# A look back is no longer than a run of the dearest rules, so that it fits between them.
_MOST_SPAN = 21_600
_HOUR = 3_600


def spans_of_late_lines(
    store: Store, rules: Sequence[Rule], *, now: float, since: float
) -> list[tuple[str, float, float]]:
    """Return (rule, start, end) for each span of which lines came in since `since`, too late for the rule's own look-back."""
    shortest = min((rule.lookback for rule in rules), default=0)
    rows = store.rows(
        read_sql("dayfly.fleet.detections", "sql/late"),
        {"since": moment(since), "oldest": moment(now - _LATE_SECONDS), "before": moment(now - shortest)},
    )
    hours = [(cast(int, row["hour"]), cast(int, row["oldest_ms"]) / 1000) for row in rows]
    return [
        (rule.name, start, end)
        for rule in rules
        for start, end in late_spans(hours, lookback=rule.lookback, now=now)
    ]


def late_spans(hours: Sequence[tuple[int, float]], *, lookback: int, now: float) -> list[tuple[float, float]]:
    """Return the spans that a rule must look at again, given late hours and the oldest line of each.

    Lines within the rule's own look-back are left to its next run. Neighbouring hours become one span of a day at most.
    """
    spans: list[tuple[float, float]] = []
    for hour, oldest in hours:
        if oldest >= now - lookback:
            continue
        start, end = float(hour - lookback), min(float(hour + _HOUR + lookback), now)
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= _MOST_SPAN + 2 * lookback:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
