"""`python -m bench supervisors`: plain awslambdaric, a bare forked child, and Dayfly, with the budgets."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from tests.real.environment import real_python

from bench import budgets, figures, sheets
from bench.budgets import ONE, QUARTER, WHOLE
from bench.contestants import (
    BLOCK,
    CHILD,
    DEFAULT,
    LOCKED,
    OFF,
    PLAIN,
    SIZES,
    WINDOW,
    Function,
    Way,
)
from bench.machine import this_machine
from bench.quotas import SHARE, Quotas, QuotaUnavailableError
from bench.racing import FULL, METHOD, QUICK, Deadline, OutOfTimeError, Pace, race

WAYS = {one.name: one for one in (DEFAULT, OFF, BLOCK, WINDOW, LOCKED)}
CHOSEN = (DEFAULT.name, OFF.name)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function on each machine; the whole by `deadline_s`."""

    pace: Pace
    deadline_s: float


# Others that have just answered, and a cold cache, made a start cost up to half as much again.
STARTS = 5
ALONE = f"Before each life {STARTS} environments of each start alone, in turn: init and the first answer are theirs."
FULL_PLAN, QUICK_PLAN = Plan(replace(FULL, starts=STARTS), 1500), Plan(QUICK, 300)


def functions() -> list[Function]:
    """Those that the budgets name."""
    return [Function(name, f"{module}.handler") for module, name in SIZES.items()]


@contextlib.contextmanager
def _on(machine: str, ways: Sequence[Way]) -> Iterator[Quotas | None]:
    """This process and all that it starts as `machine` says; raises QuotaUnavailableError."""
    allowed = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        if machine == ONE:
            stack.callback(os.sched_setaffinity, 0, allowed)
            os.sched_setaffinity(0, {min(allowed)})
        yield stack.enter_context(Quotas([one.name for one in ways])) if machine == QUARTER else None


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if not all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench supervisors", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--on", action="append", choices=(WHOLE, ONE, QUARTER), help="default: all three")
    parser.add_argument("--way", action="append", choices=WAYS, help=f"default: {'; '.join(CHOSEN)}")
    parser.add_argument(
        "--only", action="append", choices=[*SIZES.values()], help="only this function; may be repeated"
    )
    options = parser.parse_args(arguments)
    # Making the environment takes minutes once; that is no measuring.
    python = real_python()
    machine = this_machine(pinned_to=None)
    chosen = plan or (QUICK_PLAN if options.quick else FULL_PLAN)
    deadline = Deadline(chosen.deadline_s)
    ways = [PLAIN, CHILD, *(WAYS[name] for name in options.way or CHOSEN)]
    tables: list[sheets.Sheet] = []
    judged: list[budgets.Judgement] = []
    more = [
        METHOD,
        *([ALONE] if chosen.pace.starts else []),
        f"`{QUARTER}`: {SHARE:.0%} of one for each runtime, the emulator outside, few samples; `{ONE}`: for everything.",
    ]
    status = 0
    for on in options.on or (WHOLE, ONE, QUARTER):
        found: list[figures.Figure] = []
        gaps: dict[tuple[str, str], str] = {}
        # A quarter of a CPU would need minutes to warm up.
        brief = replace(QUICK, starts=chosen.pace.starts)
        pace = min(chosen.pace, brief, key=lambda one: one.warm_up) if on == QUARTER else chosen.pace
        try:
            for function in functions():
                if options.only and function.name not in options.only:
                    continue
                Console(stderr=True).print(f"measuring {function.name}, {on}…", style="dim")
                with _on(on, ways) as quotas:
                    courses = race(
                        function, ways, pace, deadline, python=python, quotas=quotas, counts_calls=on == WHOLE
                    )
                found += figures.figures(function.name, courses, base=PLAIN.name)
                gaps |= {
                    (function.name, name): one.failed or one.note
                    for name, one in courses.items()
                    if one.failed or one.note
                }
        except (OutOfTimeError, QuotaUnavailableError) as fault:
            more.append(f"Not measured, {on}: {fault}")
            status = 2
        if gaps:
            status = 2
        judged += budgets.judge(found, on)
        tables.append(figures.sheet(f"Supervisors, {on}", found, gaps))
    command = shlex.join(["python", "-m", "bench", "supervisors", *arguments])
    sheets.write([budgets.sheet(judged), *tables], sheets.notes(machine, command, *more), machine, options)
    return status
