"""`python -m bench init`: what Dayfly adds to the CPU of a function's init in the process that serves it, supervisor aside."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real.environment import real_python

from bench import sheets
from bench.contestants import FUNCTIONS
from bench.machine import this_machine
from dayfly.core import frames
from dayfly.core.handshake import MARKER, ZygoteOptions

ROUNDS, QUICK_ROUNDS = 21, 3
# As the budgets name them; `bench/functions` has more.
SIZES: Mapping[str, str] = {"small": "small", "boto3": "medium"}
PLAIN, GUARDS = "plain", ("off", "observe")
COLUMNS = ("function", "contestant", "CPU, least", "p20", "added, least", "p20", "page faults, least")
# Where the process finds what it was given; nobody else uses numbers as high.
_CHANNEL, _LIFELINE = 90, 91
# AWS's loop up to where it asks for an event.
_PLAIN = f"""
import os, sys
from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
def ask(self, *rest):
    os.write({_CHANNEL}, b"x")
    os._exit(0)
LambdaRuntimeClient.wait_next_invocation = ask
bootstrap.run(sys.argv[1], LambdaRuntimeClient("127.0.0.1:9"))
"""
_BUFFER = 65536

# CPU in seconds and minor page faults of one start.
Sample = tuple[float, int]
# By function and contestant.
Samples = dict[str, dict[str, list[Sample]]]


def start(function: str, guard: str, python: str, *, code: str = "") -> Sample:
    """Initialise a function once, as a zygote with this guard or without Dayfly (`plain`), and end it.

    `code` is a folder with another Dayfly than the installed one.
    """
    environ = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "AWS_REGION": "eu-central-1",
        "LAMBDA_TASK_ROOT": str(FUNCTIONS),
        "PYTHONPATH": os.pathsep.join([str(FUNCTIONS), *([code] if code else [])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    }
    program = ["-c", _PLAIN] if guard == PLAIN else ["-m", "dayfly.runtime"]
    options = ZygoteOptions(
        isolation="invocation", guard="off" if guard == PLAIN else guard, guard_key="00", warms=True
    )
    if guard != PLAIN:
        environ[MARKER] = f"{_CHANNEL}:{_LIFELINE},{options.pack()}"
    ours, theirs = socket.socketpair()
    life, far = socket.socketpair()
    with ours, theirs, life, far:
        passed = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), _CHANNEL)]
        passed += [(os.POSIX_SPAWN_DUP2, far.fileno(), _LIFELINE)]
        pid = os.posix_spawn(python, [python, *program, f"{function}.handler"], environ, file_actions=passed)
        theirs.close()
        far.close()
        is_ready = bool(ours.recv(1)) if guard == PLAIN else _is_ready(ours)
    _, status, used = os.wait4(pid, 0)
    assert (is_ready, status) == (True, 0), f"{function} as {guard}"
    return used.ru_utime + used.ru_stime, used.ru_minflt


def _is_ready(channel: socket.socket) -> bool:
    reader = frames.ControlReader()
    while data := channel.recv(_BUFFER):
        for kind, _payload in reader.feed(data):
            if kind == frames.READY:
                return True
            channel.sendall(frames.pack_control(frames.CALL_DONE, b"200\n"))
    return False


def measure(rounds: int, against: Path | None = None) -> Samples:
    """Start everybody in turn, so often; `against` is the `src` of another checkout, with bytecode."""
    python = str(real_python())
    contestants = [(PLAIN, PLAIN, "")]
    contestants += [(f"guard {guard}", guard, "") for guard in GUARDS]
    if against is not None:
        contestants += [(f"guard {guard}, {against}", guard, str(against)) for guard in GUARDS]
    samples: Samples = {size: {name: [] for name, _, _ in contestants} for size in SIZES}
    for _ in range(rounds):
        for size, function in SIZES.items():
            for name, guard, code in contestants:
                samples[size][name].append(start(function, guard, python, code=code))
    return samples


@dataclass(frozen=True)
class Line:
    """What one contestant's starts took: milliseconds and page faults, the least and the fifth part; `added` to plain."""

    function: str
    contestant: str
    least_ms: float
    p20_ms: float
    added_least_ms: float
    added_p20_ms: float
    faults: int


def lines(samples: Samples) -> list[Line]:
    """One for each function and contestant. Pure."""
    found: list[Line] = []
    for size, by_name in samples.items():
        least, low = _least_and_low(by_name[PLAIN])
        for name, taken in by_name.items():
            this_least, this_low = _least_and_low(taken)
            faults = min(count for _, count in taken)
            found.append(Line(size, name, this_least, this_low, this_least - least, this_low - low, faults))
    return found


def _least_and_low(taken: Sequence[Sample]) -> tuple[float, float]:
    times = sorted(seconds * 1000 for seconds, _ in taken)
    return times[0], statistics.quantiles(times, n=5)[0] if len(times) > 1 else times[0]


def main(arguments: Sequence[str], *, rounds: int | None = None) -> int:
    """Run by the command line; 0 whatever the figures say."""
    parser = argparse.ArgumentParser(prog="python -m bench init", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument(
        "--against", type=Path, help="the compiled `src` of another checkout, measured beside"
    )
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=None)
    found = lines(measure(rounds or (QUICK_ROUNDS if options.quick else ROUNDS), options.against))
    rows = [
        (
            *(one.function, one.contestant, f"{one.least_ms:.1f}", f"{one.p20_ms:.1f}"),
            *(f"{one.added_least_ms:+.1f}", f"{one.added_p20_ms:+.1f}", str(one.faults)),
        )
        for one in found
    ]
    said = sheets.notes(machine, " ".join(["python -m bench init", *arguments]))
    sheets.write([sheets.Sheet("The init of a zygote", COLUMNS, rows, found)], said, machine, options)
    return 0
