"""`python -m bench invoke`: how long boto3 waits for a warm Invoke of `dayfly lab serve`, alone and with seven others."""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from rich.console import Console

from bench import sheets
from bench.alternating import Deadline, pin
from bench.contestants import FUNCTIONS
from bench.figures import judge, percentile_99
from bench.machine import this_machine
from bench.measuring import OutOfTimeError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CALLERS = (1, 8)
# Half of Linux's shortest delayed acknowledgement: an answer that waits for one needs 40 ms on any machine.
BUDGET_MS = 20.0
START_S = 30.0
FUNCTION = "small"
COLUMNS = (
    "callers",
    "answer p20",
    "p50",
    "p99",
    "answers a second",
    "samples",
    "budget of p20",
    "verdict",
)
METHOD_NOTE = (
    "`dayfly lab serve` is a process of its own with one function that returns at once, under plain awslambdaric. "
    "Every caller is a thread with a boto3 client of its own and invokes again as soon as it has its answer; all "
    "callers share one Python process. Environments are warm. Milliseconds."
)


@dataclass(frozen=True)
class Plan:
    """How often each caller invokes; the whole by `deadline_s`."""

    invocations: int
    warm_up: int
    deadline_s: float


FULL = Plan(invocations=400, warm_up=20, deadline_s=120)
QUICK = Plan(invocations=40, warm_up=5, deadline_s=60)


@dataclass(frozen=True)
class Figure:
    """What callers who invoke at the same time see."""

    callers: int
    answer_p20_ms: float
    answer_ms: float
    answer_p99_ms: float | None
    answers_a_second: float
    samples: int
    budget_ms: float | None
    verdict: str


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """A lab with the measured function; yields its URL. Raises RuntimeError where it does not start."""
    command = [
        sys.executable,
        "-c",
        "from dayfly.cli.main import main; main()",
        "lab",
        "serve",
        str(FUNCTIONS),
    ]
    command += ["--handler", f"{FUNCTION}.handler", "--name", FUNCTION, "--port", "0", "--json", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        try:
            line = lab.stdout.readline()
            if not line:
                raise RuntimeError("the lab did not start")
            yield str(json.loads(line)["endpoint"])
        finally:
            lab.terminate()
            lab.wait(START_S)


def measure(url: str, callers: int, plan: Plan, *, deadline: Deadline) -> Figure:
    """What `callers` see who invoke at the same time. Raises OutOfTimeError."""
    start = threading.Barrier(callers)

    def call(client: LambdaClient) -> tuple[float, list[float], float]:
        try:
            for number in range(plan.warm_up):
                _invoke(client, number, deadline)
            start.wait()
        except BaseException:
            # Else the other callers wait for this one.
            start.abort()
            raise
        began = time.perf_counter()
        taken = [_invoke(client, number, deadline) for number in range(plan.invocations)]
        return began, taken, time.perf_counter()

    # Before the threads: boto3 makes clients in one thread at a time.
    clients = [_client(url) for _ in range(callers)]
    with ThreadPoolExecutor(callers) as threads:
        called = list(threads.map(call, clients))
    answers = [answer for _, taken, _ in called for answer in taken]
    seconds = max(end for *_, end in called) - min(began for began, *_ in called)
    p20 = statistics.quantiles(answers, n=5)[0]
    # Eight callers wait for each other's turn on the processors as well.
    budget = BUDGET_MS if callers == 1 else None
    return Figure(
        callers,
        p20,
        statistics.median(answers),
        percentile_99(answers),
        len(answers) / seconds,
        len(answers),
        budget,
        judge(p20, budget),
    )


def _client(url: str) -> LambdaClient:
    return boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def _invoke(client: LambdaClient, number: int, deadline: Deadline) -> float:
    deadline.check()
    began = time.perf_counter()
    answer = client.invoke(FunctionName=FUNCTION, Payload=json.dumps({"n": number}))
    body = answer["Payload"].read()
    taken = (time.perf_counter() - began) * 1000
    assert json.loads(body) == {"ok": True, "n": number}, body
    return taken


def main(
    arguments: Sequence[str], *, plan: Plan | None = None, now: Callable[[], float] = time.monotonic
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if time did not suffice for all callers."""
    parser = argparse.ArgumentParser(prog="python -m bench invoke", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU, the callers too")
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s, now=now)
    found: list[Figure] = []
    more = [METHOD_NOTE]
    status = 0
    with serving() as url:
        try:
            for callers in CALLERS:
                console.print(f"measuring {callers} at a time…", style="dim")
                found.append(measure(url, callers, chosen, deadline=deadline))
        except OutOfTimeError as fault:
            more.append(f"Incomplete: {fault}")
            status = 2
    sheets.write(
        [sheets.Sheet("A warm Invoke through the lab", COLUMNS, [_cells(one) for one in found], found)],
        sheets.notes(machine, " ".join(["python -m bench invoke", *arguments]), *more),
        machine,
        options,
    )
    return status


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        str(figure.callers),
        sheets.milliseconds(figure.answer_p20_ms),
        sheets.milliseconds(figure.answer_ms),
        sheets.milliseconds(figure.answer_p99_ms),
        f"{figure.answers_a_second:.0f}",
        str(figure.samples),
        "–" if figure.budget_ms is None else f"≤ {figure.budget_ms:.0f}",
        figure.verdict,
    )
