"""One function: its environments over time, its protection, Dayfly's overhead, and its findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import moment, moment_or_none, real, text, texts, whole, wholes
from dayfly.fleet.console.reading.functions import pair
from dayfly.fleet.console.reading.harm import HARM, keeps_harm
from dayfly.fleet.console.reading.protection import Protection, judge
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span
    from dayfly.fleet.store.store import Row

BUCKETS = 240
LIVES = 40


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding on a lifeline; `is_harm` where the environment was compromised, not only attacked."""

    time: datetime
    kind: str
    severity: int
    uid: str
    is_harm: bool


@dataclass(frozen=True, slots=True)
class Life:
    """One environment in the time range. `infected` is the time of its compromise; None without one, or if the worker ended."""

    environment: int
    is_bare: bool
    first_time: datetime
    last_time: datetime
    invocations: int
    failures: int
    version: str
    code: int
    served: tuple[int, ...]
    marks: tuple[Mark, ...] = ()
    infected: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionState:
    """How environments of one version began."""

    version: str
    started: datetime
    environments: int
    account: str
    region: str
    dayfly_version: str
    isolation: str
    guard: str
    scope: str
    platform: str
    api_lock: str
    network: str
    accounting: str
    not_promised: tuple[str, ...]
    log_group: str
    codes: int


@dataclass(frozen=True, slots=True)
class FunctionView:
    """Everything on a function's page."""

    name: str
    protection: Protection
    states: tuple[VersionState, ...]
    invocations: int
    failures: int
    environments: int
    alive: int
    durations: tuple[float, float] | None
    overheads: tuple[float, float] | None
    share: float | None
    last_time: datetime | None
    lives: tuple[Life, ...]
    detections: tuple[Row, ...] = ()
    kinds: tuple[Row, ...] = ()
    packages: tuple[Row, ...] = ()
    behaviours: tuple[Row, ...] = ()
    retired: tuple[Row, ...] = ()
    cannot: tuple[str, ...] = field(default_factory=tuple)

    @property
    def infected(self) -> list[Life]:
        """The environments shown that are or were compromised."""
        return [life for life in self.lives if life.infected is not None]


def read_function(console: Console, name: str, span: Span) -> FunctionView | None:
    """Return the page's content; None for a function without logs."""
    package = "dayfly.fleet.console"
    named = {"function": name, **span.parameters}
    states, marks, detections, totals, reasons, kinds = console.ask(
        (read_sql(package, "sql/function_state"), named),
        (read_sql(package, "sql/function_marks"), named),
        (read_sql(package, "sql/function_detections"), named),
        (read_sql(package, "sql/function_totals"), named),
        (read_sql(package, "sql/not_forkable"), named),
        (read_sql(package, "sql/function_kinds"), named),
    )
    accused = {
        one
        for row in detections
        if row["rule"] in HARM and whole(row, "severity") >= 4
        for one in wholes(row, "environments")
    }
    marked = list({*(whole(row, "environment") for row in marks), *accused})[:500]
    drawing = {**named, "buckets": BUCKETS, "most": LIVES}
    # Log streams stand for environments only where Dayfly's own lines name none.
    lives_query = (
        (read_sql(package, "sql/function_lives"), {**drawing, "marked": marked})
        if whole(totals[0], "invocations")
        else (read_sql(package, "sql/function_bare_lives"), drawing)
    )
    drawn, packages, behaviours, retired = console.ask(
        lives_query,
        (read_sql(package, "sql/function_packages"), {"function": name}),
        (read_sql(package, "sql/function_behaviours"), {"function": name}),
        (read_sql(package, "sql/function_retired"), {"subject": f"function:{name}", **span.parameters}),
    )
    lives, bare = (drawn, []) if whole(totals[0], "invocations") else ([], drawn)
    if not states and not lives and not bare and not detections and not kinds:
        return None
    isolation = text(states[0], "isolation") if states else ""
    total = totals[0]
    is_ours = bool(lives)
    return FunctionView(
        name=name,
        protection=judge(
            is_attached=bool(states) or is_ours,
            isolation=isolation,
            guard=text(states[0], "guard") if states else "",
            not_forkable=next((_message(row) for row in reasons if row["kind"] == "zygote.not-forkable"), ""),
            not_promised=texts(states[0], "not_promised") if states else (),
        ),
        states=tuple(_state(row) for row in states),
        invocations=whole(total, "invocations")
        if is_ours
        else sum(whole(row, "invocations") for row in bare),
        failures=whole(total, "failures") if is_ours else sum(whole(row, "failures") for row in bare),
        environments=whole(total, "environments") if is_ours else len(bare),
        alive=whole(total, "alive") if is_ours else 0,
        durations=pair(total, "durations"),
        overheads=pair(total, "overheads"),
        share=real(total, "share"),
        last_time=moment_or_none(total, "last_time")
        or max((moment(row, "last_time") for row in bare), default=None),
        lives=tuple(_lives(lives, marks, detections, isolation) if is_ours else (_bare(row) for row in bare)),
        detections=tuple(detections),
        kinds=tuple(kinds),
        packages=tuple(packages),
        behaviours=tuple(behaviours),
        retired=tuple(retired),
        cannot=tuple(_message(row) for row in reasons if row["kind"] == "environment.cannot-check"),
    )


def _message(row: Row) -> str:
    return text(row, "message").removeprefix("Dayfly: ")


def _state(row: Row) -> VersionState:
    return VersionState(
        version=text(row, "version"), started=moment(row, "started"), environments=whole(row, "environments"),
        account=text(row, "account"), region=text(row, "region"), dayfly_version=text(row, "dayfly_version"),
        isolation=text(row, "isolation"), guard=text(row, "guard"), scope=text(row, "scope"), platform=text(row, "platform"),
        api_lock=text(row, "api_lock"), network=text(row, "network"), accounting=text(row, "accounting"), not_promised=texts(row, "not_promised"),
        log_group=text(row, "log_group"), codes=whole(row, "codes"),
    )  # fmt: skip


def _lives(
    rows: Iterable[Row], marks: Iterable[Row], detections: Iterable[Row], isolation: str
) -> Iterable[Life]:
    on: dict[int, list[Mark]] = {}
    for row in marks:
        kind = text(row, "kind")
        on.setdefault(whole(row, "environment"), []).append(
            Mark(
                moment(row, "time"),
                kind,
                whole(row, "severity"),
                text(row, "uid"),
                keeps_harm(kind, isolation),
            )
        )
    for row in detections:
        for environment in wholes(row, "environments"):
            rule = text(row, "rule")
            on.setdefault(environment, []).append(
                Mark(
                    moment(row, "first_time"),
                    rule,
                    whole(row, "severity"),
                    text(row, "uid"),
                    whole(row, "severity") >= 4 and keeps_harm(rule, isolation),
                )
            )
    for row in rows:
        found = sorted(on.get(whole(row, "environment"), []), key=lambda mark: mark.time)
        since = next((mark.time for mark in found if mark.is_harm), None)
        yield Life(
            environment=whole(row, "environment"), is_bare=False, first_time=moment(row, "first_time"),
            last_time=moment(row, "last_time"), invocations=whole(row, "invocations"), failures=whole(row, "failures"),
            version=text(row, "version"), code=whole(row, "code"), served=wholes(row, "served"), marks=tuple(found[:40]),
            infected=since,
        )  # fmt: skip


def _bare(row: Row) -> Life:
    return Life(
        environment=whole(row, "stream"), is_bare=True, first_time=moment(row, "first_time"), last_time=moment(row, "last_time"),
        invocations=whole(row, "invocations"), failures=whole(row, "failures"), version=text(row, "version"), code=0,
        served=wholes(row, "served"),
    )  # fmt: skip
