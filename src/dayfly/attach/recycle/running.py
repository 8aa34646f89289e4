"""Recycles many functions: paced, some at once, ended by alarms, followed to the proof, and noted for whoever resumes."""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.recycle.health import Health
from dayfly.attach.recycle.history import FunctionPast, RunJournal
from dayfly.attach.recycle.model import Step, StoppedError
from dayfly.attach.recycle.ordering import TOTAL, Ordered
from dayfly.attach.recycle.pacing import Budget
from dayfly.attach.recycle.recycling import Outcome, Recycler
from dayfly.attach.recycle.survey import Survey
from dayfly.errors import DayflyError

T = TypeVar("T")

# Looks at logs are slow and few; CloudWatch Logs takes some ten a second of an account.
_PROVERS = 4
_POLL_S = 0.1

# What is told, as it happens, by any thread: the function and its step.
Tell = Callable[[str, Step], None]


@dataclass
class Pace:
    """How fast a run goes: functions at once, environments a minute, and whether old work is waited for.

    `concurrent` says how many environments of a function work at once, as far as anybody knows.
    """

    max_parallel: int = 1
    budget: Budget = field(default_factory=lambda: Budget(None))
    is_drained: bool = False
    concurrent: Callable[[Survey], int] = field(default=lambda found: 1)


class Run:
    """One run over several functions; `after_order` is called once a function's orders are effective."""

    def __init__(
        self,
        recycler: Recycler,
        health: Health,
        pace: Pace,
        *,
        tell: Tell,
        journal: RunJournal | None = None,
        after_order: Callable[[Survey, Ordered], None] | None = None,
    ) -> None:
        self._recycler = recycler
        self._health = health
        self._pace = pace
        self._told = threading.Lock()
        self._ending = threading.Lock()
        self._tell = tell
        self._journal = journal
        self._after_order = after_order
        self._outcomes: dict[str, Outcome] = {}
        self._to_prove: queue.SimpleQueue[tuple[Survey, Ordered] | None] = queue.SimpleQueue()

    def run(
        self, functions: Sequence[str], reason: str, *, past: Mapping[str, FunctionPast] | None = None
    ) -> list[Outcome]:
        """Recycle `functions`, beginning in their order, and return how it ended for each; `past` has what is ordered already.

        Threads do the work; this one waits, so that signals are heard.
        """
        to_order: queue.SimpleQueue[str] = queue.SimpleQueue()
        for function in functions:
            to_order.put(function)
        past = past or {}

        def order() -> None:
            while True:
                try:
                    function = to_order.get_nowait()
                except queue.Empty:
                    return
                if reasoned := self._health.stop.reason:
                    # A thousand that were not begun are one line at the end, not a thousand.
                    self._outcomes[function] = Outcome(function, False, False, "not started", reasoned)
                    continue
                self._guarded(function, functools.partial(self._order, function, reason, past.get(function)))

        def prove() -> None:
            while (asked := self._to_prove.get()) is not None:
                found, ordered = asked
                self._guarded(found.function, functools.partial(self._prove, found, ordered))

        provers = _start(prove, min(_PROVERS, len(functions)), "prove")
        _wait(_start(order, min(self._pace.max_parallel, len(functions)), "order"))
        for _ in provers:
            self._to_prove.put(None)
        _wait(provers)
        return [self._outcomes[function] for function in functions]

    def _order(self, function: str, reason: str, past: FunctionPast | None) -> None:
        found = self._recycler.look(function)
        if past is not None and past.is_ordered:
            self._say(function, Step("recycled before the interruption; only the proof is missing", 2, TOTAL))
            self._to_prove.put((found, past.ordered))
            return
        self._drive(function, self._recycler.describe(found))
        self._take_turn(found)
        self._health.watch(found.facts.name)
        record = self._journal.record(function) if self._journal else lambda event, fields: None
        ordered = self._drive(function, self._recycler.order(found, reason, record=record))
        if not ordered.stopped:
            record("all-ordered", {})
        self._to_prove.put((found, ordered))
        if self._pace.is_drained and not ordered.stopped:
            self._drive(function, self._recycler.drain(found, ordered))
        if self._after_order is not None:
            self._after_order(found, ordered)

    def _take_turn(self, found: Survey) -> None:
        environments = max(1, self._pace.concurrent(found))
        wait_s = self._pace.budget.take(environments)
        if wait_s >= 1:
            plural = "s" if environments != 1 else ""
            self._say(
                found.function,
                Step(
                    (
                        f"starts in {wait_s:.0f} s, because of --cold-starts-per-minute: {environments} "
                        f"environment{plural}"
                    ),
                    1,
                    TOTAL,
                ),
            )
        self._health.rest(wait_s)

    def _prove(self, found: Survey, ordered: Ordered) -> None:
        self._end(self._drive(found.function, self._recycler.prove(found, ordered)))

    def _end(self, outcome: Outcome) -> None:
        with self._ending:
            known = self._outcomes.get(outcome.function)
            outcome = outcome if known is None else _both(outcome, known)
            self._outcomes[outcome.function] = outcome
        # What was stopped or failed half-way is no end: whoever resumes begins it anew.
        if self._journal and outcome.is_ordered and not outcome.stopped:
            self._journal.record(outcome.function)(
                "over", {"proved": outcome.is_proved, "error": outcome.error}
            )

    def _guarded(self, function: str, work: Callable[[], None]) -> None:
        try:
            work()
        except StoppedError as error:
            self._failed(function, Outcome(function, False, False, error.message, error.message))
            self._say(function, Step(f"stopped: {error.message}", 1, TOTAL, error.hint or error.message))
        except DayflyError as error:
            if isinstance(error, CredentialsError):
                # No other function would fare better; what is left goes on with --resume.
                self._health.stop.say(error.message)
            self._failed(function, Outcome(function, False, False, error.message))
            self._say(function, Step(error.message, 0, TOTAL, error.hint or error.message))
        except (
            Exception
        ) as error:  # trust boundary: one function's fault must not leave a thousand others unfollowed
            text = f"{type(error).__name__}: {error}"[:300]
            self._failed(function, Outcome(function, False, False, text))
            self._say(
                function, Step(f"it failed: {text}", 0, TOTAL, "see the journal for the completed steps")
            )

    def _failed(self, function: str, outcome: Outcome) -> None:
        """Its orders may be effective all the same; then its prover has said so, or will."""
        with self._ending:
            known = self._outcomes.get(function)
            self._outcomes[function] = outcome if known is None else _both(known, outcome)

    def _drive(self, function: str, steps: Generator[Step, None, T]) -> T:
        while True:
            try:
                step = next(steps)
            except StopIteration as ended:
                result: T = ended.value
                return result
            self._say(function, step)

    def _say(self, function: str, step: Step) -> None:
        with self._told:
            self._tell(function, step)


def _both(proved: Outcome, failed: Outcome) -> Outcome:
    return replace(proved, error="; ".join(filter(None, (proved.error, failed.error))))


def _start(work: Callable[[], None], count: int, name: str) -> list[threading.Thread]:
    # Daemons: whoever presses Ctrl-C a second time does not wait for them.
    threads = [
        threading.Thread(target=work, name=f"recycle-{name}-{number}", daemon=True) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads


def _wait(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        while thread.is_alive():
            thread.join(_POLL_S)
