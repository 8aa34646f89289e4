"""How long environments live, from Lambda's own lines alone: what `dayfly lifetimes` measures, out of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import moment, text, whole
from dayfly.fleet.lifetimes.measuring import DEFAULT_AGO, DEFAULT_IDLE, spread, survival
from dayfly.fleet.lifetimes.model import Spread
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span
    from dayfly.fleet.store.store import Row

PAGE = 40


@dataclass(frozen=True, slots=True)
class Life:
    """One environment: how long it lived, in seconds, and whether it has ended."""

    seconds: float
    has_ended: bool


@dataclass(frozen=True, slots=True)
class FunctionLives:
    """One function's environments; the words are those of `dayfly lifetimes`, times in seconds."""

    function: str
    environments: int
    alive: int
    invocations: int
    births_unseen: int
    lifetime: Spread
    oldest_alive: float | None
    exposed: int
    exposed_alive: int
    served: Spread
    after_infection: float | None
    lives: tuple[Life, ...]


@dataclass(frozen=True, slots=True)
class LifetimesView:
    """One page of functions and what they make together."""

    rows: tuple[FunctionLives, ...]
    together: FunctionLives | None
    functions: int
    next: str
    end: datetime


def read_lifetimes(
    console: Console, span: Span, *, search: str = "", function: str = "", after: str = ""
) -> LifetimesView:
    """Measure the functions of one page, those that were called most first."""
    package = "dayfly.fleet.console"
    (rows,) = console.ask(
        (read_sql(package, "sql/lifetimes_functions"), {**span.parameters, "search": search})
    )
    names = [text(row, "function") for row in rows if row["function"] and function in ("", row["function"])]
    # The log tells as far as it goes: what ended before its end is not dead for the silence since.
    end = min(max((moment(row, "last_time") for row in rows), default=span.end), span.end)
    start = names.index(after) + 1 if after in names else 0
    page = names[start : start + PAGE]
    if not page:
        return LifetimesView((), None, len(names), "", end)
    infected = end - timedelta(seconds=DEFAULT_AGO)
    named = {"functions": page}
    streams, since = console.ask(
        (read_sql(package, "sql/lifetimes_streams"), {**span.hours, **named}),
        (read_sql(package, "sql/lifetimes_afterwards"), {"infected": infected, "end": span.end, **named}),
    )
    afterwards = {whole(row, "stream"): whole(row, "afterwards") for row in since}
    by_name = {name: list(some) for name, some in groupby(streams, key=lambda row: text(row, "function"))}
    measured = [measure(name, by_name.get(name, []), afterwards, end=end) for name in page]
    return LifetimesView(
        rows=tuple(measured),
        together=measure("", streams, afterwards, end=end),
        functions=len(names),
        next=page[-1] if len(names) > start + PAGE else "",
        end=end,
    )


def measure(
    name: str,
    rows: Sequence[Row],
    afterwards: Mapping[int, int],
    *,
    end: datetime,
    idle: float = DEFAULT_IDLE,
    ago: float = DEFAULT_AGO,
) -> FunctionLives:
    """Measure some environments as `dayfly lifetimes` does."""
    then = end - timedelta(seconds=ago)
    lives, oldest = [], None
    exposed, still, served = 0, 0, []
    for row in rows:
        first, last = moment(row, "first_time"), moment(row, "last_time")
        is_alive = (end - last).total_seconds() <= idle
        lives.append(Life((last - first).total_seconds(), not is_alive))
        if is_alive:
            oldest = max(oldest or 0.0, (end - first).total_seconds())
        if first <= then <= last:
            exposed += 1
            still += is_alive
            served.append(float(afterwards.get(whole(row, "stream"), 0)))
    starts = [whole(row, "starts") for row in rows]
    return FunctionLives(
        function=name,
        environments=len(rows),
        alive=sum(not life.has_ended for life in lives),
        invocations=sum(starts),
        births_unseen=sum(not whole(row, "inits") for row in rows),
        lifetime=survival((life.seconds, life.has_ended) for life in lives),
        oldest_alive=oldest,
        exposed=exposed,
        exposed_alive=still,
        served=spread(served),
        after_infection=median_of_followers(starts),
        lives=tuple(lives),
    )


def median_of_followers(starts: Iterable[int]) -> float | None:
    """Over all requests: how many the same environment answered after one, the median by nearest rank.

    An environment with n requests has one with n-1 after it, one with n-2, and so on to none.
    """
    counts = [count for count in starts if count > 0]
    rank = -(-sum(counts) // 2)
    if not rank:
        return None
    low, high = 0, max(counts) - 1
    while low < high:
        middle = (low + high) // 2
        if sum(min(count, middle + 1) for count in counts) >= rank:
            high = middle
        else:
            low = middle + 1
    return float(low)
