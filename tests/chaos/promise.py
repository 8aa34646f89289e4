"""Holds what follows a fault against the promise.

The promise: an answer that the platform accepted reaches its caller and no other; no event is run twice; one fault
costs one invocation at most; and Dayfly goes on, or ends so that the platform starts it anew, within the time of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.asking import Outcome, Violation

# Supervisor, zygote and spares; a worker that has not been waited for yet.
MOST_PROCESSES = 6


@dataclass(frozen=True, slots=True)
class Order:
    """At `step`: do `act` (kill, stop, fail...) to `of`, a part (supervisor, zygote, worker, spare, all)."""

    step: str
    act: str
    of: str


def judge(order: Order, outcomes: Sequence[Outcome], *, accepted: bool, is_fresh: bool) -> None:
    """Raise Violation where outcomes are none that a fault at `order` may have."""
    kinds = [outcome.kind for outcome in outcomes]
    lost = [number for number, kind in enumerate(kinds) if kind != "answer"]
    # Who is stopped is waited for until time is over, as under awslambdaric; but a zygote beside its workers is resumed.
    may_time_out = order.act == "stop" and (order.of in ("worker", "supervisor", "all") or not is_fresh)
    if "timeout" in kinds and not may_time_out:
        raise Violation(f"an invocation ran out of its time: {kinds}")
    if accepted and 0 in lost:
        raise Violation(f"an accepted answer did not reach its caller: {kinds}")
    if len(lost) > 1:
        raise Violation(f"one fault cost more than one invocation: {kinds}")
    if any(number > 1 for number in lost):
        raise Violation(f"an invocation failed long after the fault: {kinds}")
    if order.act == "kill" and order.of == "spare" and lost:
        raise Violation(f"the end of a spare cost an invocation: {kinds}")
    if is_fresh and any(outcome.payload.get("seen", 0) for outcome in outcomes):
        raise Violation(
            f"a worker had served before: {[outcome.payload.get('seen') for outcome in outcomes]}"
        )
