"""Tries rules out on what the store holds: whether they run at all, and what they would have said."""

from __future__ import annotations

from collections.abc import Sequence

from dayfly.errors import DayflyError
from dayfly.fleet.detections.backtest import Tried, backtest
from dayfly.fleet.detections.rules import Rule, RuleError
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.ownrules.loading import parse_own
from dayfly.fleet.store.store import Store, StoreError

_SHOWN = 20
_LONGEST = 31 * 86_400.0


def check_in_store(store: Store, name: str, text: str) -> list[Rule]:
    """Return the rules of a file once each has run over a moment of the store without a fault.

    Raises RuleError with ClickHouse's words where one does not run.
    """
    rules = parse_own(name, text)
    for rule in rules:
        try:
            # A second of 1970: everything is analysed, nothing is read.
            run_rule(store, rule, start=1.0, now=2.0)
        except (StoreError, KeyError, TypeError, ValueError) as error:  # trust boundary: users write rules
            words = error.message if isinstance(error, StoreError) else f"a column has a wrong type ({error})"
            raise RuleError(
                f"rule {name}: {words}", hint="docs/rules.md has the tables and columns"
            ) from error
    return rules


def try_rules(store: Store, rules: Sequence[Rule], *, since: float, until: float) -> list[dict[str, object]]:
    """Return what each rule would have said in [since, until): counts, how long it took, and the worst; writes nothing.

    Raises DayflyError for a time that is none or too long.
    """
    if not 0 < since < until or until - since > _LONGEST:
        raise DayflyError(
            "the time range must be from 1 second to 31 days", hint="use for example --since 1d or --since 6h"
        )
    return [tell(tried) for tried in backtest(store, rules, since, until)]


def tell(tried: Tried) -> dict[str, object]:
    """Return a trial as JSON has it."""
    severities: dict[str, int] = {}
    for each in tried.detections:
        severities[str(each.severity)] = severities.get(str(each.severity), 0) + 1
    return {
        "rule": tried.rule.name,
        "title": tried.rule.title,
        "detections": len(tried.detections),
        "rows": tried.all,
        "severities": severities,
        "seconds": round(tried.seconds, 3),
        "error": tried.error,
        "worst": [
            {
                "subject": each.subject_key,
                "severity": each.severity,
                "events": each.events,
                "first_time": each.first_time,
                "last_time": each.last_time,
                "story": each.story,
            }
            for each in sorted(tried.detections, key=lambda each: -each.severity)[:_SHOWN]
        ],
    }
