"""`python -m bench bill`: what a month of a typical function costs under each isolation, from measured durations."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from bench import sheets
from bench.alternating import Deadline, Failed, Function, Pace, Run, race
from bench.billing import PRICES, PRICES_AS_OF, Bill, Usage, bill
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, WINDOW
from bench.machine import this_machine
from bench.measuring import OutOfTimeError
from bench.peer import Peer
from bench.quota import PERIOD_US, SHARE, Quotas, QuotaUnavailableError

CONTESTANTS = (PLAIN, INVOCATION, WINDOW)
Processor = Literal["whole", "quarter"]
COLUMNS = (
    "processor",
    "isolation",
    "billed ms",
    "init, billed ms",
    "requests",
    "duration",
    "init",
    "month",
    "added",
    "added",
    "note",
)


@dataclass(frozen=True)
class Plan:
    """How much is measured for each processor; the whole by `deadline_s`."""

    pace: Pace
    deadline_s: float


# One event in a turn: a million a month are one in two and a half seconds, so none waits for the work of another.
FULL = Plan(Pace(invocations=200, warm_up=10, starts=5, burst=1), deadline_s=180)
QUICK = Plan(Pace(invocations=20, warm_up=2, starts=1, burst=1), deadline_s=60)


@dataclass(frozen=True)
class Month:
    """The bill of one contestant; `added` is against plain awslambdaric's, in dollars and as a share of it."""

    processor: Processor
    contestant: str
    bill: Bill
    total: float
    added: float
    added_share: float
    note: str


def months(processor: Processor, runs: dict[str, Run], usage: Usage, *, region: str) -> list[Month]:
    """One line for each contestant; plain awslambdaric must be among them."""
    bills = {name: bill(run.cycle_ms, run.init_ms, usage, PRICES[region]) for name, run in runs.items()}
    base = bills[PLAIN.name].total
    return [
        Month(
            processor,
            name,
            one,
            one.total,
            one.total - base,
            (one.total - base) / base,
            f"process isolation, since {runs[name].fell_back}" if runs[name].fell_back else "",
        )
        for name, one in bills.items()
    ]


def measure(processor: Processor, peer: Peer, pace: Pace, *, deadline: Deadline) -> dict[str, Run]:
    """Runs by contestant's name. Raises RuntimeError for one that fails, QuotaUnavailableError, OutOfTimeError."""
    function = Function(
        "typical",
        FUNCTIONS,
        "typical.handler",
        lambda label, number: {"n": number},
        environment=peer.environment(),
    )
    if processor == "whole":
        outcomes = race(
            function, CONTESTANTS, pace, python_of=lambda one: Path(sys.executable), deadline=deadline
        )
    else:
        with Quotas([one.name for one in CONTESTANTS]) as quotas:
            outcomes = race(
                function, CONTESTANTS, pace, python_of=lambda one: quotas.python(one.name), deadline=deadline
            )
    runs: dict[str, Run] = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, Failed):
            raise RuntimeError(f"the typical function under {name}: {outcome.reason}")
        runs[name] = outcome
    return runs


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if not all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench bill", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--region", choices=[*PRICES], default="eu-central-1", help="whose prices")
    parser.add_argument("--invocations", type=int, default=Usage.invocations, help="per month")
    parser.add_argument("--memory", type=int, default=Usage.memory_mb, help="of the function, in MB")
    options = parser.parse_args(arguments)
    usage = Usage(memory_mb=options.memory, invocations=options.invocations)
    machine = this_machine(pinned_to=None)
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s, now=now)
    found: list[Month] = []
    more = [_method(usage, options.region)]
    status = 0
    processors: tuple[Processor, ...] = ("whole", "quarter")
    with Peer() as peer:
        for processor in processors:
            console.print(f"measuring the typical function on a {processor} processor…", style="dim")
            try:
                runs = measure(processor, peer, chosen.pace, deadline=deadline)
            except (QuotaUnavailableError, OutOfTimeError) as fault:
                more.append(f"Not measured on a {processor} processor: {fault}")
                status = 2
            else:
                found += months(processor, runs, usage, region=options.region)
    sheets.write(
        [sheets.Sheet("A month of the typical function", COLUMNS, [_cells(one) for one in found], found)],
        sheets.notes(machine, " ".join(["python -m bench bill", *arguments]), *more),
        machine,
        options,
    )
    return status


def _method(usage: Usage, region: str) -> str:
    price = PRICES[region]
    return (
        f"{usage.invocations:,} invocations a month at {usage.memory_mb} MB, {usage.init_share:.0%} of them with an init, "
        f"in {region} on x86: {price.per_gb_second:.10f} $ per GB-second and {price.per_million_requests:.2f} $ per "
        f"million requests (as of {PRICES_AS_OF}; no free tier). The handler waits 20 ms and makes one boto3 call over "
        "TLS to a local server on a client that init has used. Billed is from the event to the request for the next one, "
        f"each rounded up to a whole millisecond, and init. `quarter`: {SHARE:.0%} of a processor in periods of "
        f"{PERIOD_US // 1000} ms, about what 512 MB have; `whole`: no quota. Nothing was billed by AWS: these are durations "
        "of this machine at AWS's prices."
    )


def _cells(one: Month) -> tuple[str, ...]:
    is_base = one.contestant == PLAIN.name
    return (
        one.processor,
        one.contestant,
        f"{one.bill.billed_ms:.1f}",
        f"{one.bill.billed_init_ms:.0f}",
        f"{one.bill.requests:.2f} $",
        f"{one.bill.duration:.3f} $",
        f"{one.bill.init:.3f} $",
        f"{one.total:.3f} $",
        "–" if is_base else f"{one.added:+.3f} $",
        "–" if is_base else f"{one.added_share:+.0%}",
        sheets.shortened(one.note),
    )
