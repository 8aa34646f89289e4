"""The runtime's states refuse what AWS's emulator refuses."""

from __future__ import annotations

import pytest

from dayfly.lab.states import RuntimeState, TransitionRefusedError, check_transition


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Started", "InvocationResponse"),
        ("Ready", "InitError"),
        ("Running", "InitError"),
        ("InvocationResponse", "Ready"),
        ("RuntimeResponseSentState", "InvocationResponse"),
        ("RuntimeResponseSentState", "InvocationErrorResponse"),
        ("InitError", "Ready"),
    ],
)
def test_a_forbidden_move_is_refused_in_the_emulators_words(
    before: RuntimeState, after: RuntimeState
) -> None:
    with pytest.raises(TransitionRefusedError) as refusal:
        check_transition(before, after)
    expected = f"State transition from {before} to {after} failed for runtime. Error: State transition is not allowed"
    assert refusal.value.message == expected


def test_one_invocation_after_another_is_a_circle_of_allowed_moves() -> None:
    state: RuntimeState = "Started"
    circle: tuple[RuntimeState, ...] = ("Ready", "Running", "InvocationResponse", "RuntimeResponseSentState")
    for after in (*circle, *circle, "Ready"):
        state = check_transition(state, after)
    assert state == "Ready"
