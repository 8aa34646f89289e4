"""Processors are divided only where there is something to divide."""

from __future__ import annotations

import os

import pytest
from tests.unprivileged import forked

from dayfly._sys import processors


@pytest.mark.parametrize("alone", [set(), {0}, {5}])
def test_without_a_choice_nobody_is_told_where_to_run(alone: set[int]) -> None:
    assert processors.for_supervisor(alone) == set()
    assert processors.for_others(alone) == set()


@pytest.mark.parametrize("several", [{0, 1}, {2, 3, 7}])
def test_the_supervisor_gets_one_and_the_others_the_rest(several: set[int]) -> None:
    one, rest = processors.for_supervisor(several), processors.for_others(several)

    assert len(one) == 1
    assert one | rest == several
    assert not one & rest


def test_an_empty_set_changes_nothing_and_a_refusal_is_no_error() -> None:
    def act() -> tuple[set[int], set[int]]:
        before = os.sched_getaffinity(0)
        processors.use(set())
        processors.use({100_000})
        return before, os.sched_getaffinity(0)

    before, after = forked(act)

    assert before == after


def test_a_process_can_leave_a_processor() -> None:
    def act() -> set[int]:
        processors.use(processors.for_others(processors.allowed()))
        return os.sched_getaffinity(0)

    everything = os.sched_getaffinity(0)

    assert forked(act) == (processors.for_others(everything) or everything)
