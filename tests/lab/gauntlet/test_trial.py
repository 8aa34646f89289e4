"""What an attempt comes to: decided from what it met and whom it reached, and from nothing else."""

from __future__ import annotations

import pytest

from dayfly.lab.gauntlet.model import Outcome
from dayfly.lab.gauntlet.trial import Attempt, judge, worst


def made(*, reached: int = 0, is_open: bool = False, is_refused: bool = False, error: str = "") -> Attempt:
    return Attempt(is_refused, error, reached, 8, 0, 0, 0.1 if reached else None, is_open)


@pytest.mark.parametrize(
    ("one", "is_noticed", "usual_error", "outcome"),
    [
        (made(reached=8, is_open=True), False, "", "survived"),
        (made(reached=8, is_open=True), True, "", "detected"),
        # A refusal that did not help is a word, and no more.
        (made(reached=8, is_open=True, is_refused=True), True, "", "detected"),
        (made(reached=2), False, "", "contained"),
        (made(reached=2, is_refused=True), True, "", "contained"),
        (made(), True, "", "contained"),
        (made(is_refused=True, error="Dayfly.Refused"), True, "", "blocked"),
        (made(error="PermissionError"), False, "", "blocked"),
        # It ends so without protection, too.
        (made(error="PermissionError"), False, "PermissionError", "contained"),
        # The platform says that the runtime is gone: nobody refused anything.
        (made(error="Runtime.ExitError"), False, "", "contained"),
        (made(error="Sandbox.Timedout"), False, "", "contained"),
    ],
)
def test_outcomes(one: Attempt, is_noticed: bool, usual_error: str, outcome: Outcome) -> None:
    assert judge(one, is_noticed=is_noticed, usual_error=usual_error)[0] == outcome


def test_of_several_attempts_the_one_counts_that_the_attacker_gained_most_by() -> None:
    attempts: list[tuple[Attempt, Outcome]] = [
        (made(is_refused=True), "blocked"),
        (made(reached=3, is_open=True), "survived"),
        (made(), "contained"),
    ]
    assert worst(attempts) == 1
    assert worst([attempts[0], attempts[2]]) == 1
