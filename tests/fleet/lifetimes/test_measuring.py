"""Distributions that can be worked out by hand."""

from __future__ import annotations

from array import array

import pytest

from dayfly.fleet.lifetimes.measuring import measure, spread, survival
from dayfly.fleet.lifetimes.model import Environment


def environment(first: float, last: float, *starts: float, stream: str = "s", inits: int = 1) -> Environment:
    return Environment("f", stream, first, last, is_birth_seen=True, inits=inits, starts=array("d", starts))


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], (None, None, 0.0)), ([5], (5, 5, 5)), ([1, 2, 3, 4], (2, 4, 4)), (range(1, 101), (50, 90, 100))],
)
def test_quantiles_are_values_that_were_seen(values: list[float], expected: tuple[float, ...]) -> None:
    result = spread(values)
    assert (result.p50, result.p90, result.highest) == expected


def test_survival_without_anyone_alive_is_the_plain_quantile() -> None:
    result = survival([(float(n), True) for n in range(1, 101)])
    assert (result.p50, result.p90, result.highest) == (50, 90, 100)


def test_those_alive_make_lives_longer_instead_of_being_left_out() -> None:
    # Freireich's 6-MP group, whose median by this estimator is 23 weeks; leaving out the censored gives 10.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    alive = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    result = survival([*((float(n), True) for n in ended), *((float(n), False) for n in alive)])
    assert result.p50 == 23
    assert result.p90 is None


def test_what_cannot_be_told_is_none() -> None:
    assert survival([(10.0, False), (20.0, False)]).p50 is None
    assert survival([]).p50 is None


def test_silence_decides_who_is_alive() -> None:
    [function] = measure(
        [environment(0, 1000, stream="gone"), environment(500, 3000, stream="old"), environment(2900, 3000)],
        idle=900,
    ).functions
    assert (function.environments, function.alive) == (3, 2)
    assert (function.oldest_alive, function.oldest_stream) == (2500, "old")


def test_one_infection_reaches_all_that_follow_in_the_same_environment() -> None:
    [function] = measure([environment(0, 30, 0, 10, 20, 30), environment(0, 5, 5)]).functions
    assert function.after_infection.count == 5
    assert function.after_infection.p50 == 0 or function.after_infection.p50 == 1
    assert function.after_infection.highest == 3
    assert function.age_at_request.highest == 30


def test_exposure_counts_what_was_served_since() -> None:
    environments = [
        environment(0, 9000, 100, 5000, 6500, 9000, stream="alive"),
        environment(0, 6000, 100, 5500, 6000, stream="ended"),
        environment(6000, 9000, 6000, stream="later"),
        environment(0, 100, 100, stream="before"),
    ]
    [function] = measure(environments, idle=900, ago=3600).functions
    exposure = function.exposure
    assert (exposure.alive, exposure.still_alive) == (2, 1)
    assert (exposure.served.count, exposure.served.p50, exposure.served.highest) == (2, 2, 2)
    assert (exposure.lasted.p50, exposure.lasted.highest) == (600, 3600)


def test_functions_are_told_apart_and_resets_are_counted() -> None:
    other = Environment("g", "t", 0, 10, is_birth_seen=False, inits=3)
    first, second = measure([environment(0, 10), other]).functions
    assert (first.function, first.resets, first.births_unseen) == ("f", 0, 0)
    assert (second.function, second.resets, second.births_unseen) == ("g", 2, 1)
