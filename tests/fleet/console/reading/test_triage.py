"""What holds of a finding."""

from __future__ import annotations

from dayfly.fleet.console.reading.triage import OPEN, Decision, holds

MUTED = Decision(state="muted")
SEEN = Decision(state="acknowledged")


def test_without_a_decision_it_is_open() -> None:
    assert holds({}, "u", rule="r", functions=("f",), subject_key="s") == OPEN


def test_its_own_decision_comes_first() -> None:
    assert holds({"u": SEEN, "rule:r": MUTED}, "u", rule="r") == SEEN


def test_a_mute_of_its_rule_or_subject_holds() -> None:
    assert holds({"rule:r": MUTED}, "u", rule="r") == MUTED
    assert holds({"subject:r:s": MUTED}, "u", rule="r", subject_key="s") == MUTED


def test_a_mute_of_one_function_does_not_hide_what_concerns_two() -> None:
    muted = {"function:a": MUTED}
    assert holds(muted, "u", functions=("a",)) == MUTED
    assert holds(muted, "u", functions=("a", "b")) == OPEN
