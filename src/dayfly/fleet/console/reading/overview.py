"""The overview: open issues, compromised environments, environment ages, and whether logs arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.fleet.console.query import address, finding_path
from dayfly.fleet.console.reading.cells import moment, real, text, whole
from dayfly.fleet.console.reading.findings import FindingsFilter, Summary, read_findings
from dayfly.fleet.console.reading.functions import pair
from dayfly.fleet.console.reading.harm import ALWAYS, HARM, RULES, RULES_UNLESS_FRESH, UNLESS_FRESH
from dayfly.fleet.console.reading.ingest import Voices, hear
from dayfly.fleet.console.span import Span
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.store.store import Row

# The list of findings shows older open findings.
_OPEN_SINCE = timedelta(days=7)
NEEDS = 7
_ALIVE = timedelta(minutes=15)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Need:
    """One open issue: a sentence, and the next step."""

    severity: int
    title: str
    sentence: str
    path: str
    next: str
    functions: tuple[str, ...] = ()
    time: datetime | None = None
    environments: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """Compromised environments: how many, how many are still active, since when, and how many requests they served."""

    infected: int
    serving: int
    since: datetime | None
    served: int
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetAge:
    """Ages, in seconds, of the environments that served last; `bins` are how many are younger than 5 min, 30 min, 2 h, 8 h, older."""

    alive: int
    p50: float
    p99: float
    oldest: float
    oldest_function: str
    bins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page."""

    voices: Voices
    needs: tuple[Need, ...]
    more: int
    exposure: Exposure
    age: FleetAge | None
    plot: Mapping[str, object] | None
    calls: int
    failures: int
    protected: int
    observed: int
    bare: int


def read_overview(console: Console, span: Span) -> Overview:
    """Return the page's content."""
    now = console.now()
    package, step = "dayfly.fleet.console", max(int(span.seconds / 240) // 10 * 10, 10)
    # A day and more is summed up by five minutes already.
    pulse_file, step = (
        ("sql/pulse", step) if span.seconds < _DAY else ("sql/pulse_long", -(-step // 300) * 300)
    )
    week = Span("7d", span.end - _OPEN_SINCE, span.end, span.until)
    voices = console.pool.submit(hear, console, now)
    open_ones = read_findings(console, week, FindingsFilter(severity=3), page=200)
    exposed, ages, pulse, births, coverage = console.ask(
        (
            read_sql(package, "sql/exposure"),
            {
                **week.parameters,
                "rules": sorted(RULES),
                "shared_rules": sorted(RULES_UNLESS_FRESH),
                "always": sorted(ALWAYS),
                "shared": sorted(UNLESS_FRESH),
            },
        ),
        (read_sql(package, "sql/fleet_age"), {"end": span.end}),
        (read_sql(package, pulse_file), {**span.parameters, "step": step}),
        (read_sql(package, "sql/births"), {**span.parameters, "step": step}),
        (read_sql(package, "sql/coverage_counts"), span.parameters),
    )
    bare, attached, observed = (whole(coverage[0], name) for name in ("bare", "attached", "observed"))
    exposure = _exposure(exposed, span.end)
    heard = voices.result()
    needs = sorted(
        [
            *_from_service(console, heard),
            *(_need(one) for one in open_ones.rows),
            *_from_coverage(bare, observed),
        ],
        key=lambda need: (-need.severity, -(need.time.timestamp() if need.time else 0.0)),
    )
    return Overview(
        voices=heard,
        needs=tuple(needs[:NEEDS]),
        more=max(len(needs) - NEEDS, 0),
        exposure=exposure,
        age=_age(ages[0]),
        plot=_plot(pulse, births, open_ones.rows, span, step),
        calls=sum(whole(row, "invocations") for row in pulse),
        failures=sum(whole(row, "failures") for row in pulse),
        protected=attached - observed,
        observed=observed,
        bare=bare,
    )


def _need(one: Summary) -> Need:
    harmed = one.severity >= 4 and (one.kind in HARM or one.kind in ALWAYS)
    return Need(
        severity=one.severity,
        title=one.title,
        sentence=one.sentence,
        path=finding_path(one.uid),
        next="Recycle environments" if harmed else "View evidence",
        functions=one.functions,
        time=one.last_time,
        environments=one.environments,
        events=one.events,
    )


def _from_service(console: Console, voices: Voices) -> Iterator[Need]:
    if voices.voice == "broken":
        yield Need(5, "Collector error", voices.sentence, "/ingest", "View collector status")
    elif voices.voice == "silent":
        yield Need(
            4,
            "No data received",
            voices.sentence,
            "/ingest",
            "Check ingestion",
            time=voices.last_received or voices.newest,
        )
    elif voices.voice == "late":
        yield Need(3, "Logs are delayed", voices.sentence, "/ingest", "View lag", time=voices.last_received)
    broken = [name for name, run in console.runs().items() if run.get("error")]
    if broken:
        yield Need(
            3,
            f"{len(broken)} detection rule{'s' if len(broken) > 1 else ''} failed",
            f"Attacks that only {', '.join(sorted(broken)[:3])} can detect are missed.",
            "/rules",
            "View error",
        )


def _from_coverage(bare: int, observed: int) -> Iterator[Need]:
    if bare:
        yield Need(
            2,
            f"Dayfly is not attached to {bare} function{'s' if bare > 1 else ''}",
            "A compromised environment serves requests until Lambda ends it, and Dayfly cannot detect it.",
            address("/coverage", level="bare"),
            "Attach Dayfly",
        )
    if observed:
        yield Need(
            2,
            f"{observed} function{'s are' if observed > 1 else ' is'} monitored only",
            "Requests share a process: a change that one request makes in memory affects the next.",
            address("/coverage", level="observed"),
            "View reasons",
        )


def _exposure(rows: Sequence[Row], end: datetime) -> Exposure:
    serving = [
        row
        for row in rows
        if end - moment(row, "last_time") <= _ALIVE and moment(row, "retired") < moment(row, "last_time")
    ]
    return Exposure(
        infected=len(rows),
        serving=len(serving),
        since=min((moment(row, "infected_since") for row in serving), default=None),
        served=sum(whole(row, "served") for row in rows),
        functions=tuple(sorted({text(row, "function") for row in serving or rows})),
    )


def _age(row: Row) -> FleetAge | None:
    ages = pair(row, "ages")
    if ages is None:
        return None
    bins = tuple(whole(row, name) for name in ("minutes5", "minutes30", "hours2", "hours8", "older"))
    return FleetAge(
        whole(row, "alive"), ages[0], ages[1], real(row, "oldest") or 0.0, text(row, "oldest_function"), bins
    )


def _plot(
    pulse: Sequence[Row], births: Sequence[Row], found: Sequence[Summary], span: Span, step: int
) -> Mapping[str, object] | None:
    if not pulse:
        return None
    begin = int(span.start.replace(tzinfo=UTC).timestamp()) // step * step
    x = list(range(begin, int(span.end.replace(tzinfo=UTC).timestamp()) + 1, step))
    at = {stamp: number for number, stamp in enumerate(x)}

    def series(rows: Sequence[Row], column: str) -> list[int]:
        values = [0] * len(x)
        for row in rows:
            place = at.get(int(moment(row, "bucket").replace(tzinfo=UTC).timestamp()))
            if place is not None:
                values[place] = whole(row, column)
        return values

    marks = [
        {
            "x": int(one.first_time.replace(tzinfo=UTC).timestamp()),
            "colour": "--harm-mark" if one.severity >= 4 else "--doubt-mark",
        }
        for one in found
        if one.is_fleet
    ]
    return {
        "x": x, "height": 250, "marks": marks[:60], "series": [
            {"label": "invocations", "values": series(pulse, "invocations"), "colour": "--note-mark", "fill": "--note-wash"},
            {"label": "blocked or failed", "values": series(pulse, "failures"), "colour": "--doubt-mark"},
            {"label": "environments started", "values": series(births, "born"), "colour": "--safe-mark", "scale": "right"},
        ],
    }  # fmt: skip
