"""Serves a soak's events as the platform would, and holds every answer against the event it belongs to."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.soak.environment import Environment
from tests.soak.growth import Look, growth
from tests.soak.mix import Event, judge

from dayfly.testing.runtime_api import FakeRuntimeApi, Invocation

# Events that wait at the platform while one is served: an answer that crossed would meet another's event.
AHEAD = 3
# The function's timeout for an event that hangs. Every other event has the time of a busy machine.
TIMEOUT_S = 0.3
HANG_S = 60.0
LOOKS = 240


class Violation(Exception):
    """Something that must never happen did; the message says what, and to which event."""


@dataclass
class Tally:
    """What a soak has seen so far."""

    served: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    resets: int = 0
    looks: list[Look] = field(default_factory=list)
    seconds: float = 0.0


class Driver:
    """One environment's share of a soak; `is_fresh` says that each worker serves one event."""

    def __init__(self, api: FakeRuntimeApi, environment: Environment, *, is_fresh: bool) -> None:
        self._api = api
        self._environment = environment
        self._is_fresh = is_fresh
        self._sent: deque[tuple[Event, Invocation]] = deque()
        self._answers: Counter[str] = Counter()
        self._finished: dict[str, int] = {}
        self.tally = Tally()

    def run(self, events: Iterable[Event], count: int, *, tell: Callable[[Tally], None]) -> Tally:
        """Serve all events; raises Violation at the first wrong one."""
        began = time.monotonic()
        self._api.wait_until_ready(HANG_S)
        step = max(1, count // LOOKS)
        for event in events:
            self._sent.append((event, self._api.send(event.payload)))
            if len(self._sent) > AHEAD:
                self._settle_one()
            if event.number % step == 0:
                self._look(event)
            self.tally.seconds = time.monotonic() - began
            tell(self.tally)
        self._look(event)
        self.tally.seconds = time.monotonic() - began
        if found := growth(self.tally.looks):
            raise Violation("; ".join(found))
        return self.tally

    def _settle_one(self) -> None:
        event, invocation = self._sent.popleft()
        if event.kind == "hang":
            self._await_delivery(invocation, event)
            # The platform's own timeout; then it starts the runtime anew.
            time.sleep(TIMEOUT_S)
            self._environment.reset(everything=event.size % 2 == 0)
            self.tally.resets += 1
        try:
            outcome = invocation.wait(HANG_S)
        except TimeoutError:
            raise Violation(f"{_name(event)} was neither answered nor lost within {HANG_S:g} s") from None
        if fault := judge(event, invocation.request_id, outcome, is_fresh=self._is_fresh):
            raise Violation(f"{_name(event)}: {fault}")
        if invocation.deliveries != 1:
            raise Violation(f"{_name(event)} was delivered {invocation.deliveries} times")
        self.tally.served += 1
        self.tally.kinds[event.kind] += 1
        self.tally.outcomes[outcome.kind if outcome.status != 413 else "too large"] += 1
        self._finished[invocation.request_id] = outcome.kind != "lost"
        self._count_answers()

    def _await_delivery(self, invocation: Invocation, event: Event) -> None:
        end = time.monotonic() + HANG_S
        while not invocation.deliveries:
            if time.monotonic() > end:
                raise Violation(f"{_name(event)} was not taken within {HANG_S:g} s")
            time.sleep(0.002)

    def _count_answers(self) -> None:
        """Every event has one answer at most, and every answer belongs to an event."""
        requests, self._api.requests[:] = list(self._api.requests), []
        for request in requests:
            parts = request.head.target.split("/")
            if parts[-1] in ("response", "error") and parts[-3] == "invocation":
                self._answers[parts[-2]] += 1
        waiting = {invocation.request_id for _, invocation in self._sent}
        for request_id, count in list(self._answers.items()):
            if count > 1:
                raise Violation(f"request {request_id} was answered {count} times")
            if request_id not in waiting and request_id not in self._finished:
                raise Violation(f"request {request_id} was never sent and was answered")
        # Two rounds of events back nobody answers any more; a late answer is then one that was never sent.
        while len(self._finished) > 1000:
            self._answers.pop(oldest := next(iter(self._finished)), None)
            del self._finished[oldest]

    def _look(self, event: Event) -> None:
        """Take the footprint once nothing is under way: an answer of megabytes is no growth."""
        last = self._sent[-1][1] if self._sent else None
        while self._sent:
            self._settle_one()
        if last is not None:
            # A runtime that was ended with its event asks without having answered.
            with contextlib.suppress(TimeoutError):
                last.wait_next(0.5)
        self.tally.looks.append(Look(event.number, event.stage, self._environment.look()))


def _name(event: Event) -> str:
    return f"event {event.number} ({event.stage}: {event.kind}, mark {event.mark})"
