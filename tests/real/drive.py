"""Runs a function of the catalogue under plain awslambdaric or an isolation and records what everybody saw."""

from __future__ import annotations

import contextlib
import json
import re
import time
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tests.aws import COMBINATIONS, Aws
from tests.confined import TASK_ROOT
from tests.processes import state_of
from tests.real.catalogue import FUNCTIONS, SAMPLES_AND_LIBRARIES, Sample
from tests.real.ledger import Entry, label_of, named
from tests.real.servers import Kind, Servers
from tests.rie import Runtime
from tests.runtimes import RuntimeProcess, is_finding, level

Isolation = Literal["plain", "invocation", "window", "process"]
ISOLATIONS: tuple[Isolation, ...] = ("invocation", "window", "process")
# These come after the servers have closed what is idle.
AFTER_IDLE = 5
WINDOW = 20
INIT_DEADLINE_S = 60.0
DEADLINE_S = 60.0
DELIVER_S = 5
ARRIVAL_DEADLINE_S = 30.0
LOG_TAIL = 4_000
# Answers of the wrong kind after which the rest is not worth waiting for.
PATIENCE = 4
# Each test worker has servers of its own.
_SERVER = re.compile(r"(localhost|127\.0\.0\.1):\d+")
_REQUEST = "00000000-0000-4000-8000-"


@dataclass(frozen=True)
class Answer:
    """One answer as the caller sees it, with the run's name, times and addresses made equal.

    Of a stack trace only the function's own frames are kept: on which line of a library an error came up is
    by the moment, and by whether a connection was new.
    """

    kind: str
    content_type: str
    payload: object


@dataclass(frozen=True)
class Record:
    """One run: answers in order, what each server saw, labels in the log, and Dayfly's findings.

    `workers` names for each invocation the worker that served it; empty without Dayfly.
    """

    sample: Sample
    isolation: Isolation
    answers: tuple[Answer, ...]
    entries: dict[Kind, list[Entry]]
    faults: dict[Kind, list[str]]
    logged: Counter[str]
    findings: tuple[tuple[str, str], ...]
    workers: dict[str, int]
    log: str

    def describe(self) -> str:
        """The end of the log, for a failure's message."""
        return f"{self.sample.name} under {self.isolation}; the log ends:\n{self.log[-LOG_TAIL:]}"


class RunError(AssertionError):
    """The function did not start, or an invocation was not answered."""


def is_failing(number: int) -> bool:
    """Whether the invocation is one that the function must answer with an error."""
    return number % 10 == 7


def expected_kind(number: int) -> str:
    """How the invocation must be answered."""
    return "error" if is_failing(number) else "response"


def arrivals(sample: Sample, kind: Kind) -> Counter[str]:
    """How often each label must arrive at a server."""
    usual = sample.sees[kind]
    failing = sample.sees_failing.get(kind, usual)
    return Counter({str(number): failing if is_failing(number) else usual for number in range(sample.count)})


def combination(sample: Sample) -> Aws:
    """How the function is installed and where it runs, by turns; on memory where this machine has no ext4 for it."""
    at = [one.name for one in SAMPLES_AND_LIBRARIES].index(sample.name)
    # Libraries come in pairs: of the next pair the other one.
    chosen = COMBINATIONS[(at + at // 2) % len(COMBINATIONS)]
    chosen = replace(chosen, processors=sample.processors or chosen.processors)
    return replace(chosen, disk="tmpfs") if chosen.missing else chosen


def drive(sample: Sample, isolation: Isolation, servers: Servers) -> Record:
    """Run the function once in an environment as on AWS; raises RunError with the log's end when it does not start or hangs."""
    run = f"r{uuid.uuid4().hex[:8]}"
    aws = combination(sample)
    environment = {
        "RUN": run,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        # Never ask the network for credentials.
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DAYFLY_MAX_INVOCATIONS": str(WINDOW),
        # By default half a second, in which a thread on a busy machine may get no processor.
        "DAYFLY_FORK_DELIVER": str(DELIVER_S),
        "DAYFLY_LOG_INVOCATIONS": "on",
        **({} if isolation in ("plain", "invocation") else {"DAYFLY_ISOLATION": isolation}),
        **sample.environment,
    }
    services = {kind: servers.get(kind) for kind in sample.sees}
    for service in services.values():
        environment.update(service.environment)
    before = {kind: len(service.ledger.faults) for kind, service in services.items()}
    handler = f"{sample.module}.handler"
    runtime: Runtime = "plain" if isolation == "plain" else "dayfly"
    with RuntimeProcess(
        FUNCTIONS / sample.folder,
        handler,
        runtime=runtime,
        command=aws.command(runtime, handler, requirements=sample.requirements),
        environment=environment,
        confinement=aws.confinement(),
        binds=[servers.folder],
    ) as process:
        _wait_until_ready(process, sample, isolation)
        answers: list[Answer] = []
        unexpected = 0
        for number in range(sample.count):
            if number == sample.count - AFTER_IDLE and sample.survives_idle:
                for service in services.values():
                    service.drop_idle()
            answers.append(_invoke(process, sample, run, number, isolation=isolation))
            unexpected += answers[-1].kind != expected_kind(number)
            if unexpected > PATIENCE:
                raise RunError(
                    f"{sample.name} under {isolation}: {unexpected} of {number + 1} answers are of the wrong kind, "
                    f"the last is {answers[-1]}; the log ends:\n{process.output()[-LOG_TAIL:]}"
                )
        entries = {
            kind: service.ledger.wait(run, arrivals(sample, kind), deadline_s=ARRIVAL_DEADLINE_S)
            for kind, service in services.items()
        }
        log = _log_with(process, run, sample)
    lines = log.splitlines()
    return Record(
        sample=sample,
        isolation=isolation,
        answers=tuple(answers),
        entries=entries,
        faults={kind: service.ledger.faults[before[kind] :] for kind, service in services.items()},
        logged=_labels(lines, run),
        findings=tuple(_finding(line) for line in lines if is_finding(line)),
        workers=dict(_served(line) for line in lines if '"message":"Dayfly: invocation"' in line),
        log=log,
    )


def _wait_until_ready(process: RuntimeProcess, sample: Sample, isolation: Isolation) -> None:
    end = time.monotonic() + INIT_DEADLINE_S
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError):
            process.api.wait_until_ready(0.1)
            return
        if process.process.poll() is not None or process.api.init_errors:
            break
    raise RunError(
        f"{sample.name} under {isolation} did not start ({_states(process)}):\n{process.output()[-LOG_TAIL:]}"
    )


def _invoke(
    process: RuntimeProcess, sample: Sample, run: str, number: int, *, isolation: Isolation
) -> Answer:
    event = sample.make_event(label_of(run, number), number, is_failing(number))
    sent = process.api.send(event, request_id=f"{_REQUEST}{number:012d}")
    try:
        outcome = process.settle(sent, deadline_s=DEADLINE_S)
    except TimeoutError:
        states = _states(process)
        raise RunError(
            f"{sample.name} under {isolation}: no answer to invocation {number} in {DEADLINE_S} s ({states}); "
            f"the log ends:\n{process.output()[-LOG_TAIL:]}"
        ) from None
    head = outcome.request.head if outcome.request else None
    return Answer(outcome.kind, head.get("content-type") if head else "", _levelled(outcome.body, run))


def _levelled(body: bytes, run: str) -> object:
    text = _SERVER.sub("<server>", level(body.decode(errors="replace")).replace(run, "<run>"))
    try:
        payload = json.loads(text)
    except ValueError:
        return text
    if isinstance(payload, dict) and isinstance(payload.get("stackTrace"), list):
        payload["stackTrace"] = [frame for frame in payload["stackTrace"] if TASK_ROOT in frame]
    return payload


def _log_with(process: RuntimeProcess, run: str, sample: Sample) -> str:
    """Everything printed, once each label stands on as many lines as it should or the time is over."""
    wanted = Counter({str(number): sample.logs for number in range(sample.count)})
    end = time.monotonic() + ARRIVAL_DEADLINE_S
    while True:
        log = process.output()
        if not wanted - _labels(log.splitlines(), run) or time.monotonic() > end:
            return log


def _labels(lines: list[str], run: str) -> Counter[str]:
    pattern = re.compile(rf"{run}-([a-z]+|[0-9]{{3}})")
    return Counter(named(label) for line in lines for label in set(pattern.findall(line)))


def _finding(line: str) -> tuple[str, str]:
    record = json.loads(line)
    detail = record["unmapped"]
    where = f" (invocation {detail['invocation']})" if "invocation" in detail else ""
    return record["finding_info"]["types"][0], f"{record['message']}{where} {json.dumps(detail['evidence'])}"


def _served(line: str) -> tuple[str, int]:
    record = json.loads(line)
    return str(int(record["request_id"].removeprefix(_REQUEST))), record["worker"]


def _states(process: RuntimeProcess) -> str:
    """What every process is doing, to tell a lock from a loop."""

    def describe(pid: int) -> str:
        with contextlib.suppress(OSError):
            return f"{pid}:{state_of(pid)}:{Path(f'/proc/{pid}/wchan').read_text()}"
        return f"{pid}:gone"

    exit_code = process.process.poll()
    return f"exit {exit_code}" if exit_code is not None else " ".join(describe(pid) for pid in process.tree())
