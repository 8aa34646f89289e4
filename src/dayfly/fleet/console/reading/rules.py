"""Detection rules as the console shows them: headers, last runs and detections per day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import text, whole
from dayfly.fleet.console.reading.triage import OPEN, Decision, decisions, latest
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.fleet.console.console import Console

DAYS = 14


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number that a rule compares with."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's header; `evidence` is the name of the query that shows the rows behind its detections."""

    name: str
    title: str
    severity: int
    technique: str = ""
    every: int = 0
    lookback: int = 0
    story: str = ""
    do: str = ""
    explain: str = ""
    thresholds: tuple[Threshold, ...] = ()
    origin: str = "Dayfly"
    sees: str = ""
    misses: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule with its last run, its detections by day (the newest last), and whether it is muted."""

    rule: Rule
    last_run: datetime | None
    milliseconds: float
    error: str
    days: tuple[int, ...]
    decision: Decision

    @property
    def alarms(self) -> int:
        """How many in the days shown."""
        return sum(self.days)


def read_rules(console: Console, now: datetime) -> list[RuleState]:
    """Return every rule, those with the most detections first."""
    alarms, triage = console.ask(
        (read_sql("dayfly.fleet.console", "sql/rule_alarms"), {"end": now, "days": DAYS}), latest((), now)
    )
    rung: dict[str, list[int]] = {}
    for row in alarms:
        rung.setdefault(text(row, "rule"), [0] * DAYS)[DAYS - 1 - whole(row, "days_ago")] += whole(
            row, "alarms"
        )
    decided, runs = decisions(triage), console.runs()
    states = [
        _state(rule, runs.get(rule.name, {}), rung.get(rule.name), decided.get(f"rule:{rule.name}", OPEN))
        for rule in console.rules()
    ]
    return sorted(
        states, key=lambda state: (not state.error, -state.alarms, -state.rule.severity, state.rule.name)
    )


def _state(rule: Rule, run: Mapping[str, object], days: list[int] | None, decision: Decision) -> RuleState:
    last = float(str(run.get("last") or 0))
    return RuleState(
        rule=rule,
        last_run=datetime.fromtimestamp(last, UTC).replace(tzinfo=None) if last else None,
        milliseconds=float(str(run.get("milliseconds") or 0)),
        error=str(run.get("error") or ""),
        days=tuple(days or [0] * DAYS),
        decision=decision,
    )
