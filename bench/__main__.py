"""`python -m bench`: measure what Dayfly costs and print it with the budgets; subcommands measure the rest."""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import shutil
import signal
import statistics
import sys
from collections.abc import Sequence

from rich.console import Console

from bench.contestants import DAYFLY, PLAIN, SIZES
from bench.figures import figures
from bench.machine import this_machine
from bench.measuring import FULL, QUICK, Measurement, OutOfTimeError, Plan, Samples
from bench.report import Report, as_json, as_markdown, print_tables
from bench.sheets import console
from dayfly._sys.proc import may_trace_all

SUBCOMMANDS = {
    "bill": "bench.monthly",
    "connections": "bench.connections",
    "fleet": "bench.fleet.command",
    "floor": "bench.floor",
    "gate": "bench.workloads.gate",
    "guard": "bench.guard",
    "init": "bench.init",
    "invoke": "bench.invoke",
    "lazy": "bench.lazy",
    "libraries": "bench.libraries",
    "plots": "bench.workloads.plots",
    "quota": "bench.quota",
    "scan": "bench.scan",
    "supervisors": "bench.supervisors",
    "workloads": "bench.workloads.command",
}
# Their environments are the lab's, of users without any right of root's; only root itself may count their memory.
# `init` starts processes whose memory a supervisor would have closed: as root they do not try it themselves.
# As `supervisors` has them, whose system calls and memory only root may count.
IN_THE_LAB = {"gate", "init", "invoke", "supervisors", "workloads"}


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all functions.

    What was measured until then is printed all the same, for complete functions only.

    `plan` takes the place of the one that the arguments choose.
    """
    if arguments and arguments[0] in SUBCOMMANDS:
        return int(importlib.import_module(SUBCOMMANDS[arguments[0]]).main(arguments[1:]))
    options = _parse(arguments)
    pinned = None
    if options.pin:
        pinned = min(os.sched_getaffinity(0))
        # Children inherit it: driver, emulators and runtimes share one CPU, as at a small memory setting.
        os.sched_setaffinity(0, {pinned})
    machine = this_machine(pinned_to=pinned)
    notes = Console(stderr=True)
    measurement = Measurement(plan or (QUICK if options.quick else FULL))
    measured: dict[str, dict[str, Samples]] = {}
    status = 0
    try:
        for function in SIZES:
            notes.print(f"measuring the {function} function…", style="dim")
            measured[function] = measurement.measure(function, (PLAIN, *DAYFLY))
    except OutOfTimeError as fault:
        notes.print(f"dayfly bench: {fault}", style="red")
        status = 2
    report = Report(
        machine=machine,
        command=" ".join(["python -m bench", *arguments]),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        sizes_mb={
            name: statistics.median(by_name[PLAIN.name].memory_kb or [0]) / 1024
            for name, by_name in measured.items()
        },
        figures=figures(measured),
    )
    if options.json:
        sys.stdout.write(as_json(report) + "\n")
    elif options.markdown:
        sys.stdout.write(as_markdown(report))
    else:
        print_tables(report, console())
    return status


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"Subcommands, each with --help: {', '.join(SUBCOMMANDS)}.",
    )
    parser.add_argument("--quick", action="store_true", help="few samples, less than 50 seconds")
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="machine-readable")
    form.add_argument("--markdown", action="store_true", help="what docs/performance.md quotes")
    return parser.parse_args(arguments)


def as_on_lambda() -> None:
    """As root, start this command again without the right to trace every process, which no function has on Lambda.

    With it memory cannot be closed, and what that costs would not be measured.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is not None and may_trace_all() and not IN_THE_LAB.intersection(sys.argv[1:2]):
        without = ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
        os.execv(setpriv, [setpriv, *without, sys.executable, "-m", "bench", *sys.argv[1:]])


if __name__ == "__main__":
    as_on_lambda()
    # As with Ctrl-C: leave no runtime, no server and no control group behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main(sys.argv[1:]))
