"""The runtime's states and which transition each Runtime API call may make; pure."""

from __future__ import annotations

from typing import Literal

# Names are the emulator's: its refusals spell them out and clients have been seen to match on them.
RuntimeState = Literal[
    "Started",
    "Ready",
    "Running",
    "InvocationResponse",
    "InvocationErrorResponse",
    "RuntimeResponseSentState",
    "InitError",
    # With a snapshot only: /restore/next is waiting, its answer is out, a hook failed after it.
    "RestoreReady",
    "Restoring",
    "RuntimeRestoreErrorState",
]

_ALLOWED: dict[RuntimeState, frozenset[RuntimeState]] = {
    "Started": frozenset({"Ready", "InitError", "RestoreReady"}),
    # A second poll while one waits, and a poll while an event is out, are re-deliveries.
    "Ready": frozenset({"Ready", "Running"}),
    "Running": frozenset({"Ready", "Running", "InvocationResponse", "InvocationErrorResponse"}),
    "InvocationResponse": frozenset({"RuntimeResponseSentState"}),
    "InvocationErrorResponse": frozenset({"RuntimeResponseSentState"}),
    "RuntimeResponseSentState": frozenset({"Ready"}),
    "InitError": frozenset(),
    "RestoreReady": frozenset({"Restoring"}),
    "Restoring": frozenset({"Ready", "RuntimeRestoreErrorState"}),
    "RuntimeRestoreErrorState": frozenset(),
}


class TransitionRefusedError(Exception):
    """The call is not allowed in this state; `message` is the emulator's wording."""

    def __init__(self, before: RuntimeState, after: RuntimeState) -> None:
        self.message = (
            f"State transition from {before} to {after} failed for runtime. "
            "Error: State transition is not allowed"
        )
        super().__init__(self.message)


def check_transition(before: RuntimeState, after: RuntimeState) -> RuntimeState:
    """Return `after` where the move is allowed, else raise TransitionRefusedError."""
    if after not in _ALLOWED[before]:
        raise TransitionRefusedError(before, after)
    return after
