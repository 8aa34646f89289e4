"""Runs every contestant in one lab, in alternating bursts, and keeps times, answers, memory and findings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.core.findings import NOT_FORKABLE
from dayfly.core.loglines import PRODUCT
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, LabError, LabEvent, LogLine
from dayfly.lab.plan.accounting import processor_and_delay_ms, processor_ms, proportional_mb
from dayfly.lab.plan.answers import Answer
from dayfly.lab.plan.contestants import TRACE_MODULE, TRACED, TRACED_PLAIN, Contestant
from dayfly.lab.plan.model import Cost
from dayfly.lab.plan.observe import wait_until_idle
from dayfly.lab.plan.packages import list_vendored
from dayfly.lab.plan.split import TRACE_MARK, Report, Traced, read_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dayfly.lab.model import ConfinementReport
    from dayfly.lab.plan.model import Request

# Long enough that work put off meets its own debt, short enough that a disturbance of the machine meets
# every contestant.
_BURST = 5
# Cold starts of each contestant, alternating: init varies more than invocations do.
_STARTS = 3
# Bursts in which the traced ones take part: a split into parts needs fewer samples than a tail.
_TRACED_ROUNDS = 4
# A report goes through the log, which may arrive after the answer. One that does not come is the last waited for.
_REPORT_BUDGET_S = 10.0
# An event's first invocation fills caches of the warm contestants; it is not what most callers see.
_MAX_WARM_UP = 20
_MIN_WARM_UP = 3
# The tail of fewer invocations than this says nothing.
MIN_FOR_P99 = 100
_MEMORY_LOOKS = 3
# Waiting for a processor, in relation to running on it; an idle machine shows a hundredth.
_BUSY_SHARE = 0.25
_BUSY_LOAD = 0.5
# Of a normal distribution: one side of an interval that holds 95 of 100.
_SIGMAS = 1.96


@dataclass(slots=True)
class Samples:
    """What was seen of one contestant; answers and their times by the event's number."""

    answer_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    first_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    init_ms: list[float] = field(default_factory=list)
    processor_ms: float | None = None
    memory_mb: list[float] = field(default_factory=list)
    is_memory_hidden: bool = False
    answers: dict[int, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    traces: dict[int, list[Traced]] = field(default_factory=lambda: defaultdict(list))
    reasons: list[str] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)
    unavailable: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Samples by contestant, in what they were taken, and whether time ran out before all were.

    `is_busy` says that other work kept the processors from what was measured.
    """

    samples: Mapping[str, Samples]
    confinement: ConfinementReport
    is_cut_short: bool
    is_busy: bool


class Measurement:
    """One comparison. `folder` is what is run: the function's own, or a copy with the warm-up in it."""

    def __init__(
        self,
        request: Request,
        contestants: Sequence[Contestant],
        *,
        folder: Path,
        progress: Callable[[int, int], None],
    ) -> None:
        self._request = request
        self._contestants = list(contestants)
        self._folder = folder
        self._progress = progress
        self._samples = {one.name: Samples() for one in contestants}
        self._is_steady = False
        self._done = 0
        self._until = 0.0
        self._reports: dict[str, list[Report]] = defaultdict(list)
        self._silent: set[str] = set()

    async def run(self) -> Measured:
        """Measure within the request's limit; every process has ended by then."""
        self._until = time.monotonic() + self._request.limit_s
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        async with Lab(
            confinement=self._request.confinement, max_environments=4 * len(self._contestants), log=self._hear
        ) as lab:
            lab.subscribe(self._notice)
            for one in self._contestants:
                await lab.add_function(self._config(one))
            await self._start_all(lab)
            for number in range(self._warm_up):
                for one in self._running:
                    await self._invoke(lab, one.name, number)
            before = {one.name: await self._processor(lab, one.name) for one in self._running}
            began = processor_and_delay_ms()
            rounds = await self._measure_steadily(lab)
            is_busy = judge_busy(began, processor_and_delay_ms(), load)
            for one in [one for one in self._running if not one.is_traced]:
                spent = await self._processor(lab, one.name) - before[one.name]
                if rounds and spent > 0:
                    self._samples[one.name].processor_ms = spent / (rounds * _BURST)
            for one in [one for one in self._running if not one.is_traced]:
                self._samples[one.name].memory_mb += await self._memory(lab, one.name)
            confinement = lab.confinement
        return Measured(self._samples, confinement, rounds * _BURST < self._request.invocations, is_busy)

    @property
    def _warm_up(self) -> int:
        return max(_MIN_WARM_UP, min(_MAX_WARM_UP, len(self._request.events)))

    @property
    def _running(self) -> list[Contestant]:
        return [one for one in self._contestants if not self._samples[one.name].unavailable]

    @property
    def _rounds(self) -> int:
        return -(-self._request.invocations // _BURST)

    def _config(self, one: Contestant) -> FunctionConfig:
        return FunctionConfig(
            name=one.name,
            folder=self._folder,
            handler=f"{TRACE_MODULE}.handler" if one.is_traced else self._request.handler,
            runtime=one.runtime,
            timeout_s=self._request.timeout_s,
            memory_mb=self._request.memory_mb,
            environment={
                **self._request.environment,
                **one.settings,
                **({"DAYFLY_PLAN_TRACE": self._trace_orders} if one.is_traced else {}),
            },
            python=self._request.python,
        )

    @property
    def _trace_orders(self) -> str:
        vendored = list_vendored(self._request.folder)
        return json.dumps({"handler": self._request.handler, "vendored": vendored})

    async def _start_all(self, lab: Lab) -> None:
        """Start every contestant a few times; what cannot be started is left out, with the reason."""
        for number in range(_STARTS):
            for one in self._running:
                if number:
                    await lab.recycle(one.name)
                try:
                    await self._invoke(lab, one.name, number, is_first=True)
                except LabError as error:
                    self._samples[one.name].unavailable = error.message
                    continue
                last = self._samples[one.name].answers[number % len(self._request.events)][-1]
                if last.is_error and b"Dayfly." in last.payload[:200]:
                    self._samples[one.name].unavailable = _said(last.payload)

    async def _measure_steadily(self, lab: Lab) -> int:
        """Return how many bursts each contestant got: all the same number."""
        self._is_steady = True
        for number in range(self._rounds):
            for one in self._running:
                for step in range(_BURST if number < _TRACED_ROUNDS or not one.is_traced else 0):
                    await self._invoke(lab, one.name, number * _BURST + step)
            if time.monotonic() > self._until:
                return number + 1
        return self._rounds

    async def _invoke(self, lab: Lab, name: str, number: int, *, is_first: bool = False) -> None:
        index = number % len(self._request.events)
        samples, reports = self._samples[name], self._reports[name]
        reports.clear()
        result = await lab.invoke(name, self._request.events[index].payload)
        if self._is_steady and name in (TRACED_PLAIN, TRACED) and name not in self._silent:
            until = time.monotonic() + _REPORT_BUDGET_S
            while not reports and time.monotonic() < until:
                await asyncio.sleep(0.001)
            samples.traces[index] += [Traced(result.duration_ms, one) for one in reports[:1]]
            if not reports:
                self._silent.add(name)
        answer = Answer(result.payload, result.function_error is not None, result.cold_start)
        samples.answers[index].append(answer)
        if is_first:
            samples.first_ms.append(result.duration_ms)
        elif self._is_steady:
            samples.answer_ms[index].append(result.duration_ms)
        self._done += 1
        total = len(self._running) * (_STARTS + self._warm_up)
        total += (
            sum(min(self._rounds, _TRACED_ROUNDS) if one.is_traced else self._rounds for one in self._running)
            * _BURST
        )
        self._progress(min(self._done, total), total)

    def _notice(self, event: LabEvent) -> None:
        samples = self._samples[event.function]
        if event.kind == "init_done":
            samples.init_ms.append(float(event.detail["duration_ms"]))
        elif event.kind == "invoke_end" and self._is_steady:
            samples.whole_ms.append(float(event.detail["duration_ms"]))

    def _hear(self, line: LogLine) -> None:
        if line.text.startswith(TRACE_MARK):
            if (report := read_report(line.text)) is not None:
                self._reports[line.function].append(report)
            return
        finding = read_finding(line.text)
        if finding is None or line.source == "platform":
            return
        kind, reasons = finding
        samples = self._samples[line.function]
        samples.findings[kind] += 1
        if kind == NOT_FORKABLE.uid:
            samples.reasons = list(dict.fromkeys([*samples.reasons, *reasons]))

    async def _processor(self, lab: Lab, name: str) -> float:
        return processor_ms(await self._idle_pids(lab, name))

    async def _memory(self, lab: Lab, name: str) -> list[float]:
        pids = await self._idle_pids(lab, name)
        looks = [await asyncio.to_thread(proportional_mb, pids) for _ in range(_MEMORY_LOOKS)]
        self._samples[name].is_memory_hidden = bool(pids) and None in looks
        return [look for look in looks if look is not None]

    async def _idle_pids(self, lab: Lab, name: str) -> list[int]:
        """Return the processes of the one environment once it is frozen."""
        await wait_until_idle(lab, name)
        return [pid for pids in lab.processes(name).values() for pid in pids]


def judge_busy(
    before: tuple[float, float] | None, after: tuple[float, float] | None, load_before: float
) -> bool:
    """Say whether this process waited for a processor too long to trust a clock.

    `before` and `after` are how long it ran and waited; where the kernel does not say, the load per processor decides.
    """
    if before is None or after is None:
        return load_before > _BUSY_LOAD
    ran, waited = after[0] - before[0], after[1] - before[1]
    return waited > _BUSY_SHARE * ran


def read_finding(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return kind and reasons of a finding of Dayfly's; None for any other line."""
    if '"finding_info"' not in text:
        return None
    with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
        record = json.loads(text)
        if record["metadata"]["product"]["name"] == PRODUCT:
            reasons = record["unmapped"]["evidence"].get("reasons", [])
            return str(record["finding_info"]["types"][0]), tuple(str(reason) for reason in reasons)
    return None


def _said(payload: bytes) -> str:
    """Return the message of an error of Dayfly's own: it holds nothing of an event."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(payload)["errorMessage"])
    return "it could not be started"


def summarise(one: Contestant, samples: Samples, plain: Samples | None = None) -> Cost:
    """Return a contestant's figures; `plain` are those of plain awslambdaric, measured in turn with it."""
    if samples.unavailable:
        return Cost(one.name, one.isolation, unavailable=samples.unavailable)
    isolation = "process" if samples.reasons and one.isolation != "process" else one.isolation
    taken = [value for values in samples.answer_ms.values() for value in values]
    return Cost(
        name=one.name,
        isolation=isolation,
        samples=len(taken),
        p50_ms=_typical(list(samples.answer_ms.values())),
        p99_ms=_percentile_99(taken),
        added_low_ms=added_at_least(plain.answer_ms, samples.answer_ms) if plain is not None else None,
        first_ms=_median(samples.first_ms),
        whole_p50_ms=_median(samples.whole_ms),
        cpu_ms=samples.processor_ms,
        init_ms=_median(samples.init_ms),
        memory_mb=_median(samples.memory_mb),
        reasons=tuple(samples.reasons) if isolation != one.isolation else (),
        findings=dict(samples.findings),
    )


def added_at_least(
    plain: Mapping[int, Sequence[float]], other: Mapping[int, Sequence[float]]
) -> float | None:
    """Return what is added to the typical answer at least, however the clock scattered; None where nothing was measured.

    Neighbours in time are compared, so that a disturbance of the machine meets both. For each event, the lower end of the
    median's interval by order statistics: https://www.itl.nist.gov/div898/software/dataplot/refman1/auxillar/medianci.htm
    """
    lows: list[float] = []
    for index, values in other.items():
        pairs = sorted(value - base for base, value in zip(plain.get(index, ()), values, strict=False))
        if pairs:
            rank = len(pairs) / 2 - _SIGMAS * math.sqrt(len(pairs)) / 2
            lows.append(pairs[max(0, int(rank))])
    return statistics.fmean(lows) if lows else None


def _typical(by_event: Sequence[Sequence[float]]) -> float | None:
    """Return the mean of each event's median.

    Not the median of all: where events take very different times it lies between two of them, and moves by
    their difference from one run to the next.
    """
    return statistics.fmean(statistics.median(values) for values in by_event) if by_event else None


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _percentile_99(values: Sequence[float]) -> float | None:
    return statistics.quantiles(values, n=100)[98] if len(values) >= MIN_FOR_P99 else None
