"""Which tests `make test`, `make test-slow` and `make nightly` run, decided from what was measured and by turns."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conftest import MANY_CASES, repeated
from tests.tiers import functions_of


@dataclass
class Case:
    """What `repeated` asks of a collected test."""

    case: int
    isolation: str
    night: bool = False

    @property
    def nodeid(self) -> str:
        return f"test_it[{self.case}-{self.isolation}]"

    @property
    def callspec(self) -> SimpleNamespace:
        return SimpleNamespace(params={"case": self.case, "mode": self.isolation})

    def get_closest_marker(self, _name: str) -> object:
        return self.night or None


def at_night(cases: list[Case]) -> list[Case]:
    tests: Any = cases
    found: Any = list(repeated(tests))
    return list(found)


def cases(many: int, *isolations: str) -> list[Case]:
    return [Case(number, one) for number, one in itertools.product(range(many), isolations)]


def test_by_day_every_case_runs_in_the_default_isolation_and_one_more() -> None:
    many = cases(6, "invocation", "window", "process")
    by_day = [one for one in many if one not in at_night(many)]
    for number in range(6):
        assert [one.case for one in by_day].count(number) == 2
        assert Case(number, "invocation") in by_day
    assert {one.isolation for one in by_day} == {"invocation", "window", "process"}


def test_of_a_single_other_isolation_every_second_case_stays() -> None:
    assert [one.case for one in at_night(cases(8, "invocation", "window"))] == [1, 3, 5, 7]


def test_few_cases_and_those_that_say_it_themselves_stay_as_they_are() -> None:
    assert at_night(cases(2, "invocation", "window", "process")) == []
    assert at_night([*cases(MANY_CASES, "invocation", "window"), Case(99, "window", night=True)]) == []


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("test_a", [0.1, 0.1], "quick"),
        ("test_a", [0.3, 0.3], "first"),
        ("test_a", [0.9, 0.1], "slow"),
        ("test_a", [0.9], "slow"),
        # The others were not run.
        ("test_known", [0.1], "first"),
        ("test_known", [0.9], "slow"),
        ("test_known", [0.1, 0.1], "quick"),
    ],
)
def test_a_function_is_quick_by_all_its_cases_and_may_be_by_its_first(
    name: str, own: list[float], expected: str
) -> None:
    lines = [json.dumps({"test": f"{name}[{number}]", "own": cost}) for number, cost in enumerate(own)]
    (function,) = functions_of(lines, {"test_known"}).values()
    assert function.tier(all_cases_s=0.5, one_case_s=0.5) == expected
