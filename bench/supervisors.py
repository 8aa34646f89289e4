"""`python -m bench supervisors`: plain awslambdaric, a bare forked child, and Dayfly under each of its supervisors, in turn."""

from __future__ import annotations

import argparse
import compileall
import contextlib
import os
import platform
import re
import select
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from tests.rie import Rie

import dayfly
from bench import sheets
from bench.accounting import (
    ChangedError,
    buried_faults,
    exact_processor_ms,
    own_kb,
    page_faults,
    processor_ms,
)
from bench.alternating import Deadline
from bench.contestants import FUNCTIONS
from bench.machine import this_machine
from bench.measuring import OutOfTimeError
from bench.quota import SHARE, Quotas, QuotaUnavailableError

_SUPERVISOR = Path(dayfly.__file__).parent / "bin" / platform.machine() / "supervisor"
BURST = 5
# What a supervisor does after an answer is done before the next event: as on an environment that is not saturated.
GAP_S = 0.006
LOOKS = 10
COUNTED = 20
ATTACH_DEADLINE_S = 10.0
GUARDS = ("off", "observe")
PLAIN, CHILD = "plain awslambdaric", "bare forked child"
WHOLE, ONE, QUARTER = "whole machine", "one CPU", "quarter of a CPU"
# As the budgets name the functions: boto3, and boto3 with a table of 100 MB beside it.
NAMES: Mapping[str, str] = {"small": "small", "medium": "boto3", "large": "boto3 + 100 MB"}
COLUMNS = (
    "function",
    "contestant",
    "whole p20",
    "p50",
    "added p20",
    "p50",
    "CPU per event",
    "added",
    "faults per event",
    "of the worker",
    "system calls",
    "init CPU",
    "added",
    "first answer p50",
    "anonymous + shared MB",
    "samples",
)
METHOD_NOTE = (
    "All are alive together under AWS's emulator, confined as on Lambda, and invoked in turn, 6 ms apart: `whole` is what an "
    "invoker waits, in milliseconds; the emulator answers it when the runtime has asked for the next event. CPU (ms), page faults and "
    "system calls are those of all processes of the runtime, a mean over all events and, for init, over all starts up to the "
    "first answer. What an environment does once, between its hundredth and two hundredth event, is over before the first sample "
    "(not with --quick). Memory is anonymous and shared, of all processes together, idle after the run; where the interpreter is no "
    "thin program over libpython, a copy of it (Python supervisor) or of its loader (native) is in it. System calls are counted apart, by perf, over 20 events."
)


def dayfly_under(supervisor: str, guard: str) -> str:
    """The contestant's name."""
    return f"Dayfly, {supervisor}, guard {guard}"


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function on each machine; the whole by `deadline_s`."""

    invocations: int
    starts: int
    warm_up: int
    deadline_s: float


FULL = Plan(invocations=150, starts=5, warm_up=220, deadline_s=1500)
QUICK = Plan(invocations=40, starts=2, warm_up=5, deadline_s=150)


@dataclass
class Samples:
    """Of one contestant: milliseconds, counts, kB; None for what could not be counted."""

    whole_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    init_ms: list[float] = field(default_factory=list)
    memory_kb: list[int] = field(default_factory=list)
    processor_ms: float = 0.0
    faults: float = 0.0
    worker_faults: float = 0.0
    system_calls: float | None = None


@dataclass(frozen=True)
class Line:
    """What one contestant's samples say; what is `added` is against plain awslambdaric."""

    function: str
    contestant: str
    p20_ms: float
    p50_ms: float
    added_p20_ms: float
    added_p50_ms: float
    processor_ms: float
    added_processor_ms: float
    faults: float
    worker_faults: float
    system_calls: float | None
    init_ms: float
    added_init_ms: float
    first_ms: float
    memory_mb: float
    samples: int


def contestants(function: str, guards: Sequence[str]) -> dict[str, Rie]:
    """All of them, not yet started."""
    handler = f"{function}.handler"
    child = [sys.executable, str(Path(__file__).with_name("bare_child.py")), handler]
    # As the layer's wrapper and an image's entry point start it: no interpreter before the zygote's.
    native = [str(_SUPERVISOR), sys.executable, "-m", "dayfly.runtime", handler]
    found = {
        PLAIN: Rie(FUNCTIONS, handler, runtime="plain", confined=True),
        CHILD: Rie(FUNCTIONS, handler, runtime="plain", confined=True, command=child),
    }
    for guard in guards:
        for supervisor, command in (("python", None), ("native", native)):
            settings = {"DAYFLY_GUARD": guard, "DAYFLY_SUPERVISOR": supervisor}
            found[dayfly_under(supervisor, guard)] = Rie(
                FUNCTIONS, handler, environment=settings, confined=True, command=command
            )
    return found


@contextlib.contextmanager
def _running(rie: Rie, name: str, quotas: Quotas | None) -> Iterator[Rie]:
    """The contestant, alive; under its quota without the emulator, which the runtime is a child of."""
    with rie:
        if quotas is not None:
            quotas.hold(name, rie.tree())
        yield rie


def measure(
    function: str,
    plan: Plan,
    deadline: Deadline,
    *,
    guards: Sequence[str] = GUARDS,
    quotas: Quotas | None = None,
    counts_calls: bool = False,
) -> dict[str, Samples]:
    """Samples by contestant. Raises OutOfTimeError, and AssertionError for a wrong answer."""
    samples = {name: Samples() for name in contestants(function, guards)}
    for _ in range(plan.starts - 1):
        for name, rie in contestants(function, guards).items():
            deadline.check()
            with _running(rie, name, quotas):
                _start(rie, samples[name], quotas)
    with contextlib.ExitStack() as stack:
        running = {
            name: stack.enter_context(_running(rie, name, quotas))
            for name, rie in contestants(function, guards).items()
        }
        for name, rie in running.items():
            _start(rie, samples[name], quotas)
            for number in range(plan.warm_up):
                time.sleep(GAP_S)
                _invoke(rie, number)
            assert "the Python supervisor serves instead" not in rie.logs(), rie.logs()
        before = {name: _spent(rie) for name, rie in running.items()}
        for _ in range(plan.invocations // BURST):
            deadline.check()
            for name, rie in running.items():
                for number in range(BURST):
                    time.sleep(GAP_S)
                    samples[name].whole_ms.append(_invoke(rie, number))
        for name, rie in running.items():
            _conclude(rie, samples[name], before[name], counts_calls=counts_calls)
    return samples


def _conclude(rie: Rie, samples: Samples, before: tuple[float, int, int], *, counts_calls: bool) -> None:
    count = len(samples.whole_ms)
    samples.processor_ms, samples.faults, samples.worker_faults = (
        (now - then) / count for now, then in zip(_spent(rie), before, strict=True)
    )
    for _ in range(LOOKS):
        time.sleep(0.01)
        with contextlib.suppress(ChangedError):
            samples.memory_kb.append(own_kb(rie.runtime_pids()))
    if counts_calls:
        samples.system_calls = _system_calls(rie)


def _system_calls(rie: Rie) -> float | None:
    """System calls of all processes of the runtime per event; None where there is no perf, or it may not look."""
    perf = shutil.which("perf")
    if perf is None:
        return None
    watched = ",".join(map(str, rie.runtime_pids()))
    orders, order = os.pipe()
    answers, answer = os.pipe()
    command = [perf, "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "--delay=-1", "-p", watched]
    command += ["--control", f"fd:{orders},{answer}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, pass_fds=(orders, answer)) as counter:
        for descriptor in (orders, answer):
            os.close(descriptor)
        try:
            os.write(order, b"enable\n")
            is_on = select.select([answers], [], [], ATTACH_DEADLINE_S)[0] and os.read(answers, 16)
            for number in range(COUNTED if is_on else 0):
                _invoke(rie, number)
                # What is done after an answer belongs to it.
                time.sleep(5 * GAP_S)
        except BrokenPipeError:
            is_on = b""
        finally:
            os.close(order)
            os.close(answers)
            counter.send_signal(signal.SIGINT)
        assert counter.stderr is not None
        said = counter.stderr.read().decode()
    found = re.search(r"^(\d+),", said, re.MULTILINE)
    return int(found[1]) / COUNTED if is_on and found else None


def _start(rie: Rie, samples: Samples, quotas: Quotas | None) -> None:
    samples.first_ms.append(_invoke(rie, 0))
    runtime = rie.runtime_pids()
    samples.init_ms.append(exact_processor_ms(runtime))
    if quotas is not None:
        quotas.let_go([pid for pid in rie.tree() if pid not in runtime])


def _spent(rie: Rie) -> tuple[float, int, int]:
    pids = rie.runtime_pids()
    return processor_ms(pids), page_faults(pids), buried_faults(pids)


def _invoke(rie: Rie, number: int) -> float:
    began = time.perf_counter_ns()
    answer = rie.invoke({"n": number})
    taken = (time.perf_counter_ns() - began) / 1e6
    assert (answer.status, answer.body[:1]) == (200, b"{"), (answer, rie.logs())
    assert isinstance(answer.payload, dict), answer
    assert answer.payload["n"] == number, answer
    return taken


def lines(function: str, samples: Mapping[str, Samples]) -> list[Line]:
    """One line for each contestant. Pure."""
    plain = samples[PLAIN]
    return [
        Line(
            function=function,
            contestant=name,
            p20_ms=_p20(one.whole_ms),
            p50_ms=statistics.median(one.whole_ms),
            added_p20_ms=_p20(one.whole_ms) - _p20(plain.whole_ms),
            added_p50_ms=statistics.median(one.whole_ms) - statistics.median(plain.whole_ms),
            processor_ms=one.processor_ms,
            added_processor_ms=one.processor_ms - plain.processor_ms,
            faults=one.faults,
            worker_faults=one.worker_faults,
            system_calls=one.system_calls,
            init_ms=statistics.fmean(one.init_ms),
            added_init_ms=statistics.fmean(one.init_ms) - statistics.fmean(plain.init_ms),
            first_ms=statistics.median(one.first_ms),
            memory_mb=statistics.median(one.memory_kb or [0]) / 1024,
            samples=len(one.whole_ms),
        )
        for name, one in samples.items()
    ]


def _p20(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=5)[0]


@contextlib.contextmanager
def _on(machine: str, names: Sequence[str]) -> Iterator[Quotas | None]:
    """This process and all that it starts as `machine` says; raises QuotaUnavailableError."""
    allowed = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        if machine == ONE:
            stack.callback(os.sched_setaffinity, 0, allowed)
            os.sched_setaffinity(0, {min(allowed)})
        yield stack.enter_context(Quotas(names)) if machine == QUARTER else None


def main(arguments: Sequence[str], *, plan: Plan | None = None) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if not all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench supervisors", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--on", action="append", choices=(WHOLE, ONE, QUARTER), help="default: all three")
    parser.add_argument("--guard", action="append", choices=GUARDS, help="default: both")
    parser.add_argument(
        "--only", action="append", choices=[*NAMES], help="one of bench/functions; may be repeated"
    )
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=None)
    # As an installed Dayfly is: functions run without leave to write bytecode.
    compileall.compile_dir(Path(dayfly.__file__).parent, quiet=1)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s)
    found: dict[str, list[Line]] = {}
    more = [
        METHOD_NOTE,
        f"`{QUARTER}`: {SHARE:.0%} of one for each runtime, the emulator outside; `{ONE}`: for everything.",
    ]
    status = 0
    guards = options.guard or GUARDS
    for on in options.on or (WHOLE, ONE, QUARTER):
        try:
            for function in options.only or NAMES:
                Console(stderr=True).print(f"measuring {NAMES[function]}, {on}…", style="dim")
                with _on(on, [*contestants(function, guards)]) as quotas:
                    taken = measure(
                        function, chosen, deadline, guards=guards, quotas=quotas, counts_calls=on == WHOLE
                    )
                found.setdefault(on, []).extend(lines(NAMES[function], taken))
        except (OutOfTimeError, QuotaUnavailableError) as fault:
            more.append(f"Not measured, {on}: {fault}")
            status = 2
    notes = sheets.notes(machine, shlex.join(["python", "-m", "bench", "supervisors", *arguments]), *more)
    tables = [
        sheets.Sheet(f"Supervisors, {on}", COLUMNS, [_cells(line) for line in of], of)
        for on, of in found.items()
    ]
    sheets.write(tables, notes, machine, options)
    return status


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.function,
        line.contestant,
        sheets.milliseconds(line.p20_ms),
        sheets.milliseconds(line.p50_ms),
        sheets.added(line.added_p20_ms),
        sheets.added(line.added_p50_ms),
        sheets.milliseconds(line.processor_ms),
        sheets.added(line.added_processor_ms),
        f"{line.faults:.0f}",
        f"{line.worker_faults:.0f}",
        "–" if line.system_calls is None else f"{line.system_calls:.0f}",
        f"{line.init_ms:.0f}",
        f"{line.added_init_ms:+.0f}",
        f"{line.first_ms:.0f}",
        f"{line.memory_mb:.1f}",
        str(line.samples),
    )
