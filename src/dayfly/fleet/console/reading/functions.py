"""The functions that logs speak of, page by page, with the figures of those on the page only."""

from __future__ import annotations

from dataclasses import dataclass
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
    seen, states, findings, reasons = console.ask(
        (read_sql(package, "sql/functions_seen"), {**span.parameters, "search": search}),
        (read_sql(package, "sql/functions_state"), span.parameters),
        (read_sql(package, "sql/functions_findings"), span.parameters),
        (read_sql(package, "sql/not_forkable"), {**span.parameters, "function": ""}),
    )
    state = {text(row, "function"): row for row in states}
    found = {text(row, "function"): row for row in findings}
    why = {
        text(row, "function"): text(row, "message") for row in reasons if row["kind"] == "zygote.not-forkable"
    }
    made = [
        _function(row, state.get(text(row, "function")), found.get(text(row, "function")), why)
        for row in seen
        if row["function"]
    ]
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
    names = [one.name for one in rows]
    if not names:
        return []
    query = read_sql("dayfly.fleet.console", "sql/functions_detail")
    # Two halves at once: each reads its own functions only.
    middle = (len(names) + 1) // 2
    halves = [half for half in (names[:middle], names[middle:]) if half]
    answers = console.ask(*((query, {**span.parameters, "functions": half}) for half in halves))
    details = {text(row, "function"): row for answer in answers for row in answer}
    return [_detailed(one, details.get(one.name)) for one in rows]


def _order(sort: str) -> Callable[[Function], tuple[object, ...]]:
    orders: dict[str, Callable[[Function], tuple[object, ...]]] = {
        "name": lambda one: (one.name.casefold(), one.name),
        "invocations": lambda one: (-one.invocations, one.name),
        "failures": lambda one: (-one.failures, one.name),
        "unprotected": lambda one: (ORDER.index(one.protection.level), -one.invocations, one.name),
        "last": lambda one: (-one.last_time.timestamp(), one.name),
    }
    return orders.get(sort, lambda one: (-one.worst, -one.findings, -one.invocations, one.name))


def _function(row: Row, state: Row | None, found: Row | None, why: dict[str, str]) -> Function:
    name = text(row, "function")
    return Function(
        name=name,
        account=text(state, "account") if state else "",
        region=text(state, "region") if state else "",
        invocations=whole(row, "invocations"),
        failures=whole(row, "failures"),
        last_time=moment(row, "last_time"),
        environments=0,
        durations=None,
        overheads=None,
        findings=whole(found, "findings") if found else 0,
        worst=whole(found, "worst") if found else 0,
        protection=judge(
            is_attached=state is not None or whole(row, "ours") > 0,
            isolation=text(state, "isolation") if state else "",
            guard=text(state, "guard") if state else "",
            not_forkable=why.get(name, "").removeprefix("Dayfly: "),
            not_promised=texts(state, "not_promised") if state else (),
        ),
    )


def _detailed(one: Function, row: Row | None) -> Function:
    from dataclasses import replace

    if row is None:
        return one
    return replace(
        one,
        environments=whole(row, "environments"),
        durations=pair(row, "durations"),
        overheads=pair(row, "overheads"),
    )


def pair(row: Row, column: str) -> tuple[float, float] | None:
    """Two quantiles out of a row; None where nothing was measured."""
    found = [float(str(one)) for one in items(row, column)]
    return (found[0], found[1]) if len(found) == 2 and found[1] > 0 else None
