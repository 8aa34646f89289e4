"""Run contestants side by side, a burst each in turn, and keep every sample."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.rie import Rie
from tests.runtimes import RuntimeProcess

from bench.accounting import ChangedError, UnreadableError, processor_ms, proportional_kb
from bench.contestants import Contestant

# Long enough that a runtime which puts work off meets its own debt, short enough that a disturbance of the
# machine meets all contestants.
BURST = 5
# A handler that waits for one answer from elsewhere, as most do: what is prepared meanwhile costs no time.
WAIT_MS = 10
MEMORY_LOOKS = 15


@dataclass(frozen=True)
class Plan:
    """How much is measured. Every loop is bounded by a count, the whole by `deadline_s`."""

    invocations: int
    rie_invocations: int
    starts: int
    warm_up: int
    deadline_s: float


FULL = Plan(invocations=400, rie_invocations=200, starts=9, warm_up=30, deadline_s=230)
QUICK = Plan(invocations=40, rie_invocations=20, starts=2, warm_up=5, deadline_s=46)


@dataclass(frozen=True)
class Samples:
    """What was measured of one contestant with one function; milliseconds and kB. Empty: not measured."""

    answer_ms: list[float] = field(default_factory=list)
    cycle_ms: list[float] = field(default_factory=list)
    waiting_ms: list[float] = field(default_factory=list)
    rie_ms: list[float] = field(default_factory=list)
    init_ms: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    memory_kb: list[int] = field(default_factory=list)


class OutOfTimeError(RuntimeError):
    """The plan's deadline passed; what is measured so far would be lopsided."""


class Measurement:
    """All samples of one function for the given contestants, taken under one plan."""

    def __init__(self, plan: Plan, *, now: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._now = now
        self._end = now() + plan.deadline_s

    def measure(self, function: str, contestants: Sequence[Contestant]) -> dict[str, Samples]:
        """Samples by contestant's name. Raises OutOfTimeError, and AssertionError for a wrong answer."""
        samples: dict[str, Samples] = defaultdict(Samples)
        self._starts(function, contestants, samples)
        with contextlib.ExitStack() as stack:
            running = {one.name: stack.enter_context(one.at_fake_api(function)) for one in contestants}
            self._invocations(running, samples)
            self._accounts(running, samples)
        with contextlib.ExitStack() as stack:
            emulated = {one.name: stack.enter_context(one.under_rie(function)) for one in contestants}
            self._emulated(emulated, samples)
        return dict(samples)

    def _starts(self, function: str, contestants: Sequence[Contestant], samples: dict[str, Samples]) -> None:
        for _ in range(self._plan.starts):
            for one in contestants:
                self._check_time()
                with one.at_fake_api(function) as process:
                    process.api.wait_until_ready()
                    samples[one.name].init_ms.append((process.api.first_next_at - process.started_at) / 1e6)

    def _invocations(self, running: dict[str, RuntimeProcess], samples: dict[str, Samples]) -> None:
        for process in running.values():
            _burst(process, self._plan.warm_up)
        for _ in range(self._plan.invocations // BURST):
            self._check_time()
            for name, process in running.items():
                for answer_ms, cycle_ms in _burst(process, BURST):
                    samples[name].answer_ms.append(answer_ms)
                    samples[name].cycle_ms.append(cycle_ms)
                # One in a burst waits, and its wait is taken off again.
                for answer_ms, _ in _burst(process, 1, wait_ms=WAIT_MS):
                    samples[name].waiting_ms.append(answer_ms - WAIT_MS)

    def _accounts(self, running: dict[str, RuntimeProcess], samples: dict[str, Samples]) -> None:
        for name, process in running.items():
            self._check_time()
            before = processor_ms(process.tree())
            _burst(process, self._plan.invocations)
            spent = processor_ms(process.tree()) - before
            samples[name].processor_ms.append(spent / self._plan.invocations)
            # Without root Dayfly's processes cannot be read; an empty list is reported as not measured.
            with contextlib.suppress(UnreadableError):
                samples[name].memory_kb.extend(_memory_readings(process))

    def _emulated(self, emulated: dict[str, Rie], samples: dict[str, Samples]) -> None:
        for rie in emulated.values():
            for number in range(self._plan.warm_up):
                rie.invoke({"n": number})
        for _ in range(self._plan.rie_invocations // BURST):
            self._check_time()
            for name, rie in emulated.items():
                for number in range(BURST):
                    began = time.perf_counter_ns()
                    answer = rie.invoke({"n": number})
                    samples[name].rie_ms.append((time.perf_counter_ns() - began) / 1e6)
                    assert answer.status == 200, answer

    def _check_time(self) -> None:
        if self._now() > self._end:
            raise OutOfTimeError(f"not done after {self._plan.deadline_s:.0f} s: is the machine busy?")


def _memory_readings(process: RuntimeProcess) -> list[int]:
    """Readings during which the tree stayed the same: workers are forked and end in the background."""
    readings: list[int] = []
    for _ in range(MEMORY_LOOKS):
        before = process.tree()
        with contextlib.suppress(ChangedError):
            reading = proportional_kb(before)
            if process.tree() == before:
                readings.append(reading)
        time.sleep(0.01)
    return readings


def _burst(process: RuntimeProcess, count: int, *, wait_ms: int = 0) -> list[tuple[float, float]]:
    """Invoke back to back: milliseconds to the answer's last byte, and until the next event can be sent."""
    taken: list[tuple[float, float]] = []
    for number in range(count):
        invocation = process.api.send({"n": number, "wait_ms": wait_ms})
        outcome = invocation.wait()
        assert outcome.kind == "response", outcome
        times = invocation.wait_next()
        taken.append(((times.answered - times.sent) / 1e6, (times.next_asked - times.sent) / 1e6))
    return taken
