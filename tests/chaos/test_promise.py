"""What a fault may cost, and what breaks the promise."""

from __future__ import annotations

import pytest
from tests.chaos.asking import Outcome, Violation
from tests.chaos.promise import Order, judge


@pytest.mark.parametrize(
    ("order", "kinds", "seen", "accepted", "word"),
    [
        (Order("s", "kill", "supervisor"), ["exit", "exit", "answer"], 0, False, "more than one"),
        (Order("s", "kill", "supervisor"), ["exit", "answer", "answer"], 0, True, "accepted"),
        (Order("s", "kill", "supervisor"), ["answer", "answer", "exit"], 0, False, "long after"),
        (Order("s", "kill", "supervisor"), ["timeout", "answer", "answer"], 0, False, "time"),
        (Order("s", "kill", "spare"), ["exit", "answer", "answer"], 0, False, "spare"),
        (Order("s", "kill", "zygote"), ["answer", "answer", "answer"], 1, False, "served before"),
    ],
)
def test_a_broken_promise_is_called_one(
    order: Order, kinds: list[str], seen: int, accepted: bool, word: str
) -> None:
    outcomes = [Outcome(kind, {"seen": seen}) for kind in kinds]  # type: ignore[arg-type]  # kinds by name
    with pytest.raises(Violation, match=word):
        judge(order, outcomes, accepted=accepted, is_fresh=True)
