"""How many processes a worker may have, and when those it left are too many."""

from __future__ import annotations

import pytest

from dayfly.core.headroom import LEAST, RESERVE, Headroom

LAMBDA = 742


def test_where_orphans_are_buried_only_the_reserve_is_kept() -> None:
    headroom = Headroom(LAMBDA, buries=True)
    assert headroom.limit(zombies=0, alive=5) == LAMBDA - RESERVE
    assert headroom.limit(zombies=500, alive=5) == LAMBDA - RESERVE
    assert not headroom.is_used_up(zombies=LAMBDA, alive=5)


@pytest.mark.parametrize("hard", [0, 1, 2 * RESERVE])
def test_without_a_limit_worth_dividing_there_is_none(hard: int) -> None:
    headroom = Headroom(hard, buries=False)
    assert headroom.limit(zombies=3, alive=5) == 0
    assert not headroom.is_used_up(zombies=10_000, alive=5)


@pytest.mark.parametrize(("hard", "margin"), [(LAMBDA, LEAST), (1024, 341), (12_000, 4_000)])
def test_a_worker_may_have_a_third_of_the_limit_and_never_less_than_honest_functions_need(
    hard: int, margin: int
) -> None:
    headroom = Headroom(hard, buries=False)
    assert headroom.margin == margin
    room = headroom.limit(zombies=0, alive=5)
    assert margin <= room < hard - RESERVE


def test_no_worker_gets_into_the_reserve_whatever_lies_there() -> None:
    headroom = Headroom(LAMBDA, buries=False)
    assert headroom.limit(zombies=600, alive=5) == LAMBDA - RESERVE


def test_three_invocations_that_take_all_they_may_do_not_stop_the_supervisor() -> None:
    headroom = Headroom(LAMBDA, buries=False)
    zombies = 0
    for _ in range(10):
        zombies = max(zombies, headroom.limit(zombies=zombies, alive=5) - 5)
        assert zombies + 5 <= LAMBDA - RESERVE


@pytest.mark.parametrize(
    ("zombies", "expected"),
    [
        (0, False),
        (260, False),  # one attack: a whole share is left
        (500, True),  # two: less than half of one
    ],
)
def test_a_life_ends_when_its_dead_leave_too_little(zombies: int, expected: bool) -> None:
    assert Headroom(LAMBDA, buries=False).is_used_up(zombies=zombies, alive=5) is expected


def test_a_life_that_began_among_the_dead_does_not_end_for_them() -> None:
    """A reset would not help, and one after each event would be the end of the service."""
    headroom = Headroom(LAMBDA, buries=False, zombies_before=500)
    assert not headroom.is_used_up(zombies=510, alive=5)
    assert not headroom.is_used_up(zombies=610, alive=5)
