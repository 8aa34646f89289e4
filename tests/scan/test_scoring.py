from __future__ import annotations

import pytest
from tests.scan.corpus.twins import Case, pair
from tests.scan.scoring import as_table, failures_by_construct, failures_by_shape, score

FIRST = "event.sql"
SECOND = "event.path"


def _cases(count: int = 2) -> list[Case]:
    return [
        case
        for category in (FIRST, SECOND)
        for number in range(count)
        for case in pair(f"n{number}", category, "list index", "S3", {"app.py": "-a\n+b"}, is_written=False)
    ]


@pytest.mark.parametrize("checks", [frozenset(), frozenset({FIRST, SECOND})])
def test_flagging_nothing_or_everything_scores_nothing(checks: frozenset[str]) -> None:
    assert score(_cases(), lambda case: checks).mean == 0


def test_knowing_the_truth_scores_one() -> None:
    result = score(_cases(), lambda case: {case.category} if case.is_unsafe else set())
    assert [one.score for one in result.categories] == [1, 1]
    assert failures_by_construct(result) == ""


def test_believing_the_opposite_scores_minus_one() -> None:
    assert score(_cases(), lambda case: set() if case.is_unsafe else {case.category}).mean == -1


def test_findings_of_other_checks_do_not_count() -> None:
    result = score(_cases(), lambda case: {FIRST} if case.is_unsafe else set())
    assert {one.category: one.score for one in result.categories} == {FIRST: 1, SECOND: 0}
    assert result.worst.category == SECOND


def test_the_mean_weighs_categories_not_cases() -> None:
    cases = [*_cases(1), *(case for case in _cases(9) if case.category == FIRST)]
    assert score(cases, lambda case: {SECOND} if case.is_unsafe else set()).mean == 0.5


def test_failures_name_construct_shape_and_case() -> None:
    result = score(_cases(), lambda case: {FIRST})
    assert failures_by_construct(result).splitlines() == [
        "list index: 4",
        "    missed event.path/n0_unsafe (S3)",
        "    missed event.path/n1_unsafe (S3)",
        "    alarm  event.sql/n0_safe (S3)",
        "    alarm  event.sql/n1_safe (S3)",
    ]
    assert failures_by_shape(result) == "S3: 4"


def test_the_table_ends_with_the_mean() -> None:
    assert as_table(score(_cases(), lambda case: {FIRST})).splitlines()[2:] == [
        "| event.sql | 2 | 2 | 1.00 | 1.00 | +0.00 |",
        "| event.path | 2 | 2 | 0.00 | 0.00 | +0.00 |",
        "| **mean** | 4 | 4 | 0.50 | 0.50 | +0.00 |",
    ]
