"""The list of findings: the fleet's detections and the runtime's own, by time, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import moment, text, texts, whole
from dayfly.fleet.console.reading.triage import Decision, decisions, holds, latest
from dayfly.fleet.console.span import iso, read_moment
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span
    from dayfly.fleet.store.store import Row

PAGE = 50
# Triage is decided after the store has answered: so many are asked for that a page of open ones is full as a rule.
_ASKED = 300
_LAST = "\uffff"


@dataclass(frozen=True, slots=True)
class Summary:
    """A finding in a list. `kind` is the detection's rule or the finding's kind; `is_fleet` tells which of them it is."""

    uid: str
    is_fleet: bool
    kind: str
    title: str
    severity: int
    sentence: str
    functions: tuple[str, ...]
    environments: int
    events: int
    first_time: datetime
    last_time: datetime
    technique: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class FindingsFilter:
    """What is asked for; `state` is open, acknowledged, muted or all, `after` where the page before ended."""

    state: str = "open"
    severity: int = 2
    function: str = ""
    kind: str = ""
    search: str = ""
    source: str = "all"
    after: str = ""


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """One page, and where the next begins ("" where there is none)."""

    rows: tuple[Summary, ...]
    next: str


def read_findings(console: Console, span: Span, wanted: FindingsFilter, *, page: int = PAGE) -> FindingsPage:
    """Return one page of findings, the newest first."""
    before, before_uid = _cursor(wanted.after, span)
    parameters = {
        **span.parameters, "severity": wanted.severity, "function": wanted.function, "kind": wanted.kind,
        "search": wanted.search, "before": before, "before_uid": before_uid, "most": _ASKED + 1,
    }  # fmt: skip
    fleet, runtime, triage = console.ask(
        (read_sql("dayfly.fleet.console", "sql/detections_list"), parameters),
        (read_sql("dayfly.fleet.console", "sql/findings_list"), parameters),
        latest((), console.now()),
    )
    decided = decisions(triage)
    found: list[Summary] = []
    if wanted.source != "runtime":
        found += (_detection(row, holds(decided, text(row, "uid"), rule=text(row, "rule"), functions=texts(row, "functions"), subject_key=text(row, "subject_key"))) for row in fleet)  # fmt: skip
    if wanted.source != "fleet":
        found += (_finding(row, holds(decided, text(row, "latest_uid"), rule=text(row, "kind"), functions=(text(row, "function"),))) for row in runtime)  # fmt: skip
    found.sort(key=lambda one: (one.last_time, one.uid), reverse=True)
    is_cut = len(fleet) > _ASKED or len(runtime) > _ASKED
    if is_cut:
        # Below the last row of a list that was cut, the other list would go on alone.
        ends = [moment(rows[-1], "last_time") for rows in (fleet, runtime) if len(rows) > _ASKED]
        found = [one for one in found if one.last_time >= max(ends)]
    shown = [one for one in found if wanted.state in ("all", one.decision.state)]
    if len(shown) > page:
        shown = shown[:page]
        return FindingsPage(tuple(shown), _mark(shown[-1]))
    return FindingsPage(tuple(shown), _mark(found[-1]) if is_cut and found else "")


def _cursor(after: str, span: Span) -> tuple[datetime, str]:
    stamp, _, uid = after.partition("~")
    found = read_moment(stamp) if stamp else None
    return (found, uid) if found is not None else (span.end + timedelta(days=365), _LAST)


def _mark(one: Summary) -> str:
    return f"{iso(one.last_time)}~{one.uid}"


def _detection(row: Row, decision: Decision) -> Summary:
    return Summary(
        uid=text(row, "uid"), is_fleet=True, kind=text(row, "rule"), title=text(row, "title"),
        severity=whole(row, "severity"), sentence=text(row, "story"), functions=texts(row, "functions"),
        environments=whole(row, "environments_all"), events=whole(row, "events"),
        first_time=moment(row, "first_time"), last_time=moment(row, "last_time"), technique=text(row, "technique"),
        decision=decision,
    )  # fmt: skip


def _finding(row: Row, decision: Decision) -> Summary:
    return Summary(
        uid=text(row, "latest_uid"), is_fleet=False, kind=text(row, "kind"), title=text(row, "title"),
        severity=whole(row, "worst"), sentence=text(row, "message").removeprefix("Dayfly: "),
        functions=(text(row, "function"),), environments=whole(row, "environments"), events=whole(row, "events"),
        first_time=moment(row, "first_time"), last_time=moment(row, "last_time"), technique=text(row, "technique"),
        decision=decision,
    )  # fmt: skip
