"""`python -m bench libraries`: real functions of tests/real, each library under plain awslambdaric and under Dayfly."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from tests.real.catalogue import SAMPLES, Sample
from tests.real.daemons import ServerUnavailableError
from tests.real.drive import FUNCTIONS
from tests.real.environment import real_python
from tests.real.servers import Kind, Servers

from bench import connections, sheets
from bench.alternating import Deadline, Function, Line, Missing, Pace, lines, pin, race
from bench.contestants import INVOCATION, PLAIN, WINDOW
from bench.machine import this_machine
from bench.measuring import OutOfTimeError

Shown = TypeVar("Shown")
CONTESTANTS = (PLAIN, INVOCATION, WINDOW)
# Functions that call a database on a connection of init, and the database; their docstrings say more.
DATABASE_CALLERS: Mapping[str, Kind] = {
    "postgres_psycopg": "postgres",
    "postgres_psycopg2": "postgres",
    "mariadb_pymysql": "mariadb",
    "redis_client": "redis",
}
# One of each kind of library.
QUICK_SAMPLES = (
    "boto3-https",
    "requests",
    "aiohttp",
    "grpc",
    "x-ray",
    "opentelemetry",
    "sentry",
    "sqlalchemy-psycopg",
    "pymysql",
    "redis",
    "thread-pool-executor",
    "numpy",
)
COLUMNS = (
    "function",
    "answer p50, plain",
    "invocation",
    "window",
    "p99, plain",
    "invocation",
    "window",
    "CPU, plain",
    "invocation",
    "window",
    "init, plain",
    "invocation",
    "window",
    "note",
)
CONNECT_COLUMNS = (
    "function",
    "the query adds to the answer: plain",
    "invocation",
    "window",
    "and to the CPU: plain",
    "invocation",
    "window",
    "note",
)
METHOD_NOTE = (
    "The functions of tests/real/functions, unchanged, invoked without their failing events; plain awslambdaric, a fresh worker "
    "per invocation and the default window were alive together and invoked in alternating bursts of five. Servers are local; "
    "those that are written in Python share the driver's process, so answers of functions that call them hold its time, too. "
    "`CPU` is the mean of the runtime's whole tree per invocation, which the kernel counts in ticks of 10 ms for each process: "
    "with few samples it is coarse. Under `invocation` and `window` stands what they add to plain's medians, except for p99, "
    "which is each one's own. All in milliseconds."
)
CONNECT_NOTE = (
    "Databases: plain awslambdaric asks on the connection of init, and so does a worker that is kept after its first event; a "
    "fresh worker connects first. The table has what an invocation with one query costs more than one without, so that the "
    "worker's fork and end are in neither. The servers are on this machine and ask for no TLS and no password: a network adds a "
    "connect's round trips, and TLS what `python -m bench connections` shows. What helps: `window`, which connects once "
    "in a window; RDS Proxy, which spares the database a new process or thread for each connect, though the worker "
    "still connects to the proxy."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function and of each database caller; the whole by `deadline_s`."""

    pace: Pace
    connects: connections.Plan
    deadline_s: float


FULL = Plan(
    Pace(invocations=100, warm_up=5, starts=2),
    connections.Plan(calls=100, empty=100, warm_up=5, settling=0, deadline_s=0),
    deadline_s=470,
)
QUICK = Plan(
    Pace(invocations=20, warm_up=2, starts=1),
    connections.Plan(calls=20, empty=20, warm_up=2, settling=0, deadline_s=0),
    deadline_s=80,
)


def measure(sample: Sample, servers: Servers, pace: Pace, *, deadline: Deadline) -> Sequence[Line | Missing]:
    """A line for each contestant. Raises OutOfTimeError."""
    try:
        services = [servers.get(kind) for kind in sample.sees]
    except ServerUnavailableError as fault:
        return [Missing(sample.name, one.name, f"not measured: {fault}") for one in CONTESTANTS]
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        **sample.environment,
    }
    for service in services:
        environment.update(service.environment)
    function = Function(
        sample.name,
        FUNCTIONS / sample.folder,
        "app.handler",
        lambda label, number: sample.make_event(label, number, False),
        environment,
    )
    python = real_python()
    outcomes = race(function, CONTESTANTS, pace, python_of=lambda one: python, deadline=deadline)
    return lines(sample.name, outcomes)


def measure_connect(
    caller: str, servers: Servers, plan: connections.Plan
) -> Sequence[connections.Figure | Missing]:
    """A figure for each contestant, or why there is none."""
    try:
        environment = servers.get(DATABASE_CALLERS[caller]).environment
        measured = connections.measure(
            caller, environment, plan, python=real_python(), contestants=CONTESTANTS
        )
    except (ServerUnavailableError, AssertionError, TimeoutError) as fault:
        return [Missing(caller, one.name, f"not measured: {fault}") for one in CONTESTANTS]
    return connections.figures(caller, measured)


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if a function failed or time did not suffice."""
    options = _parse(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    names = options.only or [*DATABASE_CALLERS, *(QUICK_SAMPLES if options.quick else _BY_NAME)]
    callers = [name for name in names if name in DATABASE_CALLERS]
    samples = [_BY_NAME[name] for name in names if name in _BY_NAME]
    # Making the environment takes minutes once; that is no measuring.
    real_python()
    deadline = Deadline(chosen.deadline_s, now=now)
    connects: list[connections.Figure | Missing] = []
    found: list[Line | Missing] = []
    more = [METHOD_NOTE, CONNECT_NOTE]
    with Servers() as servers:
        try:
            for caller in callers:
                deadline.check()
                console.print(f"measuring {caller}…", style="dim")
                connects += measure_connect(caller, servers, chosen.connects)
            for sample in samples:
                deadline.check()
                console.print(f"measuring {sample.name}…", style="dim")
                found += measure(sample, servers, chosen.pace, deadline=deadline)
        except OutOfTimeError as fault:
            done = {one.function for one in found} | {_caller(one) for one in connects}
            left = [name for name in [*callers, *(one.name for one in samples)] if name not in done]
            more.append(f"Not measured: {', '.join(left)}: {fault}")
    sheets.write(
        [
            sheets.Sheet(
                "Databases",
                CONNECT_COLUMNS,
                [_connect_cells(row) for row in _by_function(connects)],
                connects,
            ),
            sheets.Sheet("Libraries", COLUMNS, [_cells(row) for row in _by_function(found)], found),
        ],
        sheets.notes(machine, " ".join(["python -m bench libraries", *arguments]), *more),
        machine,
        options,
    )
    is_complete = len(more) == 2 and not any(isinstance(one, Missing) for one in [*found, *connects])
    return 0 if is_complete else 2


_BY_NAME = {sample.name: sample for sample in SAMPLES}


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench libraries", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*DATABASE_CALLERS, *_BY_NAME],
        metavar="NAME",
        help="only this function; may be repeated: " + ", ".join([*DATABASE_CALLERS, *_BY_NAME]),
    )
    return parser.parse_args(arguments)


def _caller(one: connections.Figure | Missing) -> str:
    return one.function if isinstance(one, Missing) else one.caller


def _connect_cells(row: Sequence[connections.Figure | Missing]) -> tuple[str, ...]:
    found = {one.contestant: one for one in row if isinstance(one, connections.Figure)}
    return (
        _caller(row[0]),
        *(sheets.milliseconds(one.call_answer_ms if one else None) for one in _in_order(found)),
        *(sheets.milliseconds(one.call_processor_ms if one else None) for one in _in_order(found)),
        _said({one.contestant: one.note for one in row if isinstance(one, Missing)}),
    )


def _cells(row: Sequence[Line | Missing]) -> tuple[str, ...]:
    found = {line.contestant: line for line in row if isinstance(line, Line)}
    plain, *others = _in_order(found)
    return (
        row[0].function,
        sheets.milliseconds(plain.answer_ms if plain else None),
        *(sheets.added(line.added_answer_ms if line else None) for line in others),
        *(sheets.milliseconds(line.answer_p99_ms if line else None) for line in (plain, *others)),
        sheets.milliseconds(plain.processor_ms if plain else None),
        *(sheets.added(line.added_processor_ms if line else None) for line in others),
        f"{plain.init_ms:.0f}" if plain else "–",
        *(f"{line.init_ms - plain.init_ms:+.0f}" if plain and line else "–" for line in others),
        _said({line.contestant: line.note for line in row if line.note}),
    )


def _in_order(found: Mapping[str, Shown]) -> list[Shown | None]:
    return [found.get(one.name) for one in CONTESTANTS]


def _said(notes: Mapping[str, str]) -> str:
    """The notes with whose they are, each once."""
    who: dict[str, list[str]] = {}
    for name, note in notes.items():
        who.setdefault(note, []).append(name)
    return "; ".join(f"{', '.join(names)}: {sheets.shortened(note)}" for note, names in who.items())


def _by_function(found: Sequence[Shown]) -> list[Sequence[Shown]]:
    """What belongs to one function, together: contestants stand one after another."""
    return [found[at : at + len(CONTESTANTS)] for at in range(0, len(found), len(CONTESTANTS))]
