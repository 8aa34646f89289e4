"""`python -m bench bill`: what a month of a typical function costs under Dayfly, from measured durations and AWS's prices."""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from tests.real.environment import real_python

from bench import sheets
from bench.budgets import QUARTER, WHOLE
from bench.contestants import CHILD, DEFAULT, OFF, PLAIN, WINDOW, Function
from bench.machine import this_machine
from bench.peer import Peer
from bench.quotas import PERIOD_US, SHARE, Quotas, QuotaUnavailableError
from bench.racing import Course, Deadline, OutOfTimeError, Pace, race

WAYS = (PLAIN, CHILD, DEFAULT, OFF, WINDOW)
FULL, QUICK = Pace(lives=3, warm_up=5, invocations=60), Pace(lives=1, warm_up=2, invocations=10)
DEADLINE_S = 300.0
# Prices of on-demand functions on x86 in US dollars, the first tier (up to six billion GB-seconds a month), without
# the free tier and without taxes, in us-east-1 and eu-central-1: https://aws.amazon.com/lambda/pricing/. The page fills its tables
# in by script; these are the amounts of copies of it made from 2024 to 2026, the same in all of them.
PRICES_AS_OF = "2026-11-25"
PER_MILLION_REQUESTS = 0.20
PER_GB_SECOND = 0.0000166667
COLUMNS = (
    "processor",
    "contestant",
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
class Usage:
    """A month of one function.

    `init_share` is how many of the invocations start an environment. AWS says "under 1%" of production work:
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """

    memory_mb: int = 512
    invocations: int = 1_000_000
    init_share: float = 0.01


@dataclass(frozen=True)
class Month:
    """US dollars of one contestant's month; `billed_ms` is the mean of what one invocation is billed, without its init."""

    processor: str
    contestant: str
    billed_ms: float
    billed_init_ms: float
    requests: float
    duration: float
    init: float
    note: str

    @property
    def total(self) -> float:
        """All of it."""
        return self.requests + self.duration + self.init


def billed_ms(duration_ms: float) -> int:
    """A duration as it is billed: "rounded up to the nearest 1 ms" (https://aws.amazon.com/lambda/pricing/).

    Raises ValueError for a negative duration.
    """
    if duration_ms < 0:
        raise ValueError(f"a duration of {duration_ms} ms")
    # Microseconds first: 3.0000000000000004 is what differences of clocks make of 3.
    return math.ceil(round(duration_ms, 3))


def month(processor: str, contestant: str, course: Course, usage: Usage) -> Month:
    """The month's bill for a function whose invocations and inits take as long as these samples, on the average.

    The whole invocation is what Lambda calls the duration: it ends when the runtime and all extensions are done
    (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). Init is billed by the same price, for managed
    runtimes since August 2025 (see Usage): the first answer without an invocation's own time.
    """
    taken = [one for life in course.lives for burst in life.whole_ms for one in burst]
    usual = statistics.median(taken)
    each = statistics.fmean(billed_ms(one) for one in taken)
    each_init = statistics.fmean(billed_ms(max(0.0, life.first_ms - usual)) for life in course.lives)
    price = usage.memory_mb / 1024 * PER_GB_SECOND / 1000
    return Month(
        processor,
        contestant,
        each,
        each_init,
        usage.invocations / 1e6 * PER_MILLION_REQUESTS,
        usage.invocations * each * price,
        usage.invocations * usage.init_share * each_init * price,
        course.note,
    )


def main(arguments: Sequence[str], *, pace: Pace | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if not all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench bill", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--invocations", type=int, default=Usage.invocations, help="per month")
    parser.add_argument("--memory", type=int, default=Usage.memory_mb, help="of the function, in MB")
    options = parser.parse_args(arguments)
    usage = Usage(memory_mb=options.memory, invocations=options.invocations)
    python = real_python()
    machine = this_machine(pinned_to=None)
    deadline = Deadline(DEADLINE_S)
    found: list[Month] = []
    more = [_method(usage)]
    chosen = pace or (QUICK if options.quick else FULL)
    with Peer() as peer:
        function = Function("typical", "typical.handler", environment=peer.environment())
        for processor in (WHOLE, QUARTER):
            Console(stderr=True).print(f"measuring the typical function, {processor}…", style="dim")
            try:
                if processor == WHOLE:
                    courses = race(function, WAYS, chosen, deadline, python=python, counts_calls=False)
                else:
                    with Quotas([one.name for one in WAYS]) as quotas:
                        courses = race(
                            function, WAYS, chosen, deadline, python=python, quotas=quotas, counts_calls=False
                        )
            except (QuotaUnavailableError, OutOfTimeError) as fault:
                more.append(f"Not measured, {processor}: {fault}")
            else:
                more += [f"{name} failed: {one.failed}" for name, one in courses.items() if one.failed]
                found += [
                    month(processor, name, one, usage) for name, one in courses.items() if not one.failed
                ]
    bases = {one.processor: one.total for one in found if one.contestant == PLAIN.name}
    sheets.write(
        [
            sheets.Sheet(
                "A month of the typical function", COLUMNS, [_cells(one, bases) for one in found], found
            )
        ],
        sheets.notes(machine, " ".join(["python -m bench bill", *arguments]), *more),
        machine,
        options,
    )
    return 2 if len(more) > 1 else 0


def _method(usage: Usage) -> str:
    return (
        f"{usage.invocations:,} invocations a month at {usage.memory_mb} MB, {usage.init_share:.0%} of them with an init, on x86: "
        f"{PER_GB_SECOND:.10f} $ per GB-second and {PER_MILLION_REQUESTS:.2f} $ per million requests (as of {PRICES_AS_OF}; no free "
        "tier). The handler waits 20 ms and makes one boto3 call over TLS to a local server on a client that init has used. Billed is "
        "the whole invocation under AWS's emulator, rounded up to a whole millisecond, and init. "
        f"`{QUARTER}`: {SHARE:.0%} of one in periods of {PERIOD_US // 1000} ms, about what 512 MB have. Nothing was billed by AWS: these "
        "are durations of this machine at AWS's prices."
    )


def _cells(one: Month, bases: Mapping[str, float]) -> tuple[str, ...]:
    base = bases.get(one.processor, 0.0)
    has_base = one.contestant != PLAIN.name and base > 0
    return (
        one.processor,
        one.contestant,
        f"{one.billed_ms:.1f}",
        f"{one.billed_init_ms:.0f}",
        f"{one.requests:.2f} $",
        f"{one.duration:.3f} $",
        f"{one.init:.3f} $",
        f"{one.total:.3f} $",
        f"{one.total - base:+.3f} $" if has_base else "–",
        f"{(one.total - base) / base:+.0%}" if has_base else "–",
        sheets.shortened(one.note),
    )
