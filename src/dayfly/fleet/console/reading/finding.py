"""One finding: its story, its evidence, the affected requests, what to do and what was done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.core.findings import KINDS
from dayfly.errors import DayflyError
from dayfly.fleet.blast.model import BlastRadius
from dayfly.fleet.blast.radius import blast_radius
from dayfly.fleet.console.reading.advice import advise, explain
from dayfly.fleet.console.reading.cells import moment, text, texts, whole, wholes
from dayfly.fleet.console.reading.evidence import Evidence, read_evidence
from dayfly.fleet.console.reading.triage import Decision, Step, decisions, history, holds, latest
from dayfly.fleet.records.rows import NO_REQUEST
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.store.store import Row

_MEANINGS = {kind.uid: kind.meaning for kind in KINDS}


@dataclass(frozen=True, slots=True)
class FindingView:
    """Everything on a finding's page. `radius` is None where this type of finding affects no later requests."""

    uid: str
    is_fleet: bool
    kind: str
    title: str
    severity: int
    technique: str
    story: str
    meaning: str
    reasons: tuple[str, ...]
    advice: str
    explanation: str
    functions: tuple[str, ...]
    environments: tuple[int, ...]
    environments_all: int
    events: int
    sources: tuple[int, ...]
    first_time: datetime
    last_time: datetime
    account: str
    region: str
    subject_key: str
    trust: str
    request_id: str
    source_request: str
    decision: Decision
    history: tuple[Step, ...]
    evidence: tuple[Evidence, ...]
    radius: BlastRadius | None
    radius_fault: str
    around: tuple[Row, ...]
    served: tuple[Row, ...]
    pulse: Mapping[str, object] | None
    environment: Row | None

    @property
    def still_serving(self) -> list[Row]:
        """The environments named here that served after the last event."""
        return [row for row in self.served if whole(row, "afterwards")]


def read_finding(console: Console, uid: str) -> FindingView | None:
    """Return a detection or a runtime finding; None where neither has this uid."""
    now = console.now()
    detection, finding, steps, triage = console.ask(
        (read_sql("dayfly.fleet.console", "sql/detection_row"), {"uid": uid}),
        (read_sql("dayfly.fleet.console", "sql/finding_rows"), {"uid": uid}),
        (read_sql("dayfly.fleet.console", "sql/triage_history"), {"subject": uid}),
        latest((), now),
    )
    decided = decisions(triage)
    if detection:
        return _detection(console, detection[0], decided, tuple(history(steps)))
    if finding:
        return _finding(console, finding, decided, tuple(history(steps)))
    return None


def _detection(
    console: Console, row: Row, decided: Mapping[str, Decision], steps: tuple[Step, ...]
) -> FindingView:
    rule = next((one for one in console.rules() if one.name == row["rule"]), None)
    functions, environments = texts(row, "functions"), wholes(row, "environments")
    first, last = moment(row, "first_time"), moment(row, "last_time")
    start, end, step = _window(first, last)
    radius = console.pool.submit(_radius, console, text(row, "uid"))
    evidence = console.pool.submit(read_evidence, console.store, rule.evidence if rule else "", row)
    named = {"functions": list(functions)}
    served, pulse = console.ask(
        (
            read_sql("dayfly.fleet.console", "sql/detection_environments"),
            {**named, "environments": list(environments), "first": first, "last": last},
        ),
        (
            read_sql("dayfly.fleet.console", "sql/detection_pulse"),
            {**named, "sources": list(wholes(row, "sources")), "start": start, "end": end, "step": step},
        ),
    )
    found, fault = radius.result()
    return FindingView(
        uid=text(row, "uid"), is_fleet=True, kind=text(row, "rule"), title=text(row, "title"),
        severity=whole(row, "severity"), technique=text(row, "technique"), story=text(row, "story"), meaning="",
        reasons=texts(row, "reasons"), advice=rule.do if rule else "", explanation=rule.explain if rule else "",
        functions=functions, environments=environments, environments_all=whole(row, "environments_all"),
        events=whole(row, "events"), sources=wholes(row, "sources"), first_time=first, last_time=last,
        account=text(row, "account"), region=text(row, "region"), subject_key=text(row, "subject_key"), trust="",
        request_id="", source_request="",
        decision=holds(decided, text(row, "uid"), rule=text(row, "rule"), functions=functions, subject_key=text(row, "subject_key")),
        history=steps, evidence=evidence.result(), radius=found, radius_fault=fault, around=(), served=tuple(served),
        pulse=_plot(pulse, start, end, step, first, last, bool(row["sources"])), environment=None,
    )  # fmt: skip


def _finding(
    console: Console, rows: list[Row], decided: Mapping[str, Decision], steps: tuple[Step, ...]
) -> FindingView:
    row = rows[0]
    where = {"function": text(row, "function"), "environment": whole(row, "environment")}
    kind, first = text(row, "kind"), moment(row, "time")
    radius = console.pool.submit(_radius, console, text(row, "uid")) if whole(row, "severity") >= 4 else None
    environment, around = console.ask(
        (read_sql("dayfly.fleet.console", "sql/finding_environment"), where),
        (read_sql("dayfly.fleet.console", "sql/finding_around"), {**where, "first": first}),
    )
    found, fault = radius.result() if radius else (None, "")
    isolation = text(environment[0], "isolation") if environment else ""
    return FindingView(
        uid=text(row, "uid"), is_fleet=False, kind=kind, title=text(row, "title"), severity=whole(row, "severity"),
        technique=text(row, "technique"), story=text(row, "message").removeprefix("Dayfly: "),
        meaning=_MEANINGS.get(kind, ""), reasons=(), advice=advise(kind, isolation), explanation=explain(kind),
        functions=(text(row, "function"),), environments=(whole(row, "environment"),), environments_all=1,
        events=len({(one["time"], one["sequence"]) for one in rows}), sources=(), first_time=min(moment(one, "time") for one in rows),
        last_time=first, account=text(row, "account"), region=text(row, "region"), subject_key="", trust=text(row, "trust"),
        request_id=_request(row, "request_id"), source_request=_request(row, "source_request"),
        decision=holds(decided, text(row, "uid"), rule=kind, functions=(text(row, "function"),)), history=steps,
        evidence=_own_evidence(row), radius=found, radius_fault=fault, around=tuple(around), served=(), pulse=None,
        environment=environment[0] if environment else None,
    )  # fmt: skip


def _radius(console: Console, uid: str) -> tuple[BlastRadius | None, str]:
    try:
        found = blast_radius(console.store, uid)
    except DayflyError as error:
        return None, error.message
    return found, ""


def _own_evidence(row: Row) -> tuple[Evidence, ...]:
    try:
        facts = json.loads(text(row, "evidence"))
    except ValueError:
        facts = {}
    if not isinstance(facts, dict) or not facts:
        return ()
    shown = tuple(
        (str(key), value if isinstance(value, str) else json.dumps(value, indent=1))
        for key, value in sorted(facts.items())
    )
    return (Evidence("Runtime evidence", ("fact", "value"), shown, is_cut=False, sql=""),)


def _request(row: Row, column: str) -> str:
    value = text(row, column)
    return "" if value == NO_REQUEST else value


def _window(first: datetime, last: datetime) -> tuple[datetime, datetime, int]:
    around = max((last - first) * 0.4, timedelta(minutes=10))
    start, end = first - around, last + around
    return start, end, max(int((end - start).total_seconds() / 180), 1)


def _plot(
    rows: list[Row],
    start: datetime,
    end: datetime,
    step: int,
    first: datetime,
    last: datetime,
    has_sources: bool,
) -> Mapping[str, object] | None:
    if not rows:
        return None
    by_time = {_stamp(moment(row, "bucket")): row for row in rows}
    begin = _stamp(start) // step * step
    x = list(range(begin, _stamp(end) + 1, step))

    def values(column: str) -> list[int]:
        return [whole(by_time[at], column) if at in by_time else 0 for at in x]

    series: list[dict[str, object]] = [
        {
            "label": "all invocations",
            "values": values("invocations"),
            "colour": "--note-mark",
            "fill": "--note-wash",
        },
        {"label": "blocked or failed", "values": values("refused"), "colour": "--doubt-mark"},
    ]
    if has_sources:
        series.append(
            {
                "label": "from these callers",
                "values": values("from_sources"),
                "colour": "--harm-mark",
                "width": 2,
            }
        )
    return {
        "x": x, "series": series, "height": 200, "step": step,
        "marks": [{"x": _stamp(first), "colour": "--harm-mark"}, {"x": _stamp(last), "colour": "--harm-mark"}],
    }  # fmt: skip


def _stamp(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp())
