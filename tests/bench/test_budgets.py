"""A budget is judged by its own machine's figures: what is added to plain awslambdaric, and times the bare child's."""

from __future__ import annotations

import pytest
from bench.budgets import BUDGETS, QUARTER, SMALL, WHOLE, judge, sheet
from bench.contestants import CHILD, OFF, PLAIN
from bench.figures import Figure, Metric


def _figures(metric: Metric, plain: float, child: float, ours: float) -> list[Figure]:
    amounts = {PLAIN.name: plain, CHILD.name: child, OFF.name: ours}
    return [Figure(SMALL, name, metric, value, plain, None, None) for name, value in amounts.items()]


@pytest.mark.parametrize(
    ("metric", "ours", "measured", "is_met"),
    [
        ("cpu", 4.0, 3.0, False),
        ("cpu", 3.5, 2.5, True),
        ("p20", 3.5, 1.25, True),
        ("p20", 3.75, 1.375, False),
        ("waiting", 20.0, 20.0, True),
        ("waiting", 21.0, 21.0, False),
    ],
)
def test_the_limit_itself_is_met_and_more_is_not(
    metric: Metric, ours: float, measured: float, is_met: bool
) -> None:
    (found,) = judge(_figures(metric, 1.0, 3.0, ours), WHOLE)
    assert (found.measured, found.is_met) == (measured, is_met)
    ((*_, budget, shown, child, met),) = sheet([found]).rows
    assert met == ("yes" if is_met else "no")
    assert all((budget, shown, child))


def test_a_budget_of_another_machine_or_without_figures_is_not_judged() -> None:
    assert judge(_figures("cpu", 1.0, 3.0, 9.0), QUARTER) == []
    assert judge(_figures("cpu", 1.0, 3.0, 9.0)[:2], WHOLE) == []
    assert judge(_figures("cpu", 1.0, 3.0, 9.0)[1:], WHOLE) == []
    assert judge(_figures("first", 1.0, 3.0, 9.0), WHOLE) == []
    assert len(judge(_figures("first", 1.0, 3.0, 9.0), QUARTER)) == 1


def test_no_ratio_is_made_to_a_child_that_added_nothing() -> None:
    assert judge(_figures("p20", 1.0, 1.0, 9.0), WHOLE) == []


def test_without_a_bare_child_what_is_added_is_judged_all_the_same() -> None:
    plain, _, ours = _figures("cpu", 1.0, 3.0, 9.0)
    (found,) = judge([plain, ours], WHOLE)
    assert (found.measured, found.child, found.is_met) == (8.0, None, False)
    assert sheet([found]).rows[0][-2] == "–"
    assert judge([plain, Figure(SMALL, OFF.name, "p20", 9.0, 1.0, None, None)], WHOLE) == []


def test_each_budget_is_there_once() -> None:
    keys = [(one.metric, one.kind, one.contestant, one.on) for one in BUDGETS]
    assert len(keys) == len(set(keys)) > 5
