"""`python -m bench guard`, `lazy`, `connections`, `libraries` and `records`: sets of functions, each under the settings it is about."""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from tests.real.catalogue import FUNCTIONS as REAL
from tests.real.catalogue import SAMPLES, Sample
from tests.real.daemons import ServerUnavailableError
from tests.real.environment import REQUIREMENTS, real_python
from tests.real.ledger import label_of
from tests.real.servers import Kind, Servers

from bench import budgets, figures, first_use, racing, sheets
from bench.contestants import BLOCK, CHILD, DEFAULT, FUNCTIONS, OFF, PLAIN, WARM_CHILD, WINDOW, Function, Way
from bench.fleet.orders import event as order
from bench.machine import this_machine
from bench.peer import Peer
from bench.racing import METHOD, Deadline, OutOfTimeError, Pace, race

# Libraries of the guard's handlers: tests/honest has them.
HONEST = REQUIREMENTS.parent.parent / "honest" / "requirements.txt"
FULL, QUICK = Pace(lives=2, warm_up=5, invocations=60), Pace(lives=1, warm_up=2, invocations=40)
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
# The same two handlers with events of so many bytes: one has a statement and a file looked at, one nothing.
SINKS = ("sinks.unasked", "sinks.asked")
BYTES = {"1 kB": 1_000, "100 kB": 100_000, "1 MB": 1_000_000}
# Their docstrings say what they are.
LAZY = ("lazy_templates", "lazy_expressions", "lazy_client")
CALLERS = (
    "boto3_used",
    "boto3_client",
    "boto3_in_handler",
    "requests_session",
    "urllib3_pool",
    "httpx_client",
    "aiohttp_session",
    "urllib_request",
)
# Those that need a database rather than the HTTPS server.
DATABASES: Mapping[str, Kind] = {"psycopg_connect": "postgres", "redis_client": "redis"}
_RECORDS = {"DAYFLY_LOG_INVOCATIONS": "on"}


@dataclass(frozen=True)
class Missing:
    """A function that cannot be measured here, and why."""

    name: str
    reason: str


Wanted = Callable[[str], bool]


@dataclass(frozen=True)
class Set:
    """Functions and the contestants they are for, each with so many events that are not counted. `make` may start servers on the stack, for those functions that are wanted.

    They run in the environment of `requirements`.
    """

    about: str
    ways: Sequence[Way]
    make: Callable[[contextlib.ExitStack, Wanted], Iterable[Function | Missing]]
    requirements: Path = REQUIREMENTS
    warm_up: int | None = None


def _named(label: str, number: int) -> object:
    return {"n": number, "name": label}


def _guarded(stack: contextlib.ExitStack, is_wanted: Wanted) -> list[Function]:
    folder = FUNCTIONS / "guard"
    peer = stack.enter_context(Peer())
    event = functools.partial(_named, "Ada O'Brien")
    call = Function(
        "one boto3 call", "dynamodb_put.handler", FUNCTIONS / "connections", peer.environment(), event
    )
    sinks = [
        Function(f"{handler}, {size}", handler, folder, event=_orders(count))
        for size, count in BYTES.items()
        for handler in SINKS
    ]
    return [call, *sinks, *(Function(one, one, folder, event=event) for one in HANDLERS)]


def _orders(size: int) -> Callable[[int], object]:
    """Orders as they come in a body, up to about `size` bytes; no two events are alike."""
    orders: list[dict[str, object]] = []
    left = size
    while left > 0:
        number = len(orders)
        one: dict[str, object] = {
            "id": f"o-{number}",
            "name": f"Ada O'Brien {number}",
            "note": "please leave it at the door; select * from me",
            "lines": [{"sku": f"sku-{number * 7 % 1000}", "count": number % 5, "price": number / 4}],
        }
        left -= len(json.dumps(one))
        orders.append(one)
    return lambda number: {"n": number, "orders": [{**orders[0], "id": f"r-{number}"}, *orders[1:]]}


def _lazy(stack: contextlib.ExitStack, is_wanted: Wanted) -> list[Function]:
    return [
        Function(f"{name}{said}", f"{name}.handler", environment=environment)
        for name in LAZY
        for said, environment in (("", {}), (", primed", {"DAYFLY_ZYGOTE_PRIME": f"{name}:prime"}))
    ]


def _connecting(stack: contextlib.ExitStack, is_wanted: Wanted) -> Iterator[Function | Missing]:
    folder = FUNCTIONS / "connections"
    environment = stack.enter_context(Peer()).environment()
    for name in CALLERS:
        yield Function(name, f"{name}.handler", folder, environment)
    servers = stack.enter_context(Servers())
    for name, kind in DATABASES.items():
        if is_wanted(name):
            try:
                yield Function(name, f"{name}.handler", folder, servers.get(kind).environment)
            except ServerUnavailableError as fault:
                yield Missing(name, f"not measured: {fault}")


def _real(stack: contextlib.ExitStack, is_wanted: Wanted) -> Iterator[Function | Missing]:
    servers = stack.enter_context(Servers())
    for sample in SAMPLES:
        if is_wanted(sample.name):
            try:
                yield _sample(sample, servers)
            except ServerUnavailableError as fault:
                yield Missing(sample.name, f"not measured: {fault}")


def _sample(sample: Sample, servers: Servers) -> Function:
    environment = {"RUN": "bench", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", **sample.environment}
    for kind in sample.sees:
        environment.update(servers.get(kind).environment)
    sent = itertools.count()

    def event(number: int) -> object:
        # No two events have one label.
        at = next(sent)
        return sample.make_event(label_of("bench", at), at, False)

    return Function(sample.name, "app.handler", REAL / sample.folder, environment, event, is_repeatable=False)


def _recorded(stack: contextlib.ExitStack, is_wanted: Wanted) -> list[Function]:
    return [Function("boto3", "medium.handler", event=lambda number: order(f"o-{number}", number))]


SETS = {
    "guard": Set("what the guard adds", (PLAIN, CHILD, OFF, DEFAULT, BLOCK), _guarded, HONEST),
    "lazy": Set(
        "what lazy initialisation costs a fresh worker, and what priming the zygote saves",
        (PLAIN, CHILD, DEFAULT, WINDOW),
        _lazy,
    ),
    "connections": Set(
        "what the first call of a fresh worker costs against a reused connection",
        (PLAIN, CHILD, DEFAULT, OFF, WINDOW),
        _connecting,
    ),
    # Without a bare child: a pool of threads made at init is not in it, and the function waits for ever.
    "libraries": Set("real functions of tests/real, each library", (PLAIN, DEFAULT, OFF, WINDOW), _real),
    "first-use": Set(
        "what the second event costs in a fresh worker",
        (PLAIN, WARM_CHILD, DEFAULT),
        first_use.functions,
        HONEST,
        # What an environment does once is done by then, as in `racing.FULL`.
        warm_up=racing.FULL.warm_up,
    ),
    "records": Set(
        "what an environment pays for a fleet record of each invocation",
        (
            PLAIN,
            CHILD,
            DEFAULT,
            DEFAULT.but("Dayfly, records", **_RECORDS),
            DEFAULT.but("Dayfly, records with proofs", **_RECORDS, DAYFLY_FLEET_KEY="5a" * 32),
        ),
        _recorded,
    ),
}


def main(arguments: Sequence[str], *, pace: Pace | None = None) -> int:
    """Run by the command line with the set's name first; 0 whatever the figures say, 2 if something failed or time was up."""
    name, *rest = arguments
    one = SETS[name]
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=f"Measures {one.about}.")
    sheets.add_options(parser)
    parser.add_argument(
        "--only", action="append", metavar="FUNCTION", help="only this function; may be repeated"
    )
    parser.add_argument("--seconds", type=float, default=900.0, help="give up after; default: 900")
    options = parser.parse_args(rest)
    # Making the environment takes minutes once; that is no measuring.
    python = real_python(one.requirements)
    machine = this_machine(pinned_to=None)
    deadline = Deadline(options.seconds)
    found: list[figures.Figure] = []
    gaps: dict[tuple[str, str], str] = {}
    more = [METHOD]

    def is_wanted(name: str) -> bool:
        return not options.only or name in options.only

    with contextlib.ExitStack() as stack:
        try:
            for function in one.make(stack, is_wanted):
                if not is_wanted(function.name):
                    continue
                if isinstance(function, Missing):
                    gaps[function.name, "everybody"] = function.reason
                    continue
                Console(stderr=True).print(f"measuring {function.name}…", style="dim")
                chosen = pace or (QUICK if options.quick else FULL)
                if one.warm_up is not None:
                    chosen = replace(chosen, warm_up=one.warm_up)
                courses = race(function, one.ways, chosen, deadline, python=python)
                found += figures.figures(function.name, courses, base=PLAIN.name)
                for who, course in courses.items():
                    if said := course.failed or course.note:
                        gaps[function.name, who] = said
        except OutOfTimeError as fault:
            more.append(f"Incomplete: {fault}")
    judged = budgets.judge(found, budgets.WHOLE)
    tables = [figures.sheet(f"{name.capitalize()}: {one.about}", found, gaps)]
    notes = sheets.notes(machine, " ".join(["python -m bench", *arguments]), *more)
    sheets.write([*([budgets.sheet(judged)] if judged else []), *tables], notes, machine, options)
    return 2 if gaps or len(more) > 1 else 0
