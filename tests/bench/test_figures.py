"""Figures are differences of medians, judged by the design's budgets."""

from __future__ import annotations

import pytest
from bench.contestants import INVOCATION, PLAIN, PROCESS, WINDOW
from bench.figures import ANSWER, CYCLE, GROWTH, INIT, MEMORY, Figure, figures, judge, percentile_99
from bench.measuring import Samples


def _find(found: list[Figure], what: str, function: str, contestant: str) -> Figure:
    (figure,) = [
        one for one in found if (one.what, one.function, one.contestant) == (what, function, contestant)
    ]
    return figure


def _measured(dayfly: Samples, *, function: str = "medium") -> list[Figure]:
    plain = Samples(answer_ms=[1.0, 2.0, 9.0], cycle_ms=[2.0], init_ms=[100.0], memory_kb=[10_240])
    return figures({function: {PLAIN.name: plain, INVOCATION.name: dayfly, PROCESS.name: dayfly}})


def test_added_is_the_difference_of_the_medians() -> None:
    found = _measured(Samples(answer_ms=[2.4, 2.5, 0.1]))
    figure = _find(found, ANSWER, "medium", INVOCATION.name)
    assert (figure.plain, figure.dayfly, round(figure.added, 6), figure.verdict) == (2.0, 2.4, 0.4, "met")


def test_a_measure_without_samples_is_not_measured_rather_than_met() -> None:
    found = _measured(Samples(answer_ms=[2.4]))
    assert _find(found, MEMORY, "medium", INVOCATION.name).verdict == "not measured"


def test_process_isolation_has_no_budgets() -> None:
    found = _measured(Samples(answer_ms=[50.0]))
    assert _find(found, ANSWER, "medium", INVOCATION.name).verdict == "not met"
    assert _find(found, ANSWER, "medium", PROCESS.name).verdict == "no budget"


@pytest.mark.parametrize(
    ("added", "verdict"),
    [(0.2, "met"), (0.21, "not met")],
)
def test_a_worker_that_is_kept_has_a_budget_of_its_own(added: float, verdict: str) -> None:
    plain = Samples(answer_ms=[0.0], cycle_ms=[0.0])
    window = Samples(answer_ms=[added], cycle_ms=[added])
    found = figures({"small": {PLAIN.name: plain, WINDOW.name: window}})
    assert _find(found, ANSWER, "small", WINDOW.name).verdict == verdict
    assert _find(found, CYCLE, "small", WINDOW.name).verdict == verdict


@pytest.mark.parametrize(
    ("function", "verdict"), [("small", "no budget"), ("medium", "not met"), ("large", "met")]
)
def test_the_cycle_budget_depends_on_the_size(function: str, verdict: str) -> None:
    found = _measured(Samples(cycle_ms=[3.5]), function=function)
    assert _find(found, CYCLE, function, INVOCATION.name).verdict == verdict


def test_init_may_add_a_tenth_of_a_boto3_functions_init() -> None:
    assert _find(_measured(Samples(init_ms=[111.0])), INIT, "medium", INVOCATION.name).verdict == "not met"
    assert _find(_measured(Samples(init_ms=[110.0])), INIT, "medium", INVOCATION.name).verdict == "met"


def test_growth_compares_what_is_added_to_the_small_and_the_large_function() -> None:
    plain = Samples(waiting_ms=[1.0])
    found = figures(
        {
            "small": {PLAIN.name: plain, INVOCATION.name: Samples(waiting_ms=[1.2])},
            "large": {PLAIN.name: plain, INVOCATION.name: Samples(waiting_ms=[1.5])},
        }
    )
    figure = _find(found, GROWTH, "small → large", INVOCATION.name)
    assert (round(figure.added, 6), figure.verdict) == (0.3, "not met")


@pytest.mark.parametrize(
    ("added", "budget", "verdict"),
    [(0.5, 0.5, "met"), (0.51, 0.5, "not met"), (-1.0, 0.5, "met"), (9.9, None, "no budget")],
)
def test_a_budget_is_an_upper_limit(added: float, budget: float | None, verdict: str) -> None:
    assert judge(added, budget) == verdict


def test_a_percentile_needs_a_hundred_samples() -> None:
    assert percentile_99([1.0] * 99) is None
    assert percentile_99([float(number) for number in range(200)]) == pytest.approx(198, abs=1)
