"""Makes a plan: observe, derive a warm-up, measure every isolation, compare answers, advise."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly.core.settings import FILE_NAME
from dayfly.lab.deployment import link_package
from dayfly.lab.handler_check import check_handler
from dayfly.lab.plan.advise import MB_PER_CPU, Facts, advise, at_memory_ms
from dayfly.lab.plan.answers import find_differences, type_of_error
from dayfly.lab.plan.contestants import (
    PLAIN,
    TRACE_MODULE,
    TRACED,
    TRACED_PLAIN,
    WINDOW,
    choose_contestants,
)
from dayfly.lab.plan.losses import find_losses
from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.measure import MIN_FOR_P99, Measured, Measurement, summarise
from dayfly.lab.plan.model import Plan, PlanError
from dayfly.lab.plan.observe import observe, planned_invocations
from dayfly.lab.plan.prime import derive_prime
from dayfly.lab.plan.source import Source
from dayfly.lab.plan.split import find_destinations, split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.lab.plan.contestants import Contestant
    from dayfly.lab.plan.model import Cost, Destination, Loss, Prime, Request
    from dayfly.lab.plan.sightings import Sighting

    Progress = Callable[["Phase", int, int], None]

Phase = Literal["observe", "measure"]
_TRACE = Path(__file__).with_name("inside") / f"{TRACE_MODULE}.py"


async def make_plan(request: Request, *, progress: Progress) -> Plan:
    """Run the function and return what follows. Raises DayflyError when it cannot be run.

    `progress` is called on the event loop with the phase, what is done and what there is to do.
    """
    check_function(request)
    sightings = await observe(request, progress=lambda done, total: progress("observe", done, total))
    mask = Mask(request.events)
    losses = find_losses(sightings, cycle=len(request.events), mask=mask, source=Source(request.folder))
    prime = None if has_own_prime(request) else derive_prime(losses)
    contestants = choose_contestants(prime)
    with tempfile.TemporaryDirectory(prefix="dayfly-plan-") as scratch:
        folder = make_package(request.folder, prime, Path(scratch))
        measured = await Measurement(
            request,
            contestants,
            folder=folder,
            progress=lambda done, total: progress("measure", done, total),
        ).run()
    return conclude(request, sightings, losses, prime=prime, contestants=contestants, measured=measured)


def conclude(
    request: Request,
    sightings: Sequence[Sighting],
    losses: Sequence[Loss],
    *,
    prime: Prime | None,
    contestants: Sequence[Contestant],
    measured: Measured,
) -> Plan:
    """Return the plan that follows from what was seen and measured; pure."""
    samples = measured.samples
    mask = Mask(request.events)
    costs = [summarise(one, samples[one.name], samples[PLAIN]) for one in contestants if not one.is_traced]
    warm, fresh = samples[TRACED_PLAIN].traces, samples[TRACED].traces
    network = find_destinations(
        (one for traces in (warm, fresh) for traced in traces.values() for one in traced), mask
    )
    parts = split(warm, fresh, source=Source(request.folder))
    differences = [
        difference
        for cost in costs
        if cost.name != PLAIN and not cost.unavailable
        for difference in find_differences(
            cost.name,
            [event.name for event in request.events],
            plain=samples[PLAIN].answers,
            other=samples[cost.name].answers,
            mask=mask,
        )
    ]
    by_name = {cost.name: cost for cost in costs}
    advice = advise(Facts(by_name, losses, differences, prime, parts, is_busy=measured.is_busy))
    return Plan(
        handler=request.handler,
        events=tuple(event.name for event in request.events),
        memory_mb=request.memory_mb,
        observed=len(sightings) - 1,
        losses=tuple(losses),
        costs=tuple(costs),
        split=parts,
        network=network,
        differences=tuple(differences),
        prime=prime,
        advice=advice,
        notes=tuple(
            _notes(request, sightings, costs, measured, network, chosen=by_name.get(advice.measured_as))
        ),
        confinement=measured.confinement,
        is_busy=measured.is_busy,
    )


def check_function(request: Request) -> None:
    """Raise DayflyError for a folder or handler that is not there, before anything is started."""
    if not request.folder.is_dir():
        raise PlanError(
            f"{request.folder} is not a folder", hint="use --folder for the folder with the handler's file"
        )
    check_handler(request.folder, request.handler)


def has_own_prime(request: Request) -> bool:
    """Say whether the function already has a warm-up, which every measurement then includes."""
    if "DAYFLY_ZYGOTE_PRIME" in request.environment:
        return True
    try:
        table = tomllib.loads((request.folder / FILE_NAME).read_text(encoding="utf-8")).get("zygote")
    except (OSError, ValueError):
        return False
    return isinstance(table, dict) and "prime" in table


def make_package(folder: Path, prime: Prime | None, scratch: Path) -> Path:
    """Return a copy of the package, of hard links where that works, with the handler that times and the warm-up in it."""
    target = link_package(folder, scratch)
    modules = {TRACE_MODULE: _TRACE.read_text(encoding="utf-8")}
    if prime is not None:
        modules[prime.module] = prime.source
    for name, source in modules.items():
        path = target / f"{name}.py"
        path.unlink(missing_ok=True)  # not write through a hard link
        path.write_text(source, encoding="utf-8")
    return target


def _failing(request: Request, measured: Measured) -> list[tuple[str, str]]:
    """Return the events that plain awslambdaric always answers with an error, and its type."""
    answers = measured.samples[PLAIN].answers
    return [
        (event.name, type_of_error(answers[index][-1].payload))
        for index, event in enumerate(request.events)
        if answers.get(index) and all(one.is_error for one in answers[index])
    ]


def _processor_note(plain: Cost, chosen: Cost | None, memory_mb: int) -> list[str]:
    if chosen is None or chosen.cpu_ms is None or plain.cpu_ms is None or chosen.cpu_ms <= plain.cpu_ms:
        return []
    added = chosen.cpu_ms - plain.cpu_ms
    slow = at_memory_ms(added, memory_mb)
    if slow <= added:
        return []
    share = memory_mb / MB_PER_CPU
    note = f"at {memory_mb} MB Lambda provides {share:.2f} of a CPU, not a whole one as here:"
    return [f"{note} the added {added:.1f} ms of CPU time can take up to {slow:.0f} ms there"]


def _notes(
    request: Request,
    sightings: Sequence[Sighting],
    costs: Sequence[Cost],
    measured: Measured,
    network: Sequence[Destination],
    *,
    chosen: Cost | None,
) -> list[str]:
    """Return what a reader must know to read the figures."""
    by_name = {cost.name: cost for cost in costs}
    plain = by_name[PLAIN]
    notes = _processor_note(plain, chosen, request.memory_mb)
    if measured.is_busy:
        notes.append(
            "this machine was busy: the added times are upper bounds; repeat the measurement when it is idle"
        )
    if not sightings[-1].sought:
        notes.append("the function opened no connection: the figures hold without a network")
    for one in network:
        if one.fault:
            notes.append(
                f"{one.name} could not be reached ({one.fault}): what the function does with it was not measured"
            )
    for event, kind in _failing(request, measured):
        notes.append(f"event {event} fails without Dayfly, too ({kind}): its times are those of an error")
    if measured.is_cut_short:
        notes.append(f"time ran out after {plain.samples} of {request.invocations} invocations (--limit)")
    if plain.p99_ms is None:
        notes.append(f"p99 needs {MIN_FOR_P99} invocations")
    for cost in costs:
        if cost.unavailable:
            notes.append(f"`{cost.name}` could not be run: {cost.unavailable}")
    if WINDOW not in by_name:
        notes.append("this version of Dayfly has no `window` isolation")
    if any(samples.is_memory_hidden for samples in measured.samples.values()):
        notes.append("memory of Dayfly's processes can only be read as root")
    faults = sightings[-1].faults
    if faults:
        notes.append(f"the probe could not record {faults} operations of the function")
    observed, planned = len(sightings) - 1, planned_invocations(request)
    if observed < planned:
        notes.append(
            f"losses are from {observed} of {planned} invocations: the process ended, or time ran out"
        )
    return notes
