"""`python -m bench supervisors`: plain awslambdaric, a bare forked child, and Dayfly under each of its supervisors, in turn."""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from tests.rie import Rie

import dayfly
from bench import sheets
from bench.accounting import ChangedError, own_kb, page_faults, processor_ms
from bench.alternating import Deadline, pin
from bench.contestants import FUNCTIONS
from bench.machine import this_machine
from bench.measuring import OutOfTimeError

_SUPERVISOR = Path(dayfly.__file__).parent / "bin" / platform.machine() / "supervisor"
BURST = 5
# What a supervisor does after an answer is done before the next event: as on an environment that is not saturated.
GAP_S = 0.006
LOOKS = 10
PLAIN, CHILD, PYTHON, NATIVE = "plain awslambdaric", "bare forked child", "Dayfly, python", "Dayfly, native"
COLUMNS = (
    "function",
    "contestant",
    "whole p20",
    "p50",
    "added p20",
    "CPU per event",
    "faults per event",
    "init CPU",
    "first answer p50",
    "anonymous + shared MB",
    "samples",
)
METHOD_NOTE = (
    "All are alive together under AWS's emulator, confined as on Lambda, and invoked in turn, 6 ms apart: `whole` is what an "
    "invoker waits, in milliseconds. CPU (ms) and page faults are those of all processes of the runtime, a mean over all events "
    "and, for init, over all starts up to the first answer. Memory is anonymous and shared, of all processes together, idle "
    "after the run. System calls are not counted."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function; the whole by `deadline_s`."""

    invocations: int
    starts: int
    warm_up: int
    deadline_s: float


FULL = Plan(invocations=300, starts=7, warm_up=20, deadline_s=400)
QUICK = Plan(invocations=40, starts=2, warm_up=5, deadline_s=150)


@dataclass
class Samples:
    """Of one contestant: milliseconds, counts, kB."""

    whole_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    init_ms: list[float] = field(default_factory=list)
    memory_kb: list[int] = field(default_factory=list)
    processor_ms: float = 0.0
    faults: float = 0.0


@dataclass(frozen=True)
class Line:
    """What one contestant's samples say; `added_ms` is against plain awslambdaric, by p20."""

    function: str
    contestant: str
    p20_ms: float
    p50_ms: float
    added_ms: float
    processor_ms: float
    faults: float
    init_ms: float
    first_ms: float
    memory_mb: float
    samples: int


def contestants(function: str, settings: Mapping[str, str]) -> dict[str, Rie]:
    """The four, not yet started; `settings` are Dayfly's."""
    handler = f"{function}.handler"
    child = [sys.executable, str(Path(__file__).with_name("bare_child.py")), handler]
    return {
        PLAIN: Rie(FUNCTIONS, handler, runtime="plain", confined=True),
        CHILD: Rie(FUNCTIONS, handler, runtime="plain", confined=True, command=child),
        PYTHON: Rie(
            FUNCTIONS, handler, environment={**settings, "DAYFLY_SUPERVISOR": "python"}, confined=True
        ),
        # As the layer's wrapper and an image's entry point start it: no interpreter before the zygote's.
        NATIVE: Rie(
            FUNCTIONS,
            handler,
            environment={**settings, "DAYFLY_SUPERVISOR": "native"},
            confined=True,
            command=[str(_SUPERVISOR), sys.executable, "-m", "dayfly.runtime", handler],
        ),
    }


def measure(function: str, settings: Mapping[str, str], plan: Plan, deadline: Deadline) -> dict[str, Samples]:
    """Samples by contestant. Raises OutOfTimeError, and AssertionError for a wrong answer."""
    samples = {name: Samples() for name in (PLAIN, CHILD, PYTHON, NATIVE)}
    for _ in range(plan.starts - 1):
        for name, rie in contestants(function, settings).items():
            deadline.check()
            with rie:
                _start(rie, samples[name])
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(rie) for name, rie in contestants(function, settings).items()}
        for name, rie in running.items():
            _start(rie, samples[name])
            for number in range(plan.warm_up):
                _invoke(rie, number)
        native = running[NATIVE].logs()
        assert "the Python supervisor serves instead" not in native, native
        before = {name: _spent(rie) for name, rie in running.items()}
        for _ in range(plan.invocations // BURST):
            deadline.check()
            for name, rie in running.items():
                for number in range(BURST):
                    time.sleep(GAP_S)
                    samples[name].whole_ms.append(_invoke(rie, number))
        for name, rie in running.items():
            count = len(samples[name].whole_ms)
            processor, faults = _spent(rie)
            samples[name].processor_ms = (processor - before[name][0]) / count
            samples[name].faults = (faults - before[name][1]) / count
            for _ in range(LOOKS):
                time.sleep(0.01)
                with contextlib.suppress(ChangedError):
                    samples[name].memory_kb.append(own_kb(rie.runtime_pids()))
    return samples


def _start(rie: Rie, samples: Samples) -> None:
    samples.first_ms.append(_invoke(rie, 0))
    samples.init_ms.append(_spent(rie)[0])


def _spent(rie: Rie) -> tuple[float, int]:
    pids = rie.runtime_pids()
    return processor_ms(pids), page_faults(pids)


def _invoke(rie: Rie, number: int) -> float:
    began = time.perf_counter_ns()
    answer = rie.invoke({"n": number})
    taken = (time.perf_counter_ns() - began) / 1e6
    assert answer.status == 200, (answer, rie.logs())
    assert isinstance(answer.payload, dict), answer
    assert answer.payload["n"] == number, answer
    return taken


def lines(function: str, samples: Mapping[str, Samples]) -> list[Line]:
    """One line for each contestant. Pure."""
    base = _p20(samples[PLAIN].whole_ms)
    return [
        Line(
            function=function,
            contestant=name,
            p20_ms=_p20(one.whole_ms),
            p50_ms=statistics.median(one.whole_ms),
            added_ms=_p20(one.whole_ms) - base,
            processor_ms=one.processor_ms,
            faults=one.faults,
            init_ms=statistics.fmean(one.init_ms),
            first_ms=statistics.median(one.first_ms),
            memory_mb=statistics.median(one.memory_kb or [0]) / 1024,
            samples=len(one.whole_ms),
        )
        for name, one in samples.items()
    ]


def _p20(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=5)[0]


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all functions."""
    parser = argparse.ArgumentParser(prog="python -m bench supervisors", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument("--guard", choices=("off", "observe"), default="off", help="default: off")
    parser.add_argument(
        "--only", action="append", metavar="FUNCTION", help="one of bench/functions; may be repeated"
    )
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s)
    found: list[Line] = []
    more = [METHOD_NOTE]
    status = 0
    try:
        for function in options.only or ("small", "medium"):
            Console(stderr=True).print(f"measuring {function}…", style="dim")
            settings = {"DAYFLY_GUARD": options.guard}
            found += lines(function, measure(function, settings, chosen, deadline))
    except OutOfTimeError as fault:
        more.append(f"Incomplete: {fault}")
        status = 2
    notes = sheets.notes(machine, " ".join(["python -m bench supervisors", *arguments]), *more)
    rows = [_cells(line) for line in found]
    sheet = sheets.Sheet(f"Supervisors, guard {options.guard}", COLUMNS, rows, found)
    sheets.write([sheet], notes, machine, options)
    return status


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.function,
        line.contestant,
        sheets.milliseconds(line.p20_ms),
        sheets.milliseconds(line.p50_ms),
        sheets.added(line.added_ms),
        sheets.milliseconds(line.processor_ms),
        f"{line.faults:.0f}",
        f"{line.init_ms:.0f}",
        f"{line.first_ms:.0f}",
        f"{line.memory_mb:.1f}",
        str(line.samples),
    )
