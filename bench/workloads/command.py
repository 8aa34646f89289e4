"""`python -m bench workloads`: public workloads under plain awslambdaric, Dayfly and other protections, in one run."""

from __future__ import annotations

import argparse
import asyncio
import compileall
import datetime
import hashlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from tests.real.environment import real_python
from tests.rie import ROOT

import dayfly
from bench import sheets
from bench.alternating import pin
from bench.machine import this_machine
from bench.workloads import summary
from bench.workloads.catalogue import ALL, BY_NAME, EVERYBODY_RUNS, QUICK, REQUIREMENTS, Workload
from bench.workloads.contestants import DEFAULT, FEW, choose, install, others
from bench.workloads.digest import digest
from bench.workloads.figures import overall
from bench.workloads.racing import Pace, Watch, race
from bench.workloads.samples import Course, Run
from dayfly.errors import DayflyError
from dayfly.lab.lab import Lab

CACHE = ROOT / ".cache" / "peers"
# Shares of the time: those that everybody runs have twice as many contestants, pyperformance's are many and have few.
EVERYBODY_WEIGHT, OWN_WEIGHT, PUBLIC_WEIGHT = 5.0, 2.0, 1.0


@dataclass(frozen=True)
class Plan:
    """What is measured how much, within `seconds`; installing is not counted.

    `everybody` are the workloads that all installed protections run.
    """

    workloads: Sequence[Workload]
    own: Pace
    public: Pace
    seconds: float
    everybody: Sequence[Workload] = ()

    def weight(self, workload: Workload) -> float:
        """The workload's share of the time."""
        if workload in self.everybody:
            return EVERYBODY_WEIGHT
        return PUBLIC_WEIGHT if workload.is_public else OWN_WEIGHT

    def names(self, workload: Workload) -> Sequence[str]:
        """Who runs it where nobody was named."""
        if workload in self.everybody:
            return (*DEFAULT, *others())
        return FEW if workload.is_public else DEFAULT


FULL = Plan(
    ALL,
    Pace(lives=3, warm_up=5, min_rounds=3, max_rounds=60),
    Pace(lives=2, warm_up=2, min_rounds=2, max_rounds=40),
    seconds=800,
    everybody=EVERYBODY_RUNS,
)
QUICK_PLAN = Plan(
    QUICK,
    Pace(lives=2, warm_up=5, min_rounds=2, max_rounds=30),
    Pace(lives=2, warm_up=2, min_rounds=2, max_rounds=20),
    seconds=95,
)


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if something failed, could not run or was left out."""
    options = _parse(arguments)
    console = Console(stderr=True)
    try:
        run = run_now(arguments, console, plan=plan)
    except DayflyError as fault:
        console.print(f"dayfly bench: {fault.message}", style="red", highlight=False, markup=False)
        console.print(fault.hint, style="dim", highlight=False, markup=False)
        return 2
    except KeyboardInterrupt:
        console.print("dayfly bench: interrupted; nothing was kept", style="red")
        return 128 + signal.SIGINT
    if options.save is not None:
        run.save(options.save)
    found = digest(run)
    if options.json:
        document = {
            "run": {"date": run.date, "command": run.command, "machine": asdict(run.machine)},
            "overall": [asdict(one) for one in overall(found.figures)],
            "figures": [asdict(one) for one in found.figures],
            "gaps": [asdict(one) for one in found.gaps],
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        said = sheets.notes(run.machine, run.command, summary.METHOD_NOTE)
        sheets.write(summary.sheets(found), said, run.machine, options)
    is_complete = not (found.left or any(one.is_failure for one in found.gaps))
    return 0 if is_complete and not any(one.missing for one in run.contestants) else 2


def run_now(arguments: Sequence[str], console: Console, *, plan: Plan | None = None) -> Run:
    """Measure as the command line with these arguments does; progress goes to `console`. Raises DayflyError."""
    options = _parse(arguments)
    chosen = plan or (QUICK_PLAN if options.quick else FULL)
    chosen = replace(
        chosen,
        workloads=[BY_NAME[name] for name in options.only] if options.only else chosen.workloads,
        seconds=options.seconds or chosen.seconds,
    )
    command = " ".join(["python -m bench workloads", *arguments])
    whom = {
        one.name: [who.name for who in choose(options.against or chosen.names(one))]
        for one in chosen.workloads
    }
    return asyncio.run(measure(chosen, whom, command, console, pinned_to=pin(options.pin)))


async def measure(
    plan: Plan,
    whom: Mapping[str, Sequence[str]],
    command: str,
    console: Console,
    *,
    pinned_to: int | None,
) -> Run:
    """Every workload of the plan under those contestants that `whom` names and that can run here.

    Raises DayflyError where the lab cannot.
    """
    # Making environments takes minutes once; that is no measuring.
    python = real_python(REQUIREMENTS)
    # A layer and an installed package bring bytecode; a checkout has none, and a function may not write it.
    compileall.compile_dir(Path(dayfly.__file__).parent, quiet=2)
    names = dict.fromkeys(name for those in whom.values() for name in those)
    able, missing = install(choose(list(names)), CACHE)
    for one in missing:
        console.print(f"{one.name} cannot run: {one.missing}", style="yellow", highlight=False, markup=False)
    machine = this_machine(pinned_to=pinned_to)
    began = time.monotonic()
    done: dict[str, dict[str, Course]] = {}
    kinds = {one.protection.name: one.protection for one in able}.values()
    try:
        for kind in kinds:
            kind.start(lambda function, sign: None)
        async with Lab() as lab:
            watch = Watch(lab)
            for at, workload in enumerate(plan.workloads):
                left = plan.seconds - (time.monotonic() - began)
                if left <= 0:
                    break
                share = plan.weight(workload) / sum(plan.weight(one) for one in plan.workloads[at:])
                console.print(
                    f"{at + 1:3} of {len(plan.workloads)}  {workload.name}  ({left:.0f} s left)", style="dim"
                )
                with tempfile.TemporaryDirectory(prefix="bench-workload-") as folder:
                    done[workload.name] = await race(
                        lab,
                        watch,
                        workload,
                        [one for one in able if one.name in whom[workload.name]],
                        plan.public if workload.is_public else plan.own,
                        python=python,
                        folder=Path(folder),
                        seconds=left * share,
                    )
            confinement = (lab.confinement.kind, *lab.confinement.active)
    finally:
        for kind in kinds:
            kind.stop()
    return Run(
        machine=machine,
        command=command,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seconds=time.monotonic() - began,
        confinement=confinement,
        packages=hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(),
        contestants=[*(one.named() for one in able), *missing],
        workloads=done,
        left=[one.name for one in plan.workloads if one.name not in done],
    )


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench workloads", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="keep every sample: what the gate and the scoreboard read"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        help=f"time for it; without: {FULL.seconds:.0f}, quick {QUICK_PLAN.seconds:.0f}",
    )
    parser.add_argument(
        "--against",
        action="append",
        metavar="PROTECTION[:ISOLATION]",
        help=f"whom to measure beside plain awslambdaric, or all; may be repeated; without: {', '.join(DEFAULT)}",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(BY_NAME),
        metavar="NAME",
        help="only this workload; may be repeated: " + ", ".join(BY_NAME),
    )
    return parser.parse_args(arguments)
