"""One workload under several contestants in one lab, a burst each in turn, frozen while it is another's turn."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes import parent_of

from bench.accounting import (
    ChangedError,
    UnreadableError,
    dirty_kb,
    page_faults,
    processor_ms,
    proportional_kb,
)
from bench.alternating import not_forkable
from bench.workloads.catalogue import Workload
from bench.workloads.contestants import Contestant
from bench.workloads.samples import BARE, Course, Life
from dayfly.errors import DayflyError
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, InvokeResult, LabEvent, LogLine

MEMORY_MB = 512
TIMEOUT_S = 60.0
# Nobody ends an environment meanwhile.
IDLE_EXPIRY_S = 3600.0
FREEZE_BUDGET_S = 20.0
# Long enough that a runtime which puts work off meets its own debt; a slow handler hides that anyway.
BURST = 5
# However late it is: one environment says nothing about how environments differ.
LEAST_LIVES = 2
SLOW_MS = 30.0
MEMORY_LOOKS = 5
REASON_LENGTH = 300


@dataclass(frozen=True)
class Pace:
    """How much is measured of one workload: `lives` environments of each contestant, one after another.

    Time decides how many rounds of bursts each life has, between `min_rounds` and `max_rounds`.
    """

    lives: int
    warm_up: int
    min_rounds: int
    max_rounds: int


class _FailedError(Exception):
    """A contestant did not start, did not answer, or not with a response."""


class Watch:
    """Collects what the lab tells about its functions: how long init took, when an invocation was over, when all froze."""

    def __init__(self, lab: Lab) -> None:
        self.init_ms: dict[str, float] = {}
        self.until_next_ms: dict[str, float] = {}
        self.notes: dict[str, str] = {}
        self._frozen: dict[str, asyncio.Event] = {}
        lab.subscribe(self._happened)
        lab.subscribe_lines(self._said)

    def forget(self, function: str) -> None:
        """Nothing of this function is of interest any more."""
        self.init_ms.pop(function, None)
        self.notes.pop(function, None)
        self._frozen.pop(function, None)
        self.until_next_ms.clear()

    def running(self, function: str) -> None:
        """An invocation is about to be sent: `frozen` waits for its end."""
        self._frozen.setdefault(function, asyncio.Event()).clear()

    async def frozen(self, function: str) -> None:
        """Return once the invocation is over and its environment stands still. Raises TimeoutError."""
        async with asyncio.timeout(FREEZE_BUDGET_S):
            await self._frozen[function].wait()

    def _happened(self, event: LabEvent) -> None:
        if event.kind == "init_done":
            self.init_ms[event.function] = float(event.detail["duration_ms"])
        elif event.kind == "invoke_end" and event.request_id:
            self.until_next_ms[event.request_id] = float(event.detail["duration_ms"])
        elif event.kind in ("frozen", "reset") and event.function in self._frozen:
            self._frozen[event.function].set()

    def _said(self, line: LogLine) -> None:
        if line.source != "platform" and (reason := not_forkable(line.text)):
            self.notes[line.function] = f"process isolation, since {reason}"


class _NotMeasuredError(Exception):
    """A contestant cannot be measured with this workload, and nobody is to blame."""


class _Entry:
    """One contestant with its function in the lab. `answers` are hashes by the event's number."""

    def __init__(self, lab: Lab, watch: Watch, contestant: Contestant, name: str) -> None:
        self.contestant = contestant
        self.name = name
        self.course = Course()
        self.answers: dict[int, str] = {}
        self.is_out = False
        self._lab = lab
        self._watch = watch
        self._sent = 0
        self._environment = ""
        self._before: tuple[float, int] | None = None

    @contextlib.asynccontextmanager
    async def trying(self) -> AsyncIterator[None]:
        """What goes wrong inside ends this contestant's course, nobody else's."""
        try:
            yield
        except _NotMeasuredError as said:
            self.course.note, self.is_out = str(said), True
        except (_FailedError, DayflyError, OSError) as fault:
            reason = fault.message if isinstance(fault, DayflyError) else str(fault)
            self.course.failed, self.is_out = " ".join((reason or repr(fault)).split())[:REASON_LENGTH], True

    async def add(self, workload: Workload, *, python: Path, folder: Path) -> None:
        """Put the function into the lab with the protection on."""
        place = folder / self.name
        await self._lab.aside(
            shutil.copytree, workload.folder, place, ignore=shutil.ignore_patterns("__pycache__")
        )
        config = FunctionConfig(
            name=self.name,
            folder=place,
            handler=workload.handler,
            timeout_s=TIMEOUT_S,
            memory_mb=MEMORY_MB,
            environment=workload.environment,
            python=python,
            idle_expiry_s=IDLE_EXPIRY_S,
        )
        protection, isolation = self.contestant.protection, self.contestant.isolation
        prepared = await self._lab.aside(protection.prepare, config, isolation, place)
        if workload.packages and prepared.python != python:
            raise _NotMeasuredError(
                "not measured: it has an interpreter of its own, without this workload's packages"
            )
        await self._lab.add_function(prepared)

    async def begin(self, warm_up: int) -> None:
        """A cold start in a new environment, and the first warm invocations, which are not kept."""
        await self._lab.recycle(self.name)
        self._watch.init_ms.pop(self.name, None)
        result = await self._invoke()
        if not result.cold_start or self.name not in self._watch.init_ms:
            raise _FailedError("its initialisation failed")
        self._environment = result.environment_id
        self.course.lives.append(Life(self._watch.init_ms[self.name], result.duration_ms))
        for _ in range(warm_up):
            await self._warm()
        pids = self._pids()
        self._before = (processor_ms(pids), page_faults(pids)) if pids else None

    async def measure(self, count: int) -> None:
        """A burst, back to back, and frozen after it."""
        began = time.perf_counter()
        results = [await self._warm() for _ in range(count)]
        taken = time.perf_counter() - began
        life = self.course.lives[-1]
        life.answer_ms.append([one.duration_ms for one in results])
        life.until_next_ms.append([self._watch.until_next_ms[one.request_id] for one in results])
        life.per_second.append(count / taken)

    def account(self) -> None:
        """Processor time and memory of the life that ends, all its processes together.

        What cannot be told stays None: memory without root, where other users' processes cannot be read, and everything of
        a contestant that has no process between two invocations.
        """
        life, pids = self.course.lives[-1], self._pids()
        count = sum(len(burst) for burst in life.answer_ms)
        if count and pids and self._before is not None:
            life.processor_ms = (processor_ms(pids) - self._before[0]) / count
            life.faults = (page_faults(pids) - self._before[1]) / count
        for _ in range(MEMORY_LOOKS if pids else 0):
            with contextlib.suppress(ChangedError, UnreadableError):
                life.pss_kb, life.dirty_kb = proportional_kb(pids), dirty_kb(pids)
                break
        self.course.note = self._watch.notes.get(self.name, "")

    async def remove(self) -> None:
        """End its environment and forget it."""
        self._watch.forget(self.name)
        # It may never have got so far as to be added.
        with contextlib.suppress(DayflyError):
            await self._lab.recycle(self.name)
            self._lab.remove_function(self.name)

    async def _warm(self) -> InvokeResult:
        result = await self._invoke()
        if result.environment_id != self._environment:
            raise _FailedError(f"invocation {self._sent} met another environment: the first one ended")
        return result

    async def _invoke(self) -> InvokeResult:
        """One answer, and the environment frozen again."""
        number = self._sent
        self._sent += 1
        self._watch.running(self.name)
        result = await self._lab.invoke(self.name, json.dumps({"number": number}).encode())
        if result.function_error is not None:
            text = result.payload.decode(errors="replace")
            raise _FailedError(f"invocation {number} was answered with an error: {text}")
        await self._watch.frozen(self.name)
        self.answers[number] = hashlib.sha256(result.payload).hexdigest()
        return result

    def _pids(self) -> list[int]:
        """Its processes with init, to which those fall whose parent ended: it has their time then. Empty without a runtime."""
        view = next((one for one in self._lab.environments(self.name) if one.id == self._environment), None)
        if view is None or not view.pid:
            return []
        init = parent_of(view.pid)
        return [init, *(pid for pid in self._lab.processes(self.name)[self._environment] if pid != init)]


async def race(
    lab: Lab,
    watch: Watch,
    workload: Workload,
    contestants: Sequence[Contestant],
    pace: Pace,
    *,
    python: Path,
    folder: Path,
    seconds: float,
    now: Callable[[], float] = time.monotonic,
) -> dict[str, Course]:
    """Courses by contestant's name, in some `seconds`; one that fails leaves the others running.

    `folder` is an empty folder for copies of the handlers. Whoever answers otherwise than plain awslambdaric has failed.
    """
    end = now() + seconds
    entries = [_Entry(lab, watch, one, f"f{number}") for number, one in enumerate(contestants)]
    try:
        for entry in entries:
            async with entry.trying():
                await entry.add(workload, python=python, folder=folder)
        for number in range(pace.lives):
            life_ends = now() + max(0.0, end - now()) / (pace.lives - number)
            # Whoever comes first meets a colder cache: everybody does in turn.
            turn = number % len(entries)
            order = entries[turn:] + entries[:turn]
            for entry in _running(order):
                async with entry.trying():
                    await entry.begin(pace.warm_up)
            await _rounds(order, pace, life_ends=life_ends, now=now)
            for entry in _running(order):
                entry.account()
            if now() > end and number + 1 >= LEAST_LIVES:
                break
    finally:
        for entry in entries:
            await entry.remove()
    _compare(entries)
    return {entry.contestant.name: entry.course for entry in entries}


async def _rounds(order: Sequence[_Entry], pace: Pace, *, life_ends: float, now: Callable[[], float]) -> None:
    count = BURST
    for number in range(pace.max_rounds):
        if number >= pace.min_rounds and now() > life_ends:
            return
        began = now()
        for entry in _running(order):
            async with entry.trying():
                await entry.measure(count)
        per_invocation_ms = (now() - began) * 1000 / count / len(order)
        count = 1 if per_invocation_ms > SLOW_MS else count


def _running(entries: Sequence[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if not entry.is_out]


def _compare(entries: Sequence[_Entry]) -> None:
    """Fail those whose answers are not plain awslambdaric's."""
    plain = next((entry.answers for entry in entries if entry.contestant.name == BARE), {})
    for entry in _running(entries):
        other = sorted(
            number for number, answer in entry.answers.items() if plain.get(number, answer) != answer
        )
        if other:
            entry.course.failed = (
                f"{len(other)} answers were not plain awslambdaric's, the first to event {other[0]}"
            )
