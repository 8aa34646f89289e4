"""`python -m bench guard`: what an invocation costs with the guard off, observing and blocking."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from tests.real.environment import REQUIREMENTS, real_python

from bench import sheets
from bench.alternating import Deadline, Failed, Function, Outcome, Pace, Run, pin, race
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, PROCESS, WINDOW, Contestant
from bench.figures import percentile_99
from bench.machine import this_machine
from bench.measuring import OutOfTimeError
from bench.peer import Peer

# Libraries of these handlers: tests/honest has them.
HONEST = REQUIREMENTS.parent.parent / "honest" / "requirements.txt"
BASES = {one.name: one for one in (INVOCATION, WINDOW, PROCESS)}
MODES = ("off", "observe", "block")
# Handlers without network, by the modules in functions/guard.
HANDLERS = (
    "texts.endpoint",
    "texts.work_json",
    "texts.work_base64",
    "texts.primes",
    "texts.floats",
    "pages.dynamic_html",
    "pages.chameleon",
    "pages.work_markdown",
    "arithmetic.linpack",
    "arithmetic.matmul",
    "arithmetic.aes",
    "arithmetic.thumbnail",
    "arithmetic.pagerank",
    "arithmetic.spanning_tree",
    "arithmetic.breadth_first",
)
CALL = "one boto3 call"
# The same two handlers with events of so many bytes: one has a statement and a file looked at, one nothing.
SINKS = ("sinks.unasked", "sinks.asked")
SIZES = {"1 kB": 1_000, "100 kB": 100_000, "1 MB": 1_000_000}
# Of the p50 of a boto3 call without Dayfly.
BUDGET_SHARE = 0.02
COLUMNS = (
    "function",
    "guard",
    "CPU",
    "added CPU",
    "of plain's p50",
    "answer p50",
    "added p50",
    "p99",
    "first answer",
    "init p50",
    "samples",
    "note",
)
METHOD_NOTE = (
    "Plain awslambdaric and Dayfly with each setting of the guard were alive together and invoked in alternating bursts "
    "of five. `CPU` is the mean of all processes per invocation, user and system, which other work on the machine "
    "disturbs least: it is the primary figure. `added` is against Dayfly with the guard off; `of plain's p50` is the "
    "added CPU as a share of the same handler's p50 without Dayfly. All in milliseconds. The call goes to a local "
    "server over TLS that answers at once: a real one takes several times as long. Handlers of `sinks` get events of "
    "the named size; `asked` makes a statement and a file name of its words, which is what has the event taken apart."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function; the whole by `deadline_s`."""

    pace: Pace
    deadline_s: float


FULL = Plan(Pace(invocations=100, warm_up=10, starts=2), deadline_s=900)
QUICK = Plan(Pace(invocations=20, warm_up=3, starts=1), deadline_s=200)


@dataclass(frozen=True)
class Line:
    """One function in one setting; milliseconds. `added_*` are against the guard off, None for that and for plain.

    `share` is `added_processor_ms` as a part of plain's median answer.
    """

    function: str
    guard: str
    processor_ms: float
    added_processor_ms: float | None
    answer_ms: float
    added_answer_ms: float | None
    answer_p99_ms: float | None
    share: float | None
    first_ms: float
    init_ms: float
    samples: int
    note: str


@dataclass(frozen=True)
class Missing:
    """A line without figures, and why."""

    function: str
    guard: str
    note: str


def contestants(isolation: str) -> tuple[Contestant, ...]:
    """Plain, and Dayfly in one isolation with each setting of the guard."""
    base = BASES[isolation]
    guarded = [Contestant(mode, base.runtime, {**base.settings, "DAYFLY_GUARD": mode}) for mode in MODES]
    return (PLAIN, *guarded)


def functions(environment: Mapping[str, str]) -> dict[str, Function]:
    """What is measured, by its name in the table; `environment` leads the boto3 call to its server."""
    found = {
        CALL: Function(
            CALL,
            FUNCTIONS / "connections",
            "dynamodb_put.handler",
            lambda label, number: {"n": number, "name": label},
            environment,
        )
    }
    for size, count in SIZES.items():
        for handler in SINKS:
            name = f"{handler}, {size}"
            found[name] = Function(name, FUNCTIONS / "guard", handler, _event_of(count))
    for handler in HANDLERS:
        found[handler] = Function(
            handler, FUNCTIONS / "guard", handler, lambda label, number: {"n": number, "name": label}
        )
    return found


def _event_of(size: int) -> Callable[[str, int], object]:
    """Orders as they come in a body, up to about `size` bytes; no two events are alike."""
    orders: list[dict[str, object]] = []
    left = size
    while left > 0:
        number = len(orders)
        order: dict[str, object] = {
            "id": f"o-{number}",
            "name": f"Ada O'Brien {number}",
            "note": "please leave it at the door; select * from me",
            "lines": [{"sku": f"sku-{number * 7 % 1000}", "count": number % 5, "price": number / 4}],
        }
        left -= len(json.dumps(order))
        orders.append(order)

    def make(label: str, number: int) -> object:
        return {"n": number, "orders": [{**orders[0], "id": label, "name": f"Ada {label}"}, *orders[1:]]}

    return make


def measure(function: Function, isolation: str, pace: Pace, *, deadline: Deadline) -> dict[str, Outcome]:
    """Outcomes by the guard's setting, and plain's. Raises OutOfTimeError."""
    python = real_python(HONEST)
    return race(function, contestants(isolation), pace, python_of=lambda one: python, deadline=deadline)


def lines(function: str, outcomes: Mapping[str, Outcome]) -> list[Line | Missing]:
    """One line for each contestant, in their order."""
    return [_line(function, name, outcome, outcomes) for name, outcome in outcomes.items()]


def _line(function: str, name: str, outcome: Outcome, outcomes: Mapping[str, Outcome]) -> Line | Missing:
    if isinstance(outcome, Failed):
        return Missing(function, name, f"failed: {outcome.reason}")
    off, plain = outcomes.get(MODES[0]), outcomes.get(PLAIN.name)
    base = off if isinstance(off, Run) and name in MODES[1:] else None
    answer = statistics.median(outcome.answer_ms)
    added = answer - statistics.median(base.answer_ms) if base else None
    share = None
    if base is not None and isinstance(plain, Run):
        share = (outcome.processor_ms - base.processor_ms) / statistics.median(plain.answer_ms)
    return Line(
        function,
        name,
        outcome.processor_ms,
        outcome.processor_ms - base.processor_ms if base else None,
        answer,
        added,
        percentile_99(outcome.answer_ms),
        share,
        outcome.first_ms,
        statistics.median(outcome.init_ms),
        len(outcome.answer_ms),
        f"process isolation, since {outcome.fell_back}" if outcome.fell_back else "",
    )


def verdict(found: Sequence[Line | Missing]) -> str:
    """Say what the boto3 call says about the budget; empty where it was not measured."""
    for line in found:
        if (
            isinstance(line, Line)
            and line.function == CALL
            and line.guard == "block"
            and line.share is not None
        ):
            word = "within" if line.share <= BUDGET_SHARE else "over"
            return f"Budget: at most {BUDGET_SHARE:.0%} of a boto3 call's p50. The guard adds {line.share:+.0%} in CPU: {word} it."
    return ""


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all functions."""
    parser = argparse.ArgumentParser(prog="python -m bench guard", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument("--isolation", choices=BASES, default=INVOCATION.name, help="default: invocation")
    names = tuple(functions({}))
    parser.add_argument("--only", action="append", choices=names, help="only this function; may be repeated")
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s, now=now)
    found: list[Line | Missing] = []
    more = [METHOD_NOTE]
    status = 0
    with Peer() as peer:
        everything = functions(peer.environment())
        try:
            for name in options.only or names:
                console.print(f"measuring {name}…", style="dim")
                found += lines(
                    name, measure(everything[name], options.isolation, chosen.pace, deadline=deadline)
                )
        except OutOfTimeError as fault:
            console.print(f"dayfly bench: {fault}", style="red")
            more.append(f"Incomplete: {fault}")
            status = 2
    if said := verdict(found):
        more.append(said)
    notes = sheets.notes(machine, " ".join(["python -m bench guard", *arguments]), *more)
    sheet = sheets.Sheet(
        f"The guard, isolation {options.isolation}", COLUMNS, [_cells(line) for line in found], found
    )
    sheets.write([sheet], notes, machine, options)
    return status


def _cells(line: Line | Missing) -> tuple[str, ...]:
    if isinstance(line, Missing):
        return (line.function, line.guard, *["–"] * (len(COLUMNS) - 3), sheets.shortened(line.note))
    return (
        line.function,
        line.guard,
        sheets.milliseconds(line.processor_ms),
        sheets.added(line.added_processor_ms),
        "–" if line.share is None else f"{line.share:+.0%}",
        sheets.milliseconds(line.answer_ms),
        sheets.added(line.added_answer_ms),
        sheets.milliseconds(line.answer_p99_ms),
        sheets.milliseconds(line.first_ms),
        f"{line.init_ms:.0f}",
        str(line.samples),
        sheets.shortened(line.note),
    )
