"""Long chaos run: every act at every step of a supervisor, in each isolation, in random order until time is over.

python -m tests.chaos --seconds 600 --supervisor native --isolation invocation window --act kill:zygote fail:ENOMEM --seed 7

A step is a system call of the native supervisor, and a call or return in the Python one.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import functools
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence
from typing import cast, get_args

from tests.chaos import calls
from tests.chaos.asking import asking
from tests.chaos.director import Act, Order, directed, directing, places
from tests.chaos.sweep import Swept, record, sweep

SUPERVISORS = ("native", "python")
ISOLATIONS = ("invocation", "window", "process")
ACTS = (
    "kill:supervisor",
    "kill:zygote",
    "kill:worker",
    "kill:spare",
    "kill:all",
    "terminate:supervisor",
    "stop:zygote",
    "stop:spare",
    "raise:ENOMEM",
    "raise:EMFILE",
    "raise:MemoryError",
    "clock:86400",
    "clock:-86400",
)
_BATCH = 5


def orders_of(steps: list[str], act: str, *, passages: int = 1) -> list[Order]:
    """Every place of a course at which `act` makes sense: an errno comes of calls into the kernel alone."""
    what, _, whom = act.partition(":")
    if what not in get_args(Act):
        raise SystemExit(f"{act} is no act; use one of {', '.join(ACTS)}")
    is_of_kernel = what == "raise" and whom != "MemoryError"
    return [
        Order(step, cast(Act, what), whom, nth)
        for step, nth in places(steps, passages=passages)
        if ">" in step or not is_of_kernel
    ]


async def run(
    isolation: str, acts: Sequence[str], *, guard: str, seconds: float, seed: int, passages: int
) -> Swept:
    """Carry out orders in one isolation until time is over or all are done."""
    found = Swept()
    end = time.monotonic() + seconds
    dice = random.Random(seed)
    async with directing() as director:
        variables = {**directed(director), "DAYFLY_ISOLATION": isolation, "DAYFLY_GUARD": guard}
        async with asking("dayfly", environment=variables) as one:
            start, steps = await record(one, director)
            pending = [
                (order, course is start)
                for course in (start, steps)
                for act in acts
                for order in orders_of(course, act, passages=passages)
            ]
            dice.shuffle(pending)
            total = len(pending)
            while pending and time.monotonic() < end:
                order, of_start = pending.pop()
                is_fresh = isolation == "invocation"
                await sweep(one, director, [order], is_fresh=is_fresh, found=found, of_start=of_start)
                if found.tried % _BATCH == 0 or not pending:
                    _tell(isolation, found.tried, len(found.broken), total)
                one.forget()
    return found


def _tell(isolation: str, tried: int, broken: int, total: int) -> None:
    if sys.stderr.isatty():
        words = f", {broken} BROKEN" if broken else ""
        print(f"\r{isolation}: {tried} of {total}{words}", end="", file=sys.stderr, flush=True)


def _run(supervisor: str, isolation: str, options: argparse.Namespace, seconds: float) -> Swept | calls.Found:
    if supervisor == "native":
        return asyncio.run(
            calls.sweep_at_random(
                options.act or calls.ACTS,
                isolation=isolation,
                guard=options.guard,
                seconds=seconds,
                seed=options.seed,
                tell=functools.partial(_tell, isolation),
            )
        )
    return asyncio.run(
        run(
            isolation,
            options.act or ACTS,
            guard=options.guard,
            seconds=seconds,
            seed=options.seed,
            passages=options.passages,
        )
    )


def main() -> int:
    """Run and report; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="in all isolations and supervisors together"
    )
    parser.add_argument("--supervisor", nargs="+", choices=SUPERVISORS, default=list(SUPERVISORS))
    parser.add_argument("--isolation", nargs="+", choices=ISOLATIONS, default=list(ISOLATIONS))
    parser.add_argument("--guard", choices=("off", "observe", "block"), default="observe")
    parser.add_argument(
        "--act", nargs="+", help=f"of {', '.join(ACTS)}; for the native supervisor of {', '.join(calls.ACTS)}"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--passages",
        type=int,
        default=1,
        help="of the Python supervisor: how often a step that repeats is met",
    )
    options = parser.parse_args()
    share = options.seconds / len(options.isolation) / len(options.supervisor)
    is_broken = False
    for supervisor, isolation in itertools.product(options.supervisor, options.isolation):
        found = _run(supervisor, isolation, options, share)
        is_broken |= bool(found.broken)
        told = {"supervisor": supervisor, "isolation": isolation, **dataclasses.asdict(found)}
        print(json.dumps(told), flush=True)
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
