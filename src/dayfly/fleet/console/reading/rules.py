"""Rules of the detections as the console shows them: who they are, how they ran, how often they rang."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number that a rule compares with."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says of itself."""

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


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule with what became of it: its last run, its alarms by day (the newest last), whether it is muted."""

    rule: Rule
    last_run: float
    milliseconds: float
    error: str
    days: tuple[int, ...]
    is_muted: bool
    muted_until: datetime | None
    muted_why: str

    @property
    def alarms(self) -> int:
        """How many in the days shown."""
        return sum(self.days)


DAYS = 14


def read_rules(console: Console, span: Span) -> list[RuleState]:
    """Return every rule, those that rang most first."""
    alarms, triage = console.ask(
        (read_sql("dayfly.fleet.console", "sql/rule_alarms"), {"end": span.end, "days": DAYS}),
        (read_sql("dayfly.fleet.console", "sql/triage_latest"), {"prefix": "rule:", "now": console.now()}),
    )
    rung: dict[str, list[int]] = {}
    for row in alarms:
        days = rung.setdefault(str(row["rule"]), [0] * DAYS)
        days[DAYS - 1 - int(str(row["days_ago"]))] += int(str(row["alarms"]))
    muted = {str(row["subject"]).removeprefix("rule:"): row for row in triage if row["state"] == "muted"}
    runs = console.runs()
    return sorted(
        (
            _state(rule, runs.get(rule.name, {}), rung.get(rule.name, ()), muted.get(rule.name))
            for rule in console.rules()
        ),
        key=lambda state: (-state.alarms, -state.rule.severity, state.rule.name),
    )


def _state(
    rule: Rule, run: Mapping[str, object], days: list[int] | tuple[()], muted: Mapping[str, object] | None
) -> RuleState:
    from datetime import datetime as moment

    expires = muted["expires"] if muted else None
    return RuleState(
        rule=rule,
        last_run=float(str(run.get("last") or 0)),
        milliseconds=float(str(run.get("milliseconds") or 0)),
        error=str(run.get("error") or ""),
        days=tuple(days) or (0,) * DAYS,
        is_muted=muted is not None,
        muted_until=expires if isinstance(expires, moment) and expires.year > 1970 else None,
        muted_why=str(muted["reason"]) if muted else "",
    )
