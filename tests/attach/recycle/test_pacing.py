"""Cold starts are spread as the budget says, and without one nobody waits."""

from __future__ import annotations

import pytest
from tests.attach.recycle.account import Time

from dayfly.attach.recycle.pacing import Budget


def test_without_a_budget_nobody_waits() -> None:
    assert [Budget(None).take(1000) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_each_waits_for_the_share_of_those_before() -> None:
    time = Time()
    budget = Budget(60.0, clock=time)
    assert budget.take(30) == 0.0
    assert budget.take(10) == pytest.approx(30.0)
    time.sleep(30.0)
    assert budget.take(1) == pytest.approx(10.0)


def test_time_that_passed_unused_is_not_saved_up() -> None:
    time = Time()
    budget = Budget(60.0, clock=time)
    time.sleep(3600.0)
    assert budget.take(30) == 0.0
    assert budget.take(1) == pytest.approx(30.0)


def test_a_function_that_nobody_called_counts_as_one() -> None:
    budget = Budget(60.0, clock=Time())
    budget.take(0)
    assert budget.take(1) == pytest.approx(1.0)
