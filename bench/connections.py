"""`python -m bench connections`: what a fresh worker's first call over TLS costs against a reused connection."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.real.environment import real_python
from tests.runtimes import RuntimeProcess

from bench import sheets
from bench.accounting import processor_ms
from bench.alternating import not_forkable
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, WINDOW, Contestant
from bench.figures import judge
from bench.machine import Machine, this_machine
from bench.measuring import BURST, OutOfTimeError
from bench.peer import Peer

# Their docstrings say what they are; the first is the one with a budget.
CALLERS = (
    "boto3_used",
    "boto3_client",
    "boto3_in_handler",
    "requests_session",
    "urllib3_pool",
    "httpx_client",
    "aiohttp_session",
    "urllib_request",
)
CONTESTANTS = (PLAIN, INVOCATION, WINDOW)
# DESIGN: a fresh worker, one boto3 call over TLS, against a warm reused connection.
BUDGET_MS = 4.0
COLUMNS = (
    "caller",
    "isolation",
    "call, CPU",
    "faults",
    "all processes, CPU",
    "answer p50",
    "the call adds",
    "budget",
    "verdict",
)
METHOD_NOTE = (
    "Plain awslambdaric, which keeps its process and its connection, and Dayfly were alive together and invoked in "
    "alternating bursts of five. The server is local, a process of its own, and speaks TLS 1.3; the bundle has "
    "certifi's authorities and the server's own. `call` is what the handler's own process spent on the call, "
    "`faults` its minor page faults; `all processes` is the CPU time of the runtime's whole tree per invocation. "
    "`the call adds` is what an invocation with the call costs more than one without, against plain: "
    "the worker's fork and end, which every invocation pays, are not in it. Environments had served two hundred "
    "events before: what Dayfly does once for later workers is over by then."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured per caller and contestant, with the call and without; the whole by `deadline_s`.

    `settling` invocations without the call come first: what an environment does once for its later workers,
    between its hundredth and some two hundredth event, would count as the call's.
    """

    calls: int
    empty: int
    warm_up: int
    settling: int
    deadline_s: float


FULL = Plan(calls=200, empty=200, warm_up=10, settling=200, deadline_s=420)
QUICK = Plan(calls=20, empty=20, warm_up=5, settling=200, deadline_s=100)


@dataclass(frozen=True)
class Samples:
    """One contestant with one caller. The processor's times are means: the kernel counts them in ticks."""

    call_ms: list[float] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    empty_answer_ms: list[float] = field(default_factory=list)
    with_call_ms: list[float] = field(default_factory=list)
    without_call_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    """One line of the report. `call_processor_ms` and `call_answer_ms` are what the call adds to an invocation
    without it, `added_ms` the former against plain, for which it is 0."""

    caller: str
    contestant: str
    call_ms: float
    faults: float
    processor_ms: float
    answer_ms: float
    call_processor_ms: float
    call_answer_ms: float
    added_ms: float
    samples: int
    budget_ms: float | None
    verdict: str


def measure(
    caller: str,
    environment: Mapping[str, str],
    plan: Plan,
    *,
    python: Path,
    contestants: Sequence[Contestant] = CONTESTANTS,
) -> dict[str, Samples]:
    """Samples by contestant's name; `environment` leads the function to its server.

    Raises AssertionError for an invocation that failed and for a function that Dayfly could not fork.
    """
    samples = {one.name: Samples() for one in contestants}
    with contextlib.ExitStack() as stack:
        running = {
            one.name: stack.enter_context(_runtime(caller, one, environment, python=python))
            for one in contestants
        }
        for process in running.values():
            _burst(process, plan.warm_up, call=True)
            _burst(process, plan.settling, call=False)
        _alternate(running, plan.calls, samples, call=True)
        _alternate(running, plan.empty, samples, call=False)
        for name, process in running.items():
            fault = not_forkable(process.output())
            assert not fault, f"{name} fell back to process isolation: {fault}"
    return samples


def _runtime(
    caller: str, contestant: Contestant, environment: Mapping[str, str], *, python: Path
) -> RuntimeProcess:
    return RuntimeProcess(
        FUNCTIONS / "connections",
        f"{caller}.handler",
        runtime=contestant.runtime,
        interpreter=python,
        environment={**environment, **contestant.settings},
        timeout_s=60,
    )


def _alternate(
    running: Mapping[str, RuntimeProcess], count: int, samples: Mapping[str, Samples], *, call: bool
) -> None:
    """Bursts in turn; a runtime that waits for its turn spends nothing, so one difference counts them all."""
    before = {name: processor_ms(process.tree()) for name, process in running.items()}
    for _ in range(count // BURST):
        for name, process in running.items():
            for answer_ms, payload in _burst(process, BURST, call=call):
                if call:
                    samples[name].answer_ms.append(answer_ms)
                    samples[name].call_ms.append(float(payload["cpu_ms"]))
                    samples[name].faults.append(int(payload["faults"]))
                else:
                    samples[name].empty_answer_ms.append(answer_ms)
    for name, process in running.items():
        spent = (processor_ms(process.tree()) - before[name]) / (count // BURST * BURST)
        (samples[name].with_call_ms if call else samples[name].without_call_ms).append(spent)


def _burst(process: RuntimeProcess, count: int, *, call: bool) -> list[tuple[float, dict[str, float]]]:
    taken: list[tuple[float, dict[str, float]]] = []
    for _ in range(count):
        invocation = process.api.send({"call": call})
        outcome = invocation.wait()
        assert outcome.kind == "response", (outcome, process.output()[-2000:])
        times = invocation.wait_next()
        taken.append(((times.answered - times.sent) / 1e6, json.loads(outcome.body)))
    return taken


def figures(caller: str, measured: Mapping[str, Samples]) -> list[Figure]:
    """What the samples of one caller say; plain awslambdaric must be among them."""
    return [_figure(caller, name, measured[PLAIN.name], samples) for name, samples in measured.items()]


def _figure(caller: str, name: str, plain: Samples, samples: Samples) -> Figure:
    added = _of_the_call(samples) - _of_the_call(plain)
    budget = BUDGET_MS if (caller, name) == (CALLERS[0], INVOCATION.name) else None
    return Figure(
        caller,
        name,
        statistics.median(samples.call_ms),
        statistics.median(samples.faults),
        samples.with_call_ms[0],
        statistics.median(samples.answer_ms),
        _of_the_call(samples),
        statistics.median(samples.answer_ms) - statistics.median(samples.empty_answer_ms),
        added,
        len(samples.call_ms),
        budget,
        judge(added, budget),
    )


def _of_the_call(samples: Samples) -> float:
    return samples.with_call_ms[0] - samples.without_call_ms[0]


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all callers."""
    options = _parse(arguments)
    pinned = None
    if options.pin:
        pinned = min(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {pinned})
    machine = this_machine(pinned_to=pinned)
    notes = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    python = real_python()
    found: list[Figure] = []
    status = 0
    end = now() + chosen.deadline_s
    with Peer() as peer:
        try:
            for caller in options.caller or CALLERS:
                if now() > end:
                    raise OutOfTimeError(f"not done after {chosen.deadline_s:.0f} s: is the machine busy?")
                notes.print(f"measuring {caller}…", style="dim")
                found += figures(caller, measure(caller, peer.environment(), chosen, python=python))
        except OutOfTimeError as fault:
            notes.print(f"dayfly bench: {fault}", style="red")
            status = 2
    said = _notes(machine, " ".join(["python -m bench connections", *arguments]))
    if options.json:
        rows = [dataclasses.asdict(figure) for figure in found]
        text = json.dumps({"notes": said, "machine": dataclasses.asdict(machine), "figures": rows}, indent=2)
        sys.stdout.write(text + "\n")
    elif options.markdown:
        sys.stdout.write(as_markdown(found, said))
    else:
        print_table(found, said, sheets.console())
    return status


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench connections", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples")
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument("--caller", action="append", choices=CALLERS, help="only this one; may be repeated")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="machine-readable")
    form.add_argument("--markdown", action="store_true", help="what docs/performance.md quotes")
    return parser.parse_args(arguments)


def _notes(machine: Machine, command: str) -> list[str]:
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return [f"Measured {date} by `{command}` on {machine.sentence()}.", METHOD_NOTE]


def as_markdown(found: Sequence[Figure], notes: Sequence[str]) -> str:
    """What docs/performance.md quotes."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join(_cells(figure))} |" for figure in found]
    return "\n\n".join([*notes, "\n".join(lines)]) + "\n"


def print_table(found: Sequence[Figure], notes: Sequence[str], console: Console) -> None:
    """The same for a person at a terminal."""
    for note in notes:
        console.print(note, style="dim", highlight=False)
    table = Table()
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"caller", "isolation", "verdict"} else "right")
    for figure in found:
        table.add_row(*_cells(figure), end_section=figure.contestant == CONTESTANTS[-1].name)
    console.print(table)


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.caller,
        figure.contestant,
        f"{figure.call_ms:.2f} ms",
        f"{figure.faults:.0f}",
        f"{figure.processor_ms:.2f} ms",
        f"{figure.answer_ms:.2f} ms",
        "–" if figure.contestant == PLAIN.name else f"{figure.added_ms:+.2f} ms",
        "–" if figure.budget_ms is None else f"≤ {figure.budget_ms:.1f} ms",
        figure.verdict,
    )
