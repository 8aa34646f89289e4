"""`python -m bench workloads`: public workloads under plain awslambdaric, a bare child, Dayfly and other protections, in one run."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import shlex
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from tests.confined import confinement_here
from tests.real.environment import real_python
from tests.rie import ROOT

from bench import digest, sheets
from bench.contestants import BLOCK, CHILD, DEFAULT, OFF, PLAIN, WINDOW, Contestant
from bench.digest import Digest, Named
from bench.machine import this_machine
from bench.racing import METHOD, Course, Deadline, Pace, race
from bench.workloads import protections, summary
from bench.workloads.catalogue import ALL, BY_NAME, EVERYBODY_RUNS, QUICK, REQUIREMENTS, Workload
from dayfly.errors import DayflyError

CACHE = ROOT / ".cache" / "peers"
WAYS = (PLAIN, CHILD, DEFAULT, OFF, BLOCK, WINDOW)
# With all other workloads, which are many.
FEW = (PLAIN, CHILD, DEFAULT, OFF)
# Share of the time of those that everybody runs: they have three times as many contestants.
EVERYBODY_WEIGHT = 4.0
# However slow the machine is: longer than any life takes.
DEADLINE_S = 1200.0


@dataclass(frozen=True)
class Plan:
    """What is measured how much, within `seconds`; installing is not counted.

    `everybody` are the workloads that all installed protections run.
    """

    workloads: Sequence[Workload]
    pace: Pace
    seconds: float
    everybody: Sequence[Workload] = ()

    def weight(self, workload: Workload) -> float:
        """The workload's share of the time."""
        return EVERYBODY_WEIGHT if workload in self.everybody else 1.0


FULL = Plan(ALL, Pace(lives=2, warm_up=5, invocations=60), seconds=540, everybody=EVERYBODY_RUNS)
QUICK_PLAN = Plan(QUICK, Pace(lives=2, warm_up=5, invocations=20), seconds=90)


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if something failed, could not run or was left out."""
    options = _parse(arguments)
    console = Console(stderr=True)
    chosen = plan or (QUICK_PLAN if options.quick else FULL)
    chosen = replace(
        chosen,
        workloads=[BY_NAME[name] for name in options.only] if options.only else chosen.workloads,
        seconds=options.seconds or chosen.seconds,
    )
    try:
        found = measure(chosen, shlex.join(["python", "-m", "bench", "workloads", *arguments]), console)
    except DayflyError as fault:
        console.print(f"dayfly bench: {fault.message}", style="red", highlight=False, markup=False)
        console.print(fault.hint, style="dim", highlight=False, markup=False)
        return 2
    except KeyboardInterrupt:
        console.print("dayfly bench: interrupted; nothing was kept", style="red")
        return 128 + signal.SIGINT
    if options.save is not None:
        found.save(options.save)
    sheets.write(
        summary.sheets(found), sheets.notes(found.machine, found.command, METHOD), found.machine, options
    )
    is_complete = not (found.left or any(one.is_failure for one in found.gaps))
    return 0 if is_complete and not any(one.missing for one in found.contestants) else 2


def measure(plan: Plan, command: str, console: Console) -> Digest:
    """Every workload of the plan under those that run it. Raises DayflyError."""
    # Making environments takes minutes once; that is no measuring.
    python = real_python(REQUIREMENTS)
    able: list[protections.Protected] = []
    missing: list[Named] = []
    if any(one in plan.everybody for one in plan.workloads):
        able, missing = protections.install(protections.others(), CACHE)
    for gone in missing:
        console.print(
            f"{gone.name} cannot run: {gone.missing}", style="yellow", highlight=False, markup=False
        )
    machine = this_machine(pinned_to=None)
    began = time.monotonic()
    done: dict[str, Mapping[str, Course]] = {}
    with contextlib.ExitStack() as stack:
        for one in able:
            one.protection.start(lambda function, sign: None)
            stack.callback(one.protection.stop)
        for at, workload in enumerate(plan.workloads):
            left = plan.seconds - (time.monotonic() - began)
            if left <= 0:
                break
            share = plan.weight(workload) / sum(plan.weight(one) for one in plan.workloads[at:])
            console.print(
                f"{at + 1:3} of {len(plan.workloads)}  {workload.name}  ({left:.0f} s left)", style="dim"
            )
            whom: list[Contestant] = [*WAYS, *able] if workload in plan.everybody else [*FEW]
            done[workload.name] = race(
                workload.function(),
                whom,
                plan.pace,
                Deadline(DEADLINE_S),
                python=python,
                seconds=left * share,
            )
    return digest.digest(
        done,
        [
            *(digest.named(one, machine) for one in WAYS),
            *(one.named() for one in able),
            *missing,
        ],
        base=PLAIN.name,
        machine=machine,
        command=command,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seconds=time.monotonic() - began,
        confinement=confinement_here().kind,
        left=[one.name for one in plan.workloads if one.name not in done],
    )


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench workloads", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="keep the figures: what the scoreboard reads"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        help=f"time for it; without: {FULL.seconds:.0f}, quick {QUICK_PLAN.seconds:.0f}",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(BY_NAME),
        metavar="NAME",
        help="only this workload; may be repeated: " + ", ".join(BY_NAME),
    )
    return parser.parse_args(arguments)
