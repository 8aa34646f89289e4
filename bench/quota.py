"""`python -m bench quota`: at a quarter of one processor, as a 512 MB function has on Lambda (nearly)."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rich.console import Console

from bench import sheets
from bench.alternating import Deadline, Function, Line, Missing, Pace, lines, pin, race
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, SIZES, WINDOW, Contestant
from bench.machine import this_machine
from bench.measuring import WAIT_MS, OutOfTimeError

# 512 of the 1,769 MB at which a function has one vCPU are 0.29:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SHARE = 0.25
# The kernel's default. What is over the quota waits for the rest of it: 75 ms at a quarter.
PERIOD_US = 100_000
REMOVE_DEADLINE_S = 5.0
CONTESTANTS = (PLAIN, INVOCATION, WINDOW)
COLUMNS = (
    "function",
    "isolation",
    "answer p50",
    "p99",
    "added p50",
    "next event p50",
    "added p50",
    "init p50",
    "CPU",
    "throttled",
    "samples",
    "note",
)
METHOD_NOTE = (
    f"Every runtime with all its processes is in a control group of its own with {SHARE:.0%} of one processor in "
    f"periods of {PERIOD_US // 1000} ms; the driver is outside. They are alive together and invoked in turn. A runtime "
    f"that has used its share stops until the period ends, so a single sample may jump by "
    f"{(1 - SHARE) * PERIOD_US / 1000:.0f} ms: read medians and p99, and `throttled`, which is the mean of that waiting per "
    "invocation, before and after the answer. `CPU` is the mean of all processes per invocation. All in milliseconds."
)


@dataclass(frozen=True)
class Plan:
    """How much is measured of each function; the whole by `deadline_s`."""

    pace: Pace
    deadline_s: float


FULL = Plan(Pace(invocations=100, warm_up=10, starts=3), deadline_s=280)
QUICK = Plan(Pace(invocations=15, warm_up=2, starts=1), deadline_s=80)


class QuotaUnavailableError(RuntimeError):
    """No control group with a quota can be made here; the message says why."""


def mounted() -> tuple[Path, int]:
    """The folder for new groups and the version of its interface."""
    unified: Path | None = None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        where = Path(before.split()[4])
        kind, _, rest = after.partition(" ")
        if kind == "cgroup" and "cpu" in rest.split()[-1].split(","):
            return where, 1
        if kind == "cgroup2" and "cpu" in _words(where / "cgroup.subtree_control"):
            unified = where
    if unified is None:
        raise QuotaUnavailableError("no control groups with the cpu controller are mounted here")
    return unified, 2


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


class Quotas:
    """Control groups with a share of one processor, one for each name, between `__enter__` and `__exit__`.

    Nothing that was there before is changed, and nothing is left; raises QuotaUnavailableError where this user or
    this kernel has none to give.
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        share: float = SHARE,
        period_us: int = PERIOD_US,
        where: Callable[[], tuple[Path, int]] = mounted,
    ) -> None:
        self._names = tuple(names)
        self._where = where
        self._quota_us = int(share * period_us)
        self._period_us = period_us
        self._groups: dict[str, Path] = {}

    def __enter__(self) -> Quotas:
        with contextlib.ExitStack() as stack:
            self._scripts = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-quota-")))
            parent, version = self._where()
            for number, name in enumerate(self._names):
                group = parent / f"dayfly-bench-{os.getpid()}-{number}"
                try:
                    group.mkdir()
                    stack.callback(_remove, group)
                    if version == 1:
                        (group / "cpu.cfs_period_us").write_text(str(self._period_us))
                        (group / "cpu.cfs_quota_us").write_text(str(self._quota_us))
                    else:
                        (group / "cpu.max").write_text(f"{self._quota_us} {self._period_us}")
                except OSError as fault:
                    raise QuotaUnavailableError(
                        f"no control group with a quota under {parent}: {fault.strerror}"
                    ) from fault
                self._groups[name] = group
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def python(self, name: str, python: Path = Path(sys.executable)) -> Path:
        """A program that is `python` inside the group called `name`, from its first instruction on."""
        group = self._groups[name]
        script = self._scripts / f"{group.name}-{python.parent.parent.name}"
        if not script.exists():
            script.write_text(
                f"#!/bin/sh\necho $$ > {shlex.quote(str(group / 'cgroup.procs'))} || exit 97\n"
                f'exec {shlex.quote(str(python))} "$@"\n'
            )
            script.chmod(0o755)
        return script

    def hold(self, name: str, pids: Sequence[int]) -> None:
        """Put processes into the group called `name`; what they start from now on is in it as well."""
        _put(self._groups[name], pids)

    def let_go(self, pids: Sequence[int]) -> None:
        """Put processes back to where this process is."""
        parent, version = self._where()
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, place = line.split(":", 2)
            if ("cpu" in kinds.split(",")) if version == 1 else not kinds:
                _put(parent / place.lstrip("/"), pids)

    def groups(self) -> Sequence[Path]:
        """Their folders."""
        return [*self._groups.values()]

    def throttled_ms(self, name: str) -> float:
        """How long the group's processes were kept waiting so far."""
        for line in (self._groups[name] / "cpu.stat").read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == "throttled_time":  # version 1: nanoseconds
                return int(value) / 1e6
            if key == "throttled_usec":
                return int(value) / 1e3
        return 0.0


def _put(group: Path, pids: Sequence[int]) -> None:
    for pid in pids:
        # One may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(pid))


def _remove(group: Path) -> None:
    """Remove a group with what is left in it: whoever began as this was ended has nobody else to end him."""
    end = time.monotonic() + REMOVE_DEADLINE_S
    while True:
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        try:
            group.rmdir()
            return
        except OSError:
            # The killed stay in it until they are reaped.
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


@dataclass(frozen=True)
class Throttled:
    """A line, and how long an invocation was kept waiting on the average by the quota."""

    line: Line | Missing
    throttled_ms: float | None


def measure(
    function: Function,
    pace: Pace,
    *,
    deadline: Deadline,
    contestants: Sequence[Contestant] = CONTESTANTS,
    share: float = SHARE,
    where: Callable[[], tuple[Path, int]] = mounted,
) -> list[Throttled]:
    """A line for each contestant under its quota. Raises QuotaUnavailableError and OutOfTimeError."""
    with Quotas([one.name for one in contestants], share=share, where=where) as quotas:
        before: dict[str, float] = {}

        def note_start() -> None:
            before.update({one.name: quotas.throttled_ms(one.name) for one in contestants})

        outcomes = race(
            function,
            contestants,
            pace,
            python_of=lambda one: quotas.python(one.name),
            deadline=deadline,
            when_warm=note_start,
        )
        waited = {one.name: quotas.throttled_ms(one.name) - before[one.name] for one in contestants}
    return [
        Throttled(line, waited[line.contestant] / line.samples if isinstance(line, Line) else None)
        for line in lines(function.name, outcomes)
    ]


def sample_function(name: str, *, wait_ms: int) -> Function:
    """One of bench/functions whose handler waits as long as it is told."""
    return Function(
        name, FUNCTIONS, f"{name}.handler", lambda label, number: {"n": number, "wait_ms": wait_ms}
    )


def main(
    arguments: Sequence[str],
    *,
    plan: Plan | None = None,
    now: Callable[[], float] = time.monotonic,
    where: Callable[[], tuple[Path, int]] = mounted,
) -> int:
    """Run by the command line; 0 whatever the figures say, 2 if not all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench quota", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--pin", action="store_true", help="everything on one CPU, the driver too")
    parser.add_argument(
        "--only", action="append", choices=[*SIZES], help="only this function; may be repeated"
    )
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=pin(options.pin))
    console = Console(stderr=True)
    chosen = plan or (QUICK if options.quick else FULL)
    deadline = Deadline(chosen.deadline_s, now=now)
    modes = {
        "Back to back, in bursts of five": (0, chosen.pace),
        f"One event at a time, handler waits {WAIT_MS} ms": (
            WAIT_MS,
            Pace(chosen.pace.invocations, chosen.pace.warm_up, 1, burst=1),
        ),
    }
    found: dict[str, list[Throttled]] = {title: [] for title in modes}
    more = [METHOD_NOTE]
    status = 0
    try:
        for name in options.only or SIZES:
            for title, (wait_ms, pace) in modes.items():
                console.print(f"measuring the {name} function: {title.lower()}…", style="dim")
                found[title] += measure(
                    sample_function(name, wait_ms=wait_ms), pace, deadline=deadline, where=where
                )
    except (QuotaUnavailableError, OutOfTimeError) as fault:
        more.append(f"Not measured: {fault}.")
        status = 2
    command = " ".join(["python -m bench quota", *arguments])
    sheets.write(
        [sheets.Sheet(title, COLUMNS, [_cells(one) for one in rows], rows) for title, rows in found.items()],
        sheets.notes(machine, command, *more),
        machine,
        options,
    )
    return status


def _cells(one: Throttled) -> tuple[str, ...]:
    line = one.line
    if isinstance(line, Missing):
        return (line.function, line.contestant, *["–"] * 9, sheets.shortened(line.note))
    return (
        line.function,
        line.contestant,
        sheets.milliseconds(line.answer_ms),
        sheets.milliseconds(line.answer_p99_ms),
        sheets.added(line.added_answer_ms),
        sheets.milliseconds(line.cycle_ms),
        sheets.added(line.added_cycle_ms),
        f"{line.init_ms:.0f}",
        sheets.milliseconds(line.processor_ms),
        sheets.milliseconds(one.throttled_ms),
        str(line.samples),
        sheets.shortened(line.note),
    )
