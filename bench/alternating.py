"""Several ways to run one function, alive together and invoked in turn: what the subcommands share."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.real.ledger import label_of
from tests.runtimes import RuntimeProcess, is_finding

from bench.accounting import processor_ms
from bench.contestants import PLAIN, Contestant
from bench.figures import percentile_99
from bench.measuring import BURST, OutOfTimeError

READY_S = 60.0
ANSWER_S = 20.0
LOG_TAIL = 600
NOT_FORKABLE = "zygote.not-forkable"


@dataclass(frozen=True)
class Function:
    """What is run: `make_event` is given a label that no other event has, and the event's number."""

    name: str
    folder: Path
    handler: str
    make_event: Callable[[str, int], object]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pace:
    """How often each contestant is started and invoked; `burst` is how often it is in its turn."""

    invocations: int
    warm_up: int
    starts: int
    burst: int = BURST


@dataclass(frozen=True)
class Run:
    """One contestant's samples in milliseconds; `processor_ms` is a mean, since the kernel counts in ticks.

    `first_ms` is the first answer, to which lazy initialisation belongs. `fell_back` says why Dayfly could not
    fork the function and ran it in process isolation; empty where it did not.
    """

    init_ms: Sequence[float]
    first_ms: float
    answer_ms: Sequence[float]
    cycle_ms: Sequence[float]
    processor_ms: float
    fell_back: str = ""


@dataclass(frozen=True)
class Failed:
    """The contestant did not start or did not answer, and why."""

    reason: str


Outcome = Run | Failed


class Deadline:
    """The moment at which a measurement is given up."""

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds

    def check(self) -> None:
        """Raises OutOfTimeError once it has passed."""
        if self._now() > self._end:
            raise OutOfTimeError(f"not done after {self._seconds:.0f} s: is the machine busy?")


class _InvocationError(RuntimeError):
    pass


class _Entry:
    """One running contestant and what it has been measured to do."""

    def __init__(self, process: RuntimeProcess, function: Function, run: str) -> None:
        self.process = process
        self.answer_ms: list[float] = []
        self.cycle_ms: list[float] = []
        self._function = function
        self._run = run
        self._sent = 0
        self._spent_before = 0.0

    def invoke(self, count: int) -> list[tuple[float, float]]:
        """Milliseconds to the answer and to the next event; raises _InvocationError unless it is a response."""
        taken: list[tuple[float, float]] = []
        for _ in range(count):
            event = self._function.make_event(label_of(self._run, self._sent), self._sent)
            self._sent += 1
            try:
                invocation = self.process.api.send(event)
                outcome = invocation.wait(ANSWER_S)
                times = invocation.wait_next(ANSWER_S)
            except TimeoutError as fault:
                raise _InvocationError(f"invocation {self._sent}: {fault}; {self._tail()}") from fault
            if outcome.kind != "response":
                text = outcome.body.decode(errors="replace")[:LOG_TAIL]
                raise _InvocationError(f"invocation {self._sent} was answered with {outcome.kind}: {text}")
            taken.append(((times.answered - times.sent) / 1e6, (times.next_asked - times.sent) / 1e6))
        return taken

    def begin(self) -> None:
        self._spent_before = processor_ms(self.process.tree())

    def spent(self) -> float:
        return processor_ms(self.process.tree()) - self._spent_before

    def measure(self, count: int) -> None:
        for answer_ms, cycle_ms in self.invoke(count):
            self.answer_ms.append(answer_ms)
            self.cycle_ms.append(cycle_ms)

    def fell_back(self) -> str:
        return not_forkable(self.process.output())

    def _tail(self) -> str:
        return self.process.output()[-LOG_TAIL:]


def race(
    function: Function,
    contestants: Sequence[Contestant],
    pace: Pace,
    *,
    python_of: Callable[[Contestant], Path],
    deadline: Deadline,
    when_warm: Callable[[], None] = lambda: None,
) -> dict[str, Outcome]:
    """Outcomes by contestant's name; one that fails leaves the others running. Raises OutOfTimeError.

    `when_warm` is called once between the warm-up and the samples.
    """
    failed: dict[str, Outcome] = {}
    inits: dict[str, list[float]] = {one.name: [] for one in contestants}
    firsts: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        entries: dict[str, _Entry] = {}
        for number in range(pace.starts):
            for one in contestants:
                deadline.check()
                if one.name in failed:
                    continue
                run = f"r{uuid.uuid4().hex[:8]}"
                try:
                    with contextlib.ExitStack() as start:
                        process = start.enter_context(_process(function, one, run, python=python_of(one)))
                        inits[one.name].append(_init_ms(process))
                        # The last start is the one that is measured.
                        if number == pace.starts - 1:
                            entry = _Entry(process, function, run)
                            ((firsts[one.name], _),) = entry.invoke(1)
                            entry.invoke(pace.warm_up)
                            entries[one.name] = entry
                            stack.push(start.pop_all())
                except _InvocationError as fault:
                    failed[one.name] = Failed(str(fault))
        when_warm()
        for entry in entries.values():
            entry.begin()
        for _ in range(pace.invocations // pace.burst):
            for name in [name for name in entries if name not in failed]:
                deadline.check()
                try:
                    entries[name].measure(pace.burst)
                except _InvocationError as fault:
                    failed[name] = Failed(str(fault))
        return {
            one.name: failed[one.name]
            if one.name in failed
            else _run(entries[one.name], inits[one.name], firsts[one.name])
            for one in contestants
        }


def _run(entry: _Entry, init_ms: Sequence[float], first_ms: float) -> Run:
    spent = entry.spent() / len(entry.answer_ms)
    return Run(init_ms, first_ms, entry.answer_ms, entry.cycle_ms, spent, entry.fell_back())


def _process(function: Function, contestant: Contestant, run: str, *, python: Path) -> RuntimeProcess:
    return RuntimeProcess(
        function.folder,
        function.handler,
        runtime=contestant.runtime,
        interpreter=python,
        environment={
            "RUN": run,
            "LAMBDA_TASK_ROOT": str(function.folder),
            # Never ask the network for credentials.
            "AWS_EC2_METADATA_DISABLED": "true",
            **function.environment,
            **contestant.settings,
        },
        timeout_s=60,
    )


def _init_ms(process: RuntimeProcess) -> float:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.process.poll() is None and not process.api.init_errors:
        with contextlib.suppress(TimeoutError):
            process.api.wait_until_ready(0.1)
            return (process.api.first_next_at - process.started_at) / 1e6
    raise _InvocationError(f"it did not start; the log ends: {process.output()[-LOG_TAIL:]}")


def not_forkable(log: str) -> str:
    """Why Dayfly fell back to process isolation, by its finding in the log; empty if it did not."""
    for line in log.splitlines():
        if NOT_FORKABLE in line and is_finding(line):
            return str(json.loads(line)["message"])
    return ""


@dataclass(frozen=True)
class Line:
    """What one contestant's samples say; `added_*` are against plain awslambdaric, None for itself or without it."""

    function: str
    contestant: str
    answer_ms: float
    answer_p99_ms: float | None
    added_answer_ms: float | None
    cycle_ms: float
    added_cycle_ms: float | None
    processor_ms: float
    added_processor_ms: float | None
    init_ms: float
    first_ms: float
    samples: int
    note: str


@dataclass(frozen=True)
class Missing:
    """A line without figures, and why."""

    function: str
    contestant: str
    note: str


def lines(function: str, outcomes: Mapping[str, Outcome]) -> list[Line | Missing]:
    """One line for each contestant, in their order."""
    plain = outcomes.get(PLAIN.name)
    return [_line(function, name, outcome, plain) for name, outcome in outcomes.items()]


def _line(function: str, name: str, outcome: Outcome, plain: Outcome | None) -> Line | Missing:
    if isinstance(outcome, Failed):
        return Missing(function, name, f"failed: {outcome.reason}")
    base = plain if isinstance(plain, Run) and name != PLAIN.name else None
    answer, cycle = statistics.median(outcome.answer_ms), statistics.median(outcome.cycle_ms)
    return Line(
        function,
        name,
        answer,
        percentile_99(outcome.answer_ms),
        answer - statistics.median(base.answer_ms) if base else None,
        cycle,
        cycle - statistics.median(base.cycle_ms) if base else None,
        outcome.processor_ms,
        outcome.processor_ms - base.processor_ms if base else None,
        statistics.median(outcome.init_ms),
        outcome.first_ms,
        len(outcome.answer_ms),
        f"process isolation, since {outcome.fell_back}" if outcome.fell_back else "",
    )


def pin(wanted: bool) -> int | None:
    """Put this process and all that it starts on one CPU, if `wanted`; which one."""
    if not wanted:
        return None
    chosen = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {chosen})
    return chosen
