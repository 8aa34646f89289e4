"""A guard that serves an event, for tests: nothing of it is installed in the interpreter that runs them."""

from __future__ import annotations

import json
from pathlib import Path

from dayfly.core.handshake import ZygoteOptions
from dayfly.core.structure.trusted_literals import OwnText
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.written import Written

TASK = str(Path(__file__).parent)


def serving(
    event: object, *, mode: str = "block", own: tuple[str, ...] = (), closed: bool = False, task: str = TASK
) -> Guard:
    """A guard of a function whose own text is `own`, with this event in its handler."""
    guard = Guard(ZygoteOptions(guard=mode, guard_closed=closed, guard_key="11" * 16), task)
    guard.own = OwnText(own)
    guard._written = Written(guard.own, ())
    guard.begin(json.dumps(event).encode(), "request")
    guard.enter()
    return guard


def told(guard: Guard) -> list[list[str]]:
    """What the guard has to say: verdict and rule of each report."""
    guard.leave()
    said, _body = guard.end()
    return [line[1:].split("|")[:2] for line in said.decode().split("\n") if line]
