"""Several ways to run one function, alive together under AWS's emulator and invoked in turn: what every comparison here measures."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.rie import ROOT, Rie, RieUnavailableError
from tests.runtimes import is_finding

from bench.accounting import (
    ChangedError,
    UnreadableError,
    buried_faults,
    faults_by_process,
    is_zombie,
    own_kb,
    page_faults,
    processor_ms,
)
from bench.contestants import Contestant, Function
from bench.quotas import Quotas
from dayfly.errors import DayflyError

# Short enough that a disturbance of the machine meets all contestants.
BURST = 5
# What a supervisor does after an answer is done before the next event: as in an environment that is not saturated.
GAP_S = 0.006
# One answer of a handler that takes this long is as many samples as a burst of quick ones.
SLOW_MS = 30.0
LEAST_ROUNDS = 2
MEMORY_LOOKS = 10
FAULT_LOOKS = 5
SETTLED_S, SETTLE_DEADLINE_S = 0.02, 1.0
COUNTED = 10
ATTACH_DEADLINE_S = 10.0
REASON_LENGTH = 300
NOT_FORKABLE = "zygote.not-forkable"
NOT_ACTIVE = "dayfly: not active"
# What programs colour their words with: https://ecma-international.org/publications-and-standards/standards/ecma-48/
_COLOURING = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
METHOD = (
    "All are alive together under AWS's emulator, confined as on Lambda, and invoked in turn, five events each, at least 6 ms apart. "
    "`whole` is what an invoker waits: the emulator answers when the runtime has asked for the next event. CPU, page faults and "
    "system calls are those of all processes of the runtime, a mean over all events; `of the worker`: those of the process that "
    "served the event, from its fork to its end; `while the caller waits`: those of the same process from the event on. Init is the "
    "CPU of all processes up to the first answer. Memory is anonymous and shared, of all processes together, idle after the run; "
    "where the interpreter is no thin program over libpython, a copy of its loader is in it. "
    "System calls are counted apart, "
    f"by perf, over {COUNTED} events. Times are milliseconds, memory MB."
)


class OutOfTimeError(RuntimeError):
    """The plan's deadline passed; what is measured so far would be lopsided."""


class Deadline:
    """The moment at which a measurement is given up."""

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds

    def check(self) -> None:
        """Raises OutOfTimeError once it has passed."""
        if self._now() > self._end:
            raise OutOfTimeError(f"not done after {self._seconds:.0f} s: is the machine busy?")


@dataclass(frozen=True)
class Pace:
    """How much is measured of one function: `lives` environments of each contestant, and `invocations` of each of them.

    What an environment does once begins with its hundredth event and takes up to 250 more: a `warm_up` is to be longer. `starts`
    environments before each are alone, and do no more than start: with none, init is what each that stays took beside the others.
    """

    lives: int
    warm_up: int
    invocations: int
    starts: int = 0


FULL = Pace(lives=3, warm_up=400, invocations=60)
QUICK = Pace(lives=2, warm_up=5, invocations=20)


@dataclass
class Life:
    """One environment: milliseconds, kB, and means over its events; None for what could not be counted.

    `whole_ms` has one list for each burst, in the order in which they were sent.
    """

    first_ms: float
    init_ms: float
    whole_ms: list[list[float]] = field(default_factory=list)
    processor_ms: float | None = None
    faults: float | None = None
    worker_faults: float | None = None
    waiting_faults: float | None = None
    system_calls: float | None = None
    memory_kb: float | None = None


@dataclass
class Course:
    """All lives of one contestant; `note` says what a reader must know, `failed` why there is no more."""

    lives: list[Life] = field(default_factory=list)
    note: str = ""
    failed: str = ""


class _FailedError(Exception):
    """A contestant did not answer, or not with a response."""


class _Entry:
    """One contestant's environment, alive."""

    def __init__(self, rie: Rie, function: Function, course: Course, answers: dict[int, bytes]) -> None:
        self.course = course
        self._rie = rie
        self._function = function
        self._answers = answers
        self._answered_at = 0.0
        self._before: tuple[float, int, int] = (0.0, 0, 0)

    def start(self, name: str, quotas: Quotas | None) -> Life:
        """The first event, which has the emulator start the runtime in the group called `name`; returns what that took."""
        if quotas is not None:
            quotas.hold(name, self._rie.tree())
        taken = self.invoke(0)
        runtime = self._rie.runtime_pids()
        life = Life(taken, processor_ms(runtime))
        if quotas is not None:
            # The emulator is not part of the function.
            quotas.let_go([pid for pid in self._rie.tree() if pid not in runtime])
        return life

    def invoke(self, number: int) -> float:
        """Milliseconds that one invoker waits; raises _FailedError unless the answer is the one that everybody gives."""
        time.sleep(max(0.0, self._answered_at + GAP_S - time.monotonic()))
        began = time.perf_counter_ns()
        answer = self._rie.invoke(self._function.event(number))
        taken = (time.perf_counter_ns() - began) / 1e6
        self._answered_at = time.monotonic()
        text = answer.body.decode(errors="replace")
        if answer.status != 200 or answer.error_type:
            raise _FailedError(f"invocation {number} was answered with {answer.status}: {text}")
        if self._function.is_repeatable and self._answers.setdefault(number, answer.body) != answer.body:
            raise _FailedError(f"the answer to event {number} was not plain awslambdaric's: {text}")
        return taken

    def begin(self) -> None:
        """What was spent until now is no sample's."""
        self._before = self._spent()

    def measure(self, count: int) -> None:
        """A burst, of the same events each time: whose answers are known from plain awslambdaric."""
        self.course.lives[-1].whole_ms.append([self.invoke(number) for number in range(count)])

    def account(self, *, counts_calls: bool) -> None:
        """What the samples of this life have cost."""
        life, count = self.course.lives[-1], sum(len(burst) for burst in self.course.lives[-1].whole_ms)
        life.processor_ms, life.faults, life.worker_faults = (
            (now - then) / count for now, then in zip(self._spent(), self._before, strict=True)
        )
        looks: list[int] = []
        for _ in range(MEMORY_LOOKS):
            time.sleep(0.01)
            # Workers are forked and end meanwhile; and without root Dayfly's cannot be read.
            with contextlib.suppress(ChangedError, UnreadableError):
                looks.append(own_kb(self._rie.runtime_pids()))
        life.memory_kb = statistics.median(looks) if looks else None
        waiting = [one for _ in range(FAULT_LOOKS) if (one := self._waiting_faults()) is not None]
        life.waiting_faults = statistics.median(waiting) if waiting else None
        life.system_calls = self._system_calls() if counts_calls else None
        log = self._rie.logs()
        self.course.note = not_forkable(log) and f"process isolation, since {not_forkable(log)}"
        if NOT_ACTIVE in log:
            raise _FailedError(NOT_ACTIVE)

    def _spent(self) -> tuple[float, int, int]:
        pids = self._rie.runtime_pids()
        return processor_ms(pids), page_faults(pids), buried_faults(pids)

    def _waiting_faults(self) -> int | None:
        """Page faults of the process that serves an event, from the event on; None where it was not seen before.

        Where none ends, those of all processes.
        """
        before, buried = self._settled(), buried_faults(self._rie.runtime_pids())
        # Of earlier events, and perhaps buried during this one.
        dead = {pid for pid in before if is_zombie(pid)}
        self.invoke(0)
        after = self._settled()
        buried = (
            buried_faults(self._rie.runtime_pids()) - buried - sum(before[pid] for pid in dead - after.keys())
        )
        ended = [pid for pid in before if pid not in dead and (pid not in after or is_zombie(pid))]
        if not ended and not buried:
            return sum(after[pid] - count for pid, count in before.items() if pid not in dead)
        # On a busy machine a worker may be born after the first look: nobody knows what it had before its event.
        if len(ended) != 1:
            return None
        had = after.get(ended[0], buried)
        return had - before[ended[0]] if had >= before[ended[0]] else None

    def _settled(self) -> dict[int, int]:
        """Each process's page faults, once none causes any more."""
        end = time.monotonic() + SETTLE_DEADLINE_S
        last = faults_by_process(self._rie.runtime_pids())
        while time.monotonic() < end:
            time.sleep(SETTLED_S)
            found = faults_by_process(self._rie.runtime_pids())
            if found == last:
                break
            last = found
        return last

    def _system_calls(self) -> float | None:
        """System calls of all processes of the runtime per event; None where there is no perf, or it may not look."""
        perf = shutil.which("perf")
        if perf is None:
            return None
        watched = ",".join(map(str, self._rie.runtime_pids()))
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
                    self.invoke(number % BURST)
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


def race(
    function: Function,
    contestants: Sequence[Contestant],
    pace: Pace,
    deadline: Deadline,
    *,
    python: Path,
    quotas: Quotas | None = None,
    counts_calls: bool = True,
    seconds: float | None = None,
) -> dict[str, Course]:
    """Courses by contestant's name; one that fails leaves the others running. Raises OutOfTimeError.

    With `seconds` each life has as many rounds as fit into its share of them, at most the pace's, and the last life's system calls
    are counted alone. With `quotas` each runtime is in
    its group, the emulator outside.
    """
    courses = {one.name: Course() for one in contestants}
    answers: dict[int, bytes] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-race-") as scratch:
        folders = {one.name: Path(scratch, str(number)) for number, one in enumerate(contestants)}
        for folder in folders.values():
            folder.mkdir()
        for number in range(pace.lives):
            # The first contestant finds a colder cache: each is first in turn, but plain gives the first answers.
            turn = number % len(contestants)
            in_turn = [*contestants[turn:], *contestants[:turn]]
            alone: dict[str, list[Life]] = {one.name: [] for one in contestants}
            for one in in_turn * pace.starts:
                deadline.check()
                course = courses[one.name]
                if course.failed:
                    continue
                with _trying(course), one.under_emulator(function, python, folders[one.name]) as rie:
                    entry = _Entry(rie, function, course, answers)
                    alone[one.name].append(entry.start(one.name, quotas))
            with contextlib.ExitStack() as stack:
                entries: list[_Entry] = []
                for one in in_turn:
                    deadline.check()
                    course = courses[one.name]
                    if course.failed:
                        continue
                    with _trying(course):
                        rie = stack.enter_context(one.under_emulator(function, python, folders[one.name]))
                        entry = _Entry(rie, function, course, answers)
                        life = entry.start(one.name, quotas)
                        if starts := alone[one.name]:
                            life.first_ms = statistics.median(start.first_ms for start in starts)
                            life.init_ms = statistics.median(start.init_ms for start in starts)
                        course.lives.append(life)
                        entries.append(entry)
                left = None if seconds is None else began + seconds * (number + 1) / pace.lives
                is_counted = counts_calls and (seconds is None or number == pace.lives - 1)
                _live(entries, pace, deadline, ends=left, counts_calls=is_counted)
    return courses


def _live(
    entries: Sequence[_Entry], pace: Pace, deadline: Deadline, *, ends: float | None, counts_calls: bool
) -> None:
    for number in range(pace.warm_up):
        for entry in _running(entries):
            with _trying(entry.course):
                entry.invoke(number % BURST)
    for entry in _running(entries):
        entry.begin()
    sent = 0
    size = BURST
    while sent < pace.invocations and not (
        ends is not None and sent >= size * LEAST_ROUNDS and time.monotonic() > ends
    ):
        deadline.check()
        began = time.monotonic()
        for entry in _running(entries):
            with _trying(entry.course):
                entry.measure(size)
        sent += size
        took_ms = (time.monotonic() - began) * 1000 / size / max(1, len(entries))
        size = 1 if ends is not None and took_ms > SLOW_MS else BURST
    for entry in _running(entries):
        deadline.check()
        with _trying(entry.course):
            entry.account(counts_calls=counts_calls)


def _running(entries: Sequence[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if not entry.course.failed]


@contextlib.contextmanager
def _trying(course: Course) -> Iterator[None]:
    """What goes wrong inside ends this course, nobody else's."""
    try:
        yield
    except (_FailedError, DayflyError, RieUnavailableError, OSError, http.client.HTTPException) as fault:
        reason = fault.message if isinstance(fault, DayflyError) else str(fault)
        course.failed = told(reason or repr(fault))[:REASON_LENGTH]


def told(text: str) -> str:
    """A program's words as one line that may be published: without colours and this checkout's place."""
    return " ".join(_COLOURING.sub("", text).replace(str(ROOT), "…").split())


def not_forkable(log: str) -> str:
    """Why Dayfly fell back to process isolation, by its finding in the log; empty if it did not."""
    for line in log.splitlines():
        if NOT_FORKABLE in line and is_finding(line):
            return str(json.loads(line)["message"])
    return ""
