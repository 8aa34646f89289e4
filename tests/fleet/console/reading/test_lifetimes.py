"""The console measures lifetimes as `dayfly lifetimes` does."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC

import pytest
from tests.fleet.console.conftest import NOW, Filled, moment

from dayfly.fleet.console.reading.lifetimes import measure, median_of_followers, read_lifetimes
from dayfly.fleet.console.span import read_span
from dayfly.fleet.lifetimes.measuring import measure as measure_log
from dayfly.fleet.lifetimes.model import Environment
from dayfly.fleet.store.sqlfiles import SqlFile


def test_the_median_of_who_came_after() -> None:
    # Three requests in one environment (2, 1, 0 after them) and one alone (0): the median of 0 0 1 2.
    assert median_of_followers([3, 1]) == 0.0
    assert median_of_followers([5]) == 2.0
    assert median_of_followers([]) is None


def test_the_same_figures_as_from_the_log(filled: Filled) -> None:
    lines = SqlFile(
        "lines",
        {},
        "SELECT function, stream, time, kind FROM platform WHERE function = {function:String} ORDER BY time",
    )
    function = "account"
    environments: dict[int, Environment] = {}
    for row in filled.whole.store.rows(lines, {"function": function}):
        at = row["time"].replace(tzinfo=UTC).timestamp()  # type: ignore[attr-defined]  # a datetime
        one = environments.setdefault(
            int(str(row["stream"])), Environment(function, str(row["stream"]), at, at)
        )
        one.last = max(one.last, at)
        one.is_birth_seen |= row["kind"] == "init"
        if row["kind"] == "start":
            one.starts.append(at)
    assert environments
    for console in filled.both:
        span = read_span("7d", None, moment(NOW))
        shown = read_lifetimes(console, span, function=function)
        end = shown.end.replace(tzinfo=UTC).timestamp()
        known = measure_log(environments.values(), end=end).functions[0]
        found = shown.rows[0]
        assert (found.environments, found.alive, found.invocations) == (
            known.environments,
            known.alive,
            known.invocations,
        )
        # A float of seconds since the epoch holds a quarter of a microsecond.
        assert astuple(found.lifetime) == pytest.approx(astuple(known.lifetime), abs=1e-3)
        assert found.after_infection == known.after_infection.p50
        assert (found.exposed, found.exposed_alive, found.served) == (
            known.exposure.alive,
            known.exposure.still_alive,
            known.exposure.served,
        )
        assert found.oldest_alive == pytest.approx(known.oldest_alive, abs=1e-3)


def test_no_rows_are_no_lives() -> None:
    found = measure("f", [], {}, end=moment(NOW))
    assert (found.environments, found.oldest_alive, found.lifetime.p50) == (0, None, None)
