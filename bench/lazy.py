"""`python -m bench lazy`: what lazy initialisation costs a fresh worker, and what priming the zygote saves."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench import sheets
from bench.alternating import Deadline, Function, Line, Missing, Outcome, Pace, lines, pin, race
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, WINDOW, Contestant
from bench.machine import this_machine
from bench.measuring import OutOfTimeError

# Their docstrings say what they are.
CALLERS = ("lazy_templates", "lazy_expressions", "lazy_client")
PRIMED = "invocation, primed"
COLUMNS = (
    "function",
    "isolation",
    "first answer",
    "answer p50",
    "p99",
    "added p50",
    "next event p50",
    "CPU",
    "init p50",
    "samples",
    "note",
)
METHOD_NOTE = (
    "Every function keeps what it imports, parses or makes at its first use. Plain awslambdaric pays for it once, in the "
    'first answer; a fresh worker each time; primed (`[zygote] prime = "module:function"`) the zygote, in init. '
    "All were alive together and invoked in alternating bursts of five. `CPU` is the mean of all processes per "
    "invocation. All in milliseconds."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function; the whole by `deadline_s`."""

    pace: Pace
    deadline_s: float


FULL = Plan(Pace(invocations=200, warm_up=5, starts=5), deadline_s=240)
QUICK = Plan(Pace(invocations=20, warm_up=2, starts=1), deadline_s=60)


def contestants(function: str) -> tuple[Contestant, ...]:
    """Plain, a fresh worker, a fresh worker of a primed zygote, and a worker that is kept."""
    primed = Contestant(
        PRIMED, INVOCATION.runtime, {**INVOCATION.settings, "DAYFLY_ZYGOTE_PRIME": f"{function}:prime"}
    )
    return (PLAIN, INVOCATION, primed, WINDOW)


def measure(name: str, pace: Pace, *, deadline: Deadline) -> dict[str, Outcome]:
    """Outcomes by contestant's name. Raises OutOfTimeError."""
    function = Function(name, FUNCTIONS, f"{name}.handler", lambda label, number: {"n": number})
    return race(
        function, contestants(name), pace, python_of=lambda one: Path(sys.executable), deadline=deadline
    )


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all functions."""
    parser = argparse.ArgumentParser(prog="python -m bench lazy", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument(
        "--only", action="append", choices=CALLERS, help="only this function; may be repeated"
    )
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s, now=now)
    found: list[Line | Missing] = []
    more = [METHOD_NOTE]
    status = 0
    try:
        for name in options.only or CALLERS:
            console.print(f"measuring {name}…", style="dim")
            found += lines(name, measure(name, chosen.pace, deadline=deadline))
    except OutOfTimeError as fault:
        more.append(f"Incomplete: {fault}")
        status = 2
    sheets.write(
        [sheets.Sheet("Lazy initialisation", COLUMNS, [_cells(line) for line in found], found)],
        sheets.notes(machine, " ".join(["python -m bench lazy", *arguments]), *more),
        machine,
        options,
    )
    return status


def _cells(line: Line | Missing) -> tuple[str, ...]:
    if isinstance(line, Missing):
        return (line.function, line.contestant, *["–"] * 8, sheets.shortened(line.note))
    return (
        line.function,
        line.contestant,
        sheets.milliseconds(line.first_ms),
        sheets.milliseconds(line.answer_ms),
        sheets.milliseconds(line.answer_p99_ms),
        sheets.added(line.added_answer_ms),
        sheets.milliseconds(line.cycle_ms),
        sheets.milliseconds(line.processor_ms),
        f"{line.init_ms:.0f}",
        str(line.samples),
        sheets.shortened(line.note),
    )
