"""The functions with logs, page by page, with the latency of those on the page only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import items, moment, text, texts, whole
from dayfly.fleet.console.reading.protection import ORDER, Protection, judge
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span
    from dayfly.fleet.store.store import Row

PAGE = 50
SORTS = ("findings", "invocations", "failures", "name", "last")


@dataclass(frozen=True, slots=True)
class Function:
    """One function as lists show it. Durations in microseconds, (p50, p99), None where nothing measured them."""

    name: str
    account: str
    region: str
    invocations: int
    failures: int
    last_time: datetime
    environments: int
    durations: tuple[float, float] | None
    overheads: tuple[float, float] | None
    findings: int
    worst: int
    protection: Protection
    is_measured: bool


@dataclass(frozen=True, slots=True)
class FunctionsPage:
    """One page of functions, how many there are in all by level of protection, and where the next page begins."""

    rows: tuple[Function, ...]
    levels: dict[str, int]
    matching: int
    next: str


def read_functions(
    console: Console, span: Span, *, search: str = "", sort: str = "findings", level: str = "", after: str = "",
    page: int = PAGE,
) -> FunctionsPage:  # fmt: skip
    """Return one page. `after` is the name of the last function of the page before, in the same order."""
    package = "dayfly.fleet.console"
    seen, bare, states, findings, reasons = console.ask(
        (read_sql(package, "sql/functions_seen"), {**span.hours, "search": search}),
        (read_sql(package, "sql/functions_bare"), {**span.parameters, "search": search}),
        (read_sql(package, "sql/functions_state"), span.parameters),
        (read_sql(package, "sql/functions_findings"), span.parameters),
        (read_sql(package, "sql/not_forkable"), {**span.parameters, "function": ""}),
    )
    parts = _Parts(
        {text(row, "function"): row for row in seen},
        {text(row, "function"): row for row in bare},
        {text(row, "function"): row for row in states},
        {text(row, "function"): row for row in findings},
        {
            text(row, "function"): text(row, "message")
            for row in reasons
            if row["kind"] == "zygote.not-forkable"
        },
    )
    begun = {name for name, row in parts.states.items() if moment(row, "started") >= span.start}
    names = {*parts.seen, *parts.bare, *(name for name in begun if search.casefold() in name.casefold())}
    made = [_function(name, parts) for name in sorted(names) if name]
    levels = {"protected": 0, "observed": 0, "bare": 0}
    for one in made:
        levels[one.protection.level] += 1
    chosen = [one for one in made if level in ("", one.protection.level)]
    chosen.sort(key=_order(sort))
    start = next((at + 1 for at, one in enumerate(chosen) if one.name == after), 0) if after else 0
    rows = chosen[start : start + page]
    return FunctionsPage(
        rows=tuple(_with_details(console, span, rows)),
        levels=levels,
        matching=len(chosen),
        next=rows[-1].name if len(chosen) > start + page else "",
    )


def _with_details(console: Console, span: Span, rows: list[Function]) -> list[Function]:
    names = [one.name for one in rows if one.is_measured]
    if not names:
        return rows
    query = read_sql("dayfly.fleet.console", "sql/functions_detail")
    (answer,) = console.ask((query, {**span.hours, "functions": names}))
    details = {text(row, "function"): row for row in answer}
    return [_detailed(one, details[one.name]) if one.name in details else one for one in rows]


def _detailed(one: Function, row: Row) -> Function:
    return replace(
        one,
        environments=whole(row, "environments"),
        durations=pair(row, "durations"),
        overheads=pair(row, "overheads"),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows of each query, by function."""

    seen: dict[str, Row]
    bare: dict[str, Row]
    states: dict[str, Row]
    findings: dict[str, Row]
    why: dict[str, str]


def _order(sort: str) -> Callable[[Function], tuple[object, ...]]:
    orders: dict[str, Callable[[Function], tuple[object, ...]]] = {
        "name": lambda one: (one.name.casefold(), one.name),
        "invocations": lambda one: (-one.invocations, one.name),
        "failures": lambda one: (-one.failures, one.name),
        "unprotected": lambda one: (ORDER.index(one.protection.level), -one.invocations, one.name),
        "last": lambda one: (-one.last_time.timestamp(), one.name),
    }
    return orders.get(sort, lambda one: (-one.worst, -one.findings, -one.invocations, one.name))


def _function(name: str, parts: _Parts) -> Function:
    ours, bare = parts.seen.get(name), parts.bare.get(name)
    state, found = parts.states.get(name), parts.findings.get(name)
    lasts = [moment(row, "last_time") for row in (ours, bare) if row] or [
        moment(row, "started") for row in (state,) if row
    ]
    return Function(
        name=name,
        account=text(state, "account") if state else "",
        region=text(state, "region") if state else "",
        invocations=whole(ours, "invocations") if ours else whole(bare, "reports") if bare else 0,
        failures=whole(ours, "failures") if ours else 0,
        last_time=max(lasts),
        environments=whole(bare, "streams") if bare else 0,
        durations=None,
        overheads=None,
        is_measured=ours is not None,
        findings=whole(found, "findings") if found else 0,
        worst=whole(found, "worst") if found else 0,
        protection=judge(
            is_attached=state is not None or ours is not None,
            isolation=text(state, "isolation") if state else "",
            guard=text(state, "guard") if state else "",
            not_forkable=parts.why.get(name, "").removeprefix("Dayfly: "),
            not_promised=texts(state, "not_promised") if state else (),
        ),
    )


def pair(row: Row, column: str) -> tuple[float, float] | None:
    """Two quantiles out of a row; None where nothing was measured."""
    found = [float(str(one)) for one in items(row, column)]
    return (found[0], found[1]) if len(found) == 2 and found[1] > 0 else None
