"""Does one thing at each of a supervisor's steps, one after the other, and holds what follows against the promise.

The promise: an answer that the platform accepted reaches its caller and no other; no event is run twice; one fault
costs one invocation at most; and Dayfly goes on, or ends so that the platform starts it anew, within the time of one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.asking import Asking, Outcome, Violation
from tests.chaos.director import Director, Order

# The first step at which the platform has said that it has the answer.
ACCEPTED = "loop:Supervisor._check_reply:call"
# From here on it is the next event that a fault meets.
OVER = "gate:Gate.next_event:call"
# Ends a runtime in the middle of an event, so that the next event waits for another's start.
_END = Order("loop:Supervisor._prepare:call", "kill", "supervisor")
# Supervisor, zygote and spares; a worker that has not been waited for yet.
MOST_PROCESSES = 6
_PATIENCE_S = 60.0
_FOLLOWERS = 3


@dataclass(slots=True)
class Swept:
    """What came of a sweep: orders given and carried out (a step may not come again), outcomes by kind, the slowest answer after a fault, and every broken promise."""

    tried: int = 0
    carried_out: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    broken: list[str] = field(default_factory=list)


async def record(asking: Asking, director: Director, *, warm: int = 3) -> tuple[list[str], list[str]]:
    """Return the course of steps of a start, and of one warm invocation, from its event to the next."""
    for _ in range(warm + 1):
        await asking.ask(takes=0.003)
        await asking.settle()
    # Told by the two interpreters of a start as they begin, then with each event.
    return director.recorded[2], director.recorded[-1]


async def sweep(
    asking: Asking,
    director: Director,
    orders: Sequence[Order],
    *,
    is_fresh: bool,
    found: Swept,
    of_start: bool = False,
) -> None:
    """Carry out each order in an invocation of its own; what breaks a promise is added to `found`.

    `of_start`: in the start of a runtime, which the invocation waits for.
    """
    for order in orders:
        found.tried += 1
        if of_start:
            director.for_event = _END
            await asking.ask()
            director.for_start = order
        else:
            director.for_event = order
        before = director.carried_out
        director.course = []
        outcomes: list[Outcome] = []
        try:
            for _ in range(1 + _FOLLOWERS):
                began = time.monotonic()
                async with asyncio.timeout(_PATIENCE_S):
                    outcomes.append(await asking.ask(takes=0.003))
                found.slowest_s = max(found.slowest_s, time.monotonic() - began)
            await asking.settle()
            judge(order, outcomes, accepted=ACCEPTED in director.course, is_fresh=is_fresh)
            count = max((len(pids) for pids in asking.lab.processes("f").values()), default=0)
            if count > MOST_PROCESSES:
                raise Violation(f"{count} processes are left")
            asking.check(may_retire=order.act == "raise", may_trace=order.act == "raise" and of_start)
            if order.act == "raise":
                # The interpreter drops whoever raises in its place: nobody follows this process any more.
                await asking.end_life()
                await asking.ask()
        except Violation as fault:
            found.broken.append(f"{order}: {fault}")
        except TimeoutError:
            found.broken.append(f"{order}: no answer within {_PATIENCE_S:g} s")
        director.for_event = director.for_start = None
        found.carried_out += director.carried_out - before
        for outcome in outcomes:
            found.outcomes[outcome.kind] = found.outcomes.get(outcome.kind, 0) + 1


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
