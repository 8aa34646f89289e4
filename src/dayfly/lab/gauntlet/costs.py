"""Measures what each protection adds to an invocation: all rows alive together, in alternating bursts."""

from __future__ import annotations

import asyncio
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.deploying import Wanted
from dayfly.lab.gauntlet.model import Cost
from dayfly.lab.gauntlet.technique import FUNCTIONS
from dayfly.lab.plan.accounting import processor_ms, proportional_mb
from dayfly.lab.plan.observe import wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dayfly.lab.gauntlet.deploying import Deployment
    from dayfly.lab.lab import Lab
    from dayfly.lab.model import LabEvent

# Long enough that work put off meets its own debt, short enough that a disturbance of the machine meets everybody.
BURST = 5
_STARTS = 3
_WARM_UP = 5
_EVENT = b'{"card": "4000000000000002"}'
_MIN_FOR_P99 = 100


@dataclass(slots=True)
class _Samples:
    answer_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    init_ms: list[float] = field(default_factory=list)
    cpu_before: float = 0.0


async def measure_costs(
    lab: Lab,
    deployments: Sequence[Deployment],
    *,
    invocations: int,
    progress: Callable[[int, int], None],
) -> Mapping[tuple[str, str], Cost]:
    """Cost by protection and isolation, over the same number of invocations each; rows that do not run are left out."""
    samples: dict[str, _Samples] = defaultdict(_Samples)
    is_steady = False

    def notice(event: LabEvent) -> None:
        if event.kind == "init_done":
            samples[event.function].init_ms.append(float(event.detail["duration_ms"]))
        elif event.kind == "invoke_end" and is_steady:
            samples[event.function].whole_ms.append(float(event.detail["duration_ms"]))

    names: dict[str, tuple[str, str]] = {}
    wanted = Wanted(folder=FUNCTIONS, handler="app.handler")
    for deployment in deployments:
        try:
            _, name, _ = await asyncio.to_thread(deployment.fresh, wanted)
        except DayflyError:
            continue
        names[name] = (deployment.protection.name, deployment.isolation)
    lab.subscribe(notice)
    for _ in range(_STARTS):
        for name in list(names):
            await lab.recycle(name)
            result = await lab.invoke(name, _EVENT)
            if result.function_error is not None:
                del names[name]
    rounds = -(-invocations // BURST)
    for name in names:
        for _ in range(_WARM_UP):
            await lab.invoke(name, _EVENT)
        samples[name].cpu_before = processor_ms(await _idle_pids(lab, name))
    is_steady = True
    for number in range(rounds):
        progress(number, rounds)
        for name in names:
            for _ in range(BURST):
                samples[name].answer_ms.append((await lab.invoke(name, _EVENT)).duration_ms)
    costs: dict[tuple[str, str], Cost] = {}
    for name, key in names.items():
        pids = await _idle_pids(lab, name)
        cpu_ms = (processor_ms(pids) - samples[name].cpu_before) / (rounds * BURST)
        memory_mb = await asyncio.to_thread(proportional_mb, pids)
        costs[key] = _cost(samples[name], cpu_ms=cpu_ms, memory_mb=memory_mb)
    for name in names:
        await lab.recycle(name)
    progress(rounds, rounds)
    return costs


async def _idle_pids(lab: Lab, name: str) -> list[int]:
    await wait_until_idle(lab, name)
    return [pid for pids in lab.processes(name).values() for pid in pids]


def _cost(samples: _Samples, *, cpu_ms: float, memory_mb: float | None) -> Cost:
    return Cost(
        invocations=len(samples.answer_ms),
        answer_ms=_rounded(statistics.median(samples.answer_ms)),
        answer_p99_ms=_rounded(statistics.quantiles(samples.answer_ms, n=100)[98])
        if len(samples.answer_ms) >= _MIN_FOR_P99
        else None,
        whole_ms=_rounded(statistics.median(samples.whole_ms)) if samples.whole_ms else None,
        # A process that was replaced meanwhile took its account with it.
        cpu_ms=_rounded(cpu_ms) if cpu_ms > 0 else None,
        memory_mb=None if memory_mb is None else round(memory_mb, 1),
        init_ms=round(statistics.median(samples.init_ms), 1) if samples.init_ms else None,
    )


def _rounded(value: float) -> float:
    return round(value, 3)
