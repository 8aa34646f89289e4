"""Runs the function unchanged on plain awslambdaric, with the probe beside it, and returns what was seen."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.lab.confinement import DAYFLY_ROOT, TASK_ROOT
from dayfly.lab.lab import Lab
from dayfly.lab.managed import RUNTIME_ROOT
from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine
from dayfly.lab.plan.answers import type_of_error
from dayfly.lab.plan.collector import Collector
from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.model import PlanError, Request
from dayfly.lab.plan.packages import list_vendored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.lab.plan.sightings import Sighting

_NAME = "probe"
_INSIDE = "lab/plan/inside"
# Growth that ends, growth that goes on and a buffer that empties look alike in fewer rounds than these.
_ROUNDS = 4
_MIN_INVOCATIONS = 12
_MAX_INVOCATIONS = 60
_PROBE_SAYS = "dayfly plan: "
_MAX_SAID = 5
_MAX_SOUGHT = 3
# A report is sent before the poll that ends an invocation; only the last one can still be under way.
_REPORT_BUDGET_S = 5.0
_SETTLE_S = 10.0
# The probe looks at every object of the process after each answer, within the function's time.
_EXTRA_TIMEOUT_S = 10.0
_MAX_TIMEOUT_S = 900.0


async def observe(request: Request, *, progress: Callable[[int, int], None]) -> tuple[Sighting, ...]:
    """Run the function on its events with the probe and return the reports, init's first.

    Raises PlanError when it cannot serve any event or nothing of it could be seen.
    """
    total = planned_invocations(request)
    until = time.monotonic() + request.limit_s
    said: list[str] = []

    def hear(line: LogLine) -> None:
        if line.text.startswith(_PROBE_SAYS) and len(said) < _MAX_SAID:
            said.append(line.text.removeprefix(_PROBE_SAYS))

    async with (
        Collector() as collector,
        Lab(confinement=request.confinement, max_environments=2, log=hear) as lab,
    ):
        is_confined = lab.confinement.kind == "bubblewrap"
        folder = request.folder.resolve()
        root = TASK_ROOT if is_confined else str(folder)
        inside = f"{DAYFLY_ROOT}/dayfly/{_INSIDE}" if is_confined else str(Path(__file__).with_name("inside"))
        # Confined, it is what the managed runtime's bootstrap sets where nobody has chosen.
        original = request.environment.get("PYTHONPATH", RUNTIME_ROOT if is_confined else root)
        orders = {
            "address": collector.address,
            "token": collector.token,
            "root": root,
            "vendored": list_vendored(folder),
            "pythonpath": original,
        }
        await lab.add_function(
            FunctionConfig(
                name=_NAME,
                folder=request.folder,
                handler=request.handler,
                timeout_s=min(request.timeout_s + _EXTRA_TIMEOUT_S, _MAX_TIMEOUT_S),
                memory_mb=request.memory_mb,
                environment={
                    **request.environment,
                    "PYTHONPATH": f"{inside}:{original}",
                    "DAYFLY_PLAN_PROBE": json.dumps(orders),
                },
                python=request.python,
            )
        )
        results = []
        for number in range(total):
            event = request.events[number % len(request.events)]
            results.append(await lab.invoke(_NAME, event.payload))
            progress(number + 1, total)
            if number == 0:
                await _wait_for_reports(collector, 1)
                refuse_failed_init(results[0], request, sought=sought_by(collector.sightings, request))
            if time.monotonic() > until:
                break
        await wait_until_idle(lab, _NAME)
        await _wait_for_reports(collector, len(results) + 1)
        if all(result.function_error for result in results):
            kind, sought = error_type(results[0]), sought_by(collector.sightings, request)
            raise PlanError(
                f"{request.handler} fails on every test event, even without Dayfly: {kind}{_after(sought)}",
                hint=_hint(request, sought),
            )
        refuse_missing_reports(collector.sightings, said)
    return longest_life(collector.sightings)


def planned_invocations(request: Request) -> int:
    """Return how many invocations are observed if nothing goes wrong."""
    return min(_MAX_INVOCATIONS, max(_MIN_INVOCATIONS, _ROUNDS * len(request.events)))


def longest_life(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Return the reports of the process that served most: one that ends is started again, with init first."""
    lives: list[list[Sighting]] = []
    for sighting in sightings:
        if not sighting.number or not lives:
            lives.append([])
        lives[-1].append(sighting)
    return tuple(sorted(lives, key=len)[-1]) if lives else ()


def sought_by(sightings: Sequence[Sighting], request: Request) -> tuple[str, ...]:
    """Return what the function connected to or looked up, without an event's data."""
    mask = Mask(request.events)
    names = (name.rpartition(":") for name in (sightings[-1].sought if sightings else ()))
    return tuple(f"{mask.hide(host)}:{port}" for host, _, port in names)


def _after(sought: Sequence[str]) -> str:
    return f"; it tried to reach {', '.join(sought[:_MAX_SOUGHT])}" if sought else ""


def _hint(request: Request, sought: Sequence[str]) -> str:
    log = f"see its log: dayfly lab serve {request.folder} --handler {request.handler}"
    if not sought:
        return f"{log}; it may need --env, --timeout or packages"
    return (
        "if that cannot be reached from this machine, start a test service and name it with --env (for AWS: "
        f"AWS_ENDPOINT_URL); {log}"
    )


def refuse_failed_init(result: InvokeResult, request: Request, *, sought: Sequence[str] = ()) -> None:
    """Raise PlanError when the function could not even be initialised."""
    kind = error_type(result)
    if result.function_error and kind.startswith(("Runtime.", "Sandbox.")):
        raise PlanError(
            f"{request.handler} cannot be run, even without Dayfly: {kind}{_after(sought)}",
            hint=_hint(request, sought),
        )


def error_type(result: InvokeResult) -> str:
    """Return the type of a function's error; messages may hold an event's data."""
    return type_of_error(result.payload)


async def wait_until_idle(lab: Lab, name: str) -> None:
    """Wait, within limits, until no environment of a function is between its answer and its next poll."""
    until = time.monotonic() + _SETTLE_S
    while any(view.state == "busy" for view in lab.environments(name)) and time.monotonic() < until:
        await asyncio.sleep(0.002)


async def _wait_for_reports(collector: Collector, count: int) -> None:
    until = time.monotonic() + _REPORT_BUDGET_S
    while len(collector.sightings) < count and collector.fault is None and time.monotonic() < until:
        await asyncio.sleep(0.005)
    if collector.fault is not None:
        raise collector.fault


def refuse_missing_reports(sightings: Sequence[Sighting], said: Sequence[str]) -> None:
    """Raise PlanError where the probe said that it failed, or nothing at all."""
    if said:
        raise PlanError(said[0], hint="this is a fault in Dayfly; its report would be incomplete")
    if not sightings:
        raise PlanError(
            "the function ran, but could not be observed",
            hint="check whether it replaces PYTHONPATH, or starts Python with -S or -I in a wrapper",
        )
