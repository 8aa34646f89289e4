"""Does ahead of later forks what workers did for the first time: imports that code of the deployment names, and its patterns.

A worker writes the names of modules into a pipe of its own; who owns the worker writes what he likes. So a name counts
only as a choice among constants: code that init loaded, read again from its file, must import it by that name, or name
it as a module of its own package. Each is tried first in a disposable fork, which reports it only if the import
came from files that this user cannot write, took no memory that workers need, and touched nothing else. What an attacker can still choose is which of the
function's own imports happens early, in the few first workers of an environment. A regular expression may be an event's own text,
which is not to be in this process, nor in later workers, not even in memory that was freed. So patterns have a pipe of their own, which
the disposable fork alone reads; it names those of which init left the text here: learned_patterns.py. What libraries read or put off is
done by the learners of sealers/service_data.py and sealers/deferred.py.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys
import time

from dayfly._sys import proc
from dayfly.runtime import reseed, seal
from dayfly.runtime.heap import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dayfly.runtime.learned_patterns import LearnedPatterns
    from dayfly.runtime.sealing import Learner, Sealing

# Half of what a pipe takes (pipe(7)); what does not fit is learned from a later worker.
_LESSON_BYTES = 32768
_MANY_NAMES = 300
# An environment whose first workers have taught nothing more has been taught: each fork would pay for a pipe.
_MANY_WORKERS = 100
_MANY_TRIALS = 8
# Looking for texts in the heap takes 0.1 s with boto3: as much as some hundred workers need to compile so many characters.
_WORTHWHILE_CHARACTERS = 200
_MANY_LOOKS = 4
# In a lesson: its patterns are in the other pipe. And before one that a trial found to be init's.
_HAS_PATTERNS = "%"
OWN = "="
_NO_PIPE = (-1, -1)
# Frames of the supervisor, some for each event, and seconds that a trial may take before it is given up: one that waits for
# something will wait for ever. Both, since a busy machine is slow, and an environment sleeps between events.
_PATIENCE = 300
_PATIENCE_S = 30.0
# What learners may keep the next event waiting for at once.
_ALONE_S = 0.2


class Lesson:
    """In a worker: what it imports, compiles and reads while it serves, to be written where its zygote reads it."""

    __slots__ = ("_learners", "_modules", "_number", "_others", "_patterns")

    def __init__(self, number: int, others: int, learners: Sequence[Learner] = ()) -> None:
        self._number = number
        # For patterns, -1 where no more are asked for.
        self._others = others
        self._learners = learners
        # What has no part in an event, and the pages that these two write to, before a caller waits.
        for learner in learners:
            learner.told()
        self.begin()
        self.tell()

    def begin(self) -> None:
        """An event is there: what was imported before it is no part of it."""
        # No key is looked at: each would be a page to copy, while the caller waits.
        self._modules, self._patterns = len(sys.modules), len(_cache())

    def tell(self) -> None:
        """Write the names of modules and the patterns that came since, as far as they fit."""
        more = len(_cache()) - self._patterns
        lines = [f"{one.MARK}{line}\n" for one in self._learners for line in one.told()]
        if len(sys.modules) <= self._modules and more <= 0 and not lines:
            return
        # A module is the last of what it imports itself: the import system puts it there again when it is complete.
        names = list(sys.modules)[: self._modules - 1 : -1]
        lines += [f"{name}\n" for name in names if name.isascii()]
        patterns = compiled(more) if self._others >= 0 else []
        self._modules, self._patterns = len(sys.modules), self._patterns + more
        if sum(len(pattern) for pattern, _ in patterns) >= _WORTHWHILE_CHARACTERS:
            lines.insert(0, f"{_HAS_PATTERNS}\n")
            write(self._others, [line_of(pattern, flags) for pattern, flags in patterns])
        write(self._number, lines)


def line_of(pattern: str, flags: int) -> str:
    """Return how a pattern is written into a pipe."""
    return f"{flags} {pattern.encode('unicode_escape').decode()}\n"


def write(number: int, lines: list[str]) -> None:
    """Write what fits of whole lines into a pipe."""
    text = "".join(lines).encode()
    if len(text) > _LESSON_BYTES:
        text = text[: text.rfind(b"\n", 0, _LESSON_BYTES) + 1]
    try:
        os.write(number, text)
    except OSError:
        # The zygote reads no more.
        return


def read(number: int) -> list[str]:
    """Return the lines that a dead worker has left in a pipe, and close it."""
    try:
        said = os.read(number, _LESSON_BYTES)
    except OSError:
        said = b""
    os.close(number)
    return said.decode("ascii", "replace").split("\n")


def _close(numbers: Iterable[int]) -> None:
    for number in numbers:
        if number >= 0:
            os.close(number)


class LearnedImports:
    """In the zygote: pipes to workers, the trial that goes on, and what came of earlier ones.

    `fork` forks this process, `tell` tells the supervisor of a child that is no worker, `leave` lets go of the supervisor there.
    `modules` are the names of what was imported here. `generators` gets the generators of random numbers that these made.
    Without `tries` no child is forked for trials: learners alone learn.
    """

    __slots__ = (
        "_asked",
        "_buffer",
        "_ends",
        "_fork",
        "_generators",
        "_leave",
        "_lessons",
        "_looks",
        "_most_mb",
        "_names",
        "_other_ends",
        "_patience",
        "_patterns",
        "_sealing",
        "_tell",
        "_temporary",
        "_trial",
        "_trials",
        "_tried",
        "_tries",
        "_unread",
        "_until",
        "modules",
    )

    def __init__(
        self,
        sealing: Sealing,
        fork: Callable[[], int],
        tell: Callable[[int], None],
        leave: Callable[[], None],
        *,
        temporary: tuple[str, ...],
        generators: list[object],
        tries: bool = True,
    ) -> None:
        self.modules: set[str] = set()
        self._sealing = sealing
        self._fork = fork
        self._tell = tell
        self._leave = leave
        self._temporary = temporary
        self._generators = generators
        self._ends = self._other_ends = _NO_PIPE
        self._lessons: dict[int, tuple[int, int]] = {}
        # Patterns of dead workers.
        self._unread: list[int] = []
        self._names: list[str] = []
        self._patterns: LearnedPatterns | None = None
        self._tried: set[int] = set()
        self._tries = tries
        self._asked = self._trials = self._looks = self._patience = self._most_mb = 0
        self._until = 0.0
        self._trial = (0, -1)
        self._buffer = b""

    def ask(self) -> None:
        """Before a fork that the supervisor waits for: begin a trial, and have a pipe, if there is something to learn.

        The supervisor's sweep would meet a child that is made at another time before the zygote reports it.
        """
        self._names = [name for name in self._names if name not in sys.modules]
        # With threads about, an import might need one that stands still here.
        # With a child that has nothing to try the supervisor says as well when nobody serves.
        is_asked = (
            self._names or self._unread or any(learner.waits_alone() for learner in self._sealing.learners)
        )
        if (
            is_asked
            and self._tries
            and not self._trial[0]
            and self._trials < _MANY_TRIALS
            and not seal.count_others()
        ):
            self._begin()
        if self._asked < _MANY_WORKERS and self._trials < _MANY_TRIALS:
            self._asked += 1
            self._ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            if self._tries and self._looks < _MANY_LOOKS:
                self._other_ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def start_over(self) -> None:
        """What workers write to is less from here on, since the zygote's objects are immortal: it is learned anew."""
        self._asked = min(self._asked, _MANY_WORKERS // 2)
        if self._sealing.prefaulting is not None:
            self._sealing.prefaulting.start_over()

    def in_worker(self) -> Lesson | None:
        """In the new worker: close what is another's; return where to write."""
        (mine, number), (other, others) = self._ends, self._other_ends
        _close((mine, other, self._trial[1], *self._foreign()))
        learners = [one for one in self._sealing.learners if self._asked <= one.MANY]
        return Lesson(number, others, learners) if number >= 0 else None

    def _foreign(self) -> list[int]:
        return [*self._unread, *(number for pair in self._lessons.values() for number in pair)]

    def in_zygote(self, pid: int) -> None:
        """After the fork of `pid`."""
        (mine, number), (other, others) = self._ends, self._other_ends
        self._ends = self._other_ends = _NO_PIPE
        _close((number, others))
        if number >= 0:
            self._lessons[pid] = mine, other

    def hear(self, pid: int) -> None:
        """`pid` is dead: read what it has written."""
        number, other = self._lessons.pop(pid, _NO_PIPE)
        if number < 0:
            return
        lines = read(number)
        has_patterns = _HAS_PATTERNS in lines and "re" in sys.modules and "warnings" in sys.modules
        if has_patterns and other >= 0 and self._looks < _MANY_LOOKS:
            self._looks += 1
            self._unread.append(other)
        else:
            _close((other,))
        for name in lines if self._tries and self._trials < _MANY_TRIALS else ():
            is_new = hash(name) not in self._tried and name not in self._names
            if is_new and len(self._names) < _MANY_NAMES and _is_module_name(name):
                self._names.append(name)
        for learner in self._sealing.learners:
            learner.hear([line[1:] for line in lines if line.startswith(learner.MARK)])

    def advance(self) -> None:
        """Between two frames: do some of what workers did."""
        for learner in self._sealing.learners:
            if not learner.waits_alone():
                learner.spend_a_moment()
        if self._patterns is not None:
            self._patterns.spend_a_moment()

    def adopt(self, left_s: float) -> None:
        """Have learners run code of the function's; import what a trial found clean, if it has ended, and never wait for it.

        For this no worker may serve, nor have left files: what that code looks at is not to be an attacker's.
        """
        began = time.monotonic()
        for learner in self._sealing.learners:
            while learner.waits_alone() and time.monotonic() < began + min(left_s / 2, _ALONE_S):
                learner.spend_a_moment()
        left_s -= time.monotonic() - began
        pid, number = self._trial
        if not pid:
            return
        self._patience -= 1
        try:
            while piece := os.read(number, _LESSON_BYTES):
                self._buffer += piece
        except BlockingIOError:
            if self._patience > 0 or time.monotonic() < self._until:
                return
            os.kill(pid, 9)
        os.close(number)
        # Dead, but not buried: nobody else has its number yet, and who looks for what was left behind finds no process.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self._tell(0)
        _, status = os.waitpid(pid, 0)
        self._trial = (0, -1)
        lines = self._buffer.decode("ascii", "replace").splitlines()
        if status and lines and self._patience > 0:
            # Somebody has ended it: what it was at is tried again.
            lines.pop()
        self._buffer = b""
        # Not the names, which a worker chose: later workers have what this process has.
        if patterns := [line[1:] for line in lines if line.startswith(OWN)]:
            from dayfly.runtime.learned_patterns import LearnedPatterns

            self._patterns = self._patterns or LearnedPatterns()
            self._patterns.hear(patterns)
        self._tried |= {hash(line[1:].partition(" ")[0]) for line in lines if not line.startswith(OWN)}
        self._names = [
            name for name in self._names if hash(name) not in self._tried and self._trials < _MANY_TRIALS
        ]
        names: list[str] = []
        for line in lines:
            name, _, took = line[1:].partition(" ")
            # Twice as long as beside a worker.
            if line.startswith("+") and took.isdecimal() and (left_s := left_s - int(took) / 500) > 0:
                names.append(name)
        self._adopt(names)

    def _begin(self) -> None:
        self._trials += 1
        self._patience = _PATIENCE
        self._until = time.monotonic() + _PATIENCE_S
        # What all imports together may take: later workers are not to lack it.
        size = proc.resident_mb()
        self._most_mb = self._most_mb or size + proc.function_mb() // 4
        room_mb, spare_mb = self._most_mb - size, proc.spare_mb()
        mine, number = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            pid = self._fork()
        except OSError:
            os.close(mine)
            os.close(number)
            return
        if pid == 0:
            try:
                self._leave()
                _close((mine, *(one for one in self._foreign() if one not in self._unread)))
                # As in a worker: nothing that the zygote shares with it.
                self._sealing.separate()
                if self._unread:
                    from dayfly.runtime import learned_patterns

                    write(number, learned_patterns.find_own(self._unread))
                if self._names:
                    from dayfly.runtime import import_trial

                    import_trial.attempt(
                        self._names,
                        number,
                        self._sealing,
                        temporary=self._temporary,
                        room_mb=room_mb,
                        spare_mb=spare_mb,
                    )
            finally:
                os._exit(0)
        _close((number, *self._unread))
        self._unread = []
        self._trial = (pid, mine)
        self._tell(pid)

    def _adopt(self, names: list[str]) -> None:
        if not names:
            return
        before, own = set(sys.modules), self._sealing.own
        self._sealing.own |= seal.open_descriptors()
        gc.freeze()
        for name in names:
            try:
                __import__(name)
            except Exception:
                # It went well a moment ago; workers will find out for themselves.
                break
        new = set(sys.modules) - before
        self.modules |= new
        if "botocore.session" in new:
            from dayfly.runtime.sealers import service_data

            service_data.seal(Found([]), self._sealing)
        seal_threads(self._sealing)
        self._generators += reseed.find_generators(Found(gc.get_objects()))
        if seal.reasons_not_to_fork(self._sealing, temporary=self._temporary):
            # Forkable a moment ago in the trial: a new zygote begins without what was learned.
            os.write(
                2, b"dayfly: error: an import that workers need makes this process unforkable: it ends\n"
            )
            os._exit(1)
        self._sealing.own = own


def seal_threads(sealing: Sealing) -> None:
    """Have libraries end the threads that an import started: NumPy's OpenBLAS starts its own again where it next needs them."""
    if seal.count_others():
        from dayfly.runtime.sealers import openmp

        openmp.seal(Found([]), sealing)


def compiled(latest: int | None = None) -> list[tuple[str, int]]:
    """Return texts and flags of what the module `re` keeps compiled, only the `latest` so many, or all; the latest first."""
    cache = _cache()
    # In one step: a thread of the function's may compile meanwhile.
    keys = list(itertools.islice(reversed(cache), len(cache) if latest is None else max(latest, 0)))
    return [
        (key[1], key[2])
        for key in keys
        if type(key) is tuple and len(key) == 3 and type(key[1]) is str and type(key[2]) is int
    ]


def _cache() -> dict[object, object]:
    """Return what the module `re` keeps compiled; nothing where it keeps that otherwise."""
    cache = getattr(sys.modules.get("re"), "_cache", None)
    return cache if type(cache) is dict else {}


def _is_module_name(name: str) -> bool:
    return len(name) < 200 and all(part.isidentifier() for part in name.split("."))
