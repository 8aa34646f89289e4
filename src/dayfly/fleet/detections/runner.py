"""The timer's side of detections: runs each rule when it is due and keeps what is new or has changed.

Any number of schedulers may run over one store: what they find has the same uid, and the table keeps one row of each.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

from dayfly.fleet.detections.concluding import Conclusion, conclude, detection_of
from dayfly.fleet.detections.health import rule_failed, rule_flooded
from dayfly.fleet.detections.late import spans_of_late_lines
from dayfly.fleet.detections.muting import is_muted, muted_subjects
from dayfly.fleet.detections.running import MOST, find_suspects, moment, run_rule
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.records.rows import Detection
    from dayfly.fleet.store.store import Row, Store

_LATE_EVERY = 60
# Lines may have come in while nobody ran: the first tick looks at what the last day brought.
_FIRST_LOOK = 86_400
# A clock that differs from the store's by less loses no line.
_CLOCK_MARGIN = 5
# Late hours wait at most so long while rules have more to do than a tick holds.
_LATE_TURN = 5.0
# A rule that fails again and again is tried more and more seldom, but within the hour.
_MOST_BACKOFF = 3_600
_HOUR = 3_600
# What a rule is taken to take before it ran.
_UNKNOWN_S = 0.05
# Trust boundary: users write rules, and one that fails costs only itself.
_TROUBLE = (StoreError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Written:
    """A detection that a tick wrote; `is_muted` where nobody is to be alerted."""

    detection: Detection
    is_new: bool
    is_worse: bool
    is_muted: bool


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """How one rule has done since this runner began."""

    runs: int = 0
    failures: int = 0
    failed_in_a_row: int = 0
    last_error: str = ""
    last_run: float = 0.0
    last_seconds: float = 0.0
    worst_seconds: float = 0.0
    found: int = 0


@dataclass(frozen=True, slots=True)
class _Half:
    """A run of which the suspects are known, as of `now`, and the rest is to come."""

    now: float
    suspects: list[Row]
    seconds: float


@dataclass(slots=True)
class _Schedule:
    due: dict[str, float] = field(default_factory=dict)
    late_spans: list[tuple[str, float, float]] = field(default_factory=list)
    late_seen: float = 0.0
    late_due: float = 0.0
    late_ran: float = 0.0
    halves: dict[str, _Half] = field(default_factory=dict)
    # What looking for suspects, and what the rest of a run took the last time.
    looking: dict[str, float] = field(default_factory=dict)
    judging: dict[str, float] = field(default_factory=dict)


class Runner:
    """Runs rules over a store. `clock` gives seconds since the epoch; one thread at a time may tick.

    `budget` is how many seconds a tick may take. What is most overdue, by its own period, goes first, whatever it takes;
    others follow as long as what they took the last time still fits, the rest is left to the next tick. What waits becomes
    more overdue and so goes first in its turn: nothing is left out for ever. A rule that suspects something may judge it in
    a later tick. `stopwatch` tells how long things take.
    """

    def __init__(
        self,
        store: Store,
        rules: Sequence[Rule],
        clock: Callable[[], float],
        *,
        budget: float = 5.0,
        catch_up: bool = True,
        stopwatch: Callable[[], float] = perf_counter,
    ) -> None:
        self._store = store
        self.rules = [rule for rule in rules if rule.enabled]
        self._clock = clock
        self._budget = budget
        self._catch_up = catch_up
        self._stopwatch = stopwatch
        self._schedule = _Schedule()
        self.status: dict[str, RuleStatus] = {rule.name: RuleStatus() for rule in self.rules}
        self.store_error = ""
        self._health_told: set[str] = set()

    def tick(self) -> list[Written]:
        """Run what is due and return what was written.

        A rule that fails costs only itself and is written as a detection of the fleet's own health. A store that cannot
        be reached leaves everything due; `store_error` then says why.
        """
        now = self._clock()
        began = self._stopwatch()
        self.store_error = ""
        written: list[Written] = []
        due = self._due(now)
        if not due and not self._is_late_due(now):
            return written
        try:
            muted = muted_subjects(self._store, now=now)
            has_run = False
            if self._schedule.late_spans and now >= self._schedule.late_ran + _LATE_TURN:
                written += self._run_late(now, muted)
                has_run = True
            for rule in due:
                if has_run and not self._fits(began, self._expected(rule)):
                    continue
                written += self._turn(rule, now, began, muted)
                has_run = True
            if self._catch_up:
                written += self._look_back(now, began, muted, has_run=has_run)
        except StoreError as error:
            # Not one rule's fault: reading triage or writing a detection failed.
            self.store_error = error.message
        return written

    def next_due(self) -> float:
        """Return when the next tick has work; 0 for at once."""
        if self._schedule.late_spans:
            return 0.0
        return min(
            (self._schedule.due.get(rule.name, 0.0) for rule in self.rules), default=self._clock() + _HOUR
        )

    def _due(self, now: float) -> list[Rule]:
        """What is due, the most overdue for its period first."""
        schedule = self._schedule
        due = [rule for rule in self.rules if schedule.due.get(rule.name, 0.0) <= now]
        return sorted(
            due, key=lambda rule: (-(now - schedule.due.get(rule.name, 0.0)) / rule.every, rule.name)
        )

    def _fits(self, began: float, seconds: float) -> bool:
        return self._stopwatch() - began + seconds <= self._budget

    def _is_late_due(self, now: float) -> bool:
        return self._catch_up and (bool(self._schedule.late_spans) or now >= self._schedule.late_due)

    def _pause(self, rule: Rule) -> float:
        status = self.status[rule.name]
        if status.failed_in_a_row:
            most = max(_MOST_BACKOFF, rule.every)
            return float(min(rule.every * 2 ** min(status.failed_in_a_row, 12), most))
        if status.runs == 1:
            # All began together; from now on they come one after the other, so that no tick has them all to run.
            return rule.every * (0.5 + 0.5 * zlib.crc32(rule.name.encode()) / 0xFFFFFFFF)
        return float(rule.every)

    def _expected(self, rule: Rule) -> float:
        schedule = self._schedule
        known = (
            schedule.judging if rule.suspects is None or rule.name in schedule.halves else schedule.looking
        )
        return known.get(rule.name, _UNKNOWN_S)

    def _turn(self, rule: Rule, now: float, began: float, muted: frozenset[str]) -> list[Written]:
        """Look for suspects and judge them, both now if both fit."""
        schedule = self._schedule
        half = schedule.halves.pop(rule.name, None)
        if half is None and rule.suspects is not None:
            begun = self._stopwatch()
            try:
                suspects = find_suspects(self._store, rule, start=now - rule.lookback, now=now)
            except _TROUBLE as error:
                written = self._failed(rule, error, begun, muted, at=now)
                schedule.due[rule.name] = now + self._pause(rule)
                return written
            half = _Half(now, suspects, self._stopwatch() - begun)
            schedule.looking[rule.name] = half.seconds
            if suspects and not self._fits(began, schedule.judging.get(rule.name, _UNKNOWN_S)):
                schedule.halves[rule.name] = half
                return []
        as_of = half.now if half is not None else now
        written = self._run(rule, start=as_of - rule.lookback, now=as_of, muted=muted, at=now, half=half)
        schedule.due[rule.name] = now + self._pause(rule)
        return written

    def _run(
        self,
        rule: Rule,
        *,
        start: float,
        now: float,
        muted: frozenset[str],
        at: float,
        half: _Half | None = None,
    ) -> list[Written]:
        began = self._stopwatch()
        status = self.status[rule.name]
        suspects = half.suspects if half is not None else None
        try:
            found = run_rule(self._store, rule, start=start, now=now, suspects=suspects)
            concluded = conclude(rule, found.detections, self._known(rule, found.detections, start=start))
        except _TROUBLE as error:
            return self._failed(rule, error, began, muted, at=at)
        seconds = self._stopwatch() - began
        if suspects is None or suspects:
            self._schedule.judging[rule.name] = seconds
        seconds += half.seconds if half is not None else 0.0
        self.status[rule.name] = replace(
            status,
            runs=status.runs + 1,
            failed_in_a_row=0,
            last_error="",
            last_run=at,
            last_seconds=seconds,
            worst_seconds=max(status.worst_seconds, seconds),
            found=status.found + sum(each.is_new for each in concluded),
        )
        if found.all > MOST:
            concluded.append(self._told_once(rule_flooded(rule, found.all, MOST, now=at)))
        return self._write(concluded, muted)

    def _failed(
        self, rule: Rule, error: Exception, began: float, muted: frozenset[str], *, at: float
    ) -> list[Written]:
        status = self.status[rule.name]
        self.status[rule.name] = replace(
            status,
            runs=status.runs + 1,
            failures=status.failures + 1,
            failed_in_a_row=status.failed_in_a_row + 1,
            last_error=str(error),
            last_run=at,
            last_seconds=self._stopwatch() - began,
        )
        return self._write([self._told_once(rule_failed(rule, str(error), now=at))], muted)

    def _known(self, rule: Rule, found: Sequence[Detection], *, start: float) -> list[Detection]:
        if not found:
            return []
        query = read_sql("dayfly.fleet.detections", "sql/known")
        parameters = {
            "rule": rule.name,
            "subjects": sorted({each.subject_key for each in found}),
            "since": moment(start - rule.gap),
        }
        return [detection_of(row) for row in self._store.rows(query, parameters)]

    def _write(self, concluded: Sequence[Conclusion], muted: frozenset[str]) -> list[Written]:
        self._store.insert("detections", [each.detection for each in concluded])
        return [
            Written(each.detection, each.is_new, each.is_worse, is_muted(each.detection, muted))
            for each in concluded
        ]

    def _told_once(self, conclusion: Conclusion) -> Conclusion:
        """A rule that fails all day is news once a day."""
        uid = conclusion.detection.uid
        conclusion = replace(conclusion, is_new=uid not in self._health_told)
        self._health_told.add(uid)
        return conclusion

    def _look_back(self, now: float, began: float, muted: frozenset[str], *, has_run: bool) -> list[Written]:
        """Run the rules over hours of which lines came in after their time had been looked at."""
        schedule = self._schedule
        # Asking costs a tick of its own, unless it has waited for one for too long.
        if now >= schedule.late_due + (_LATE_EVERY if has_run and not self._fits(began, 0.0) else 0):
            since = (schedule.late_seen or now - _FIRST_LOOK) - _CLOCK_MARGIN
            schedule.late_spans += spans_of_late_lines(self._store, self.rules, now=now, since=since)
            schedule.late_seen, schedule.late_due = now, now + _LATE_EVERY
        written: list[Written] = []
        while schedule.late_spans:
            if has_run and not self._fits(began, self.status[schedule.late_spans[0][0]].last_seconds):
                break
            written += self._run_late(now, muted)
            has_run = True
        return written

    def _run_late(self, now: float, muted: frozenset[str]) -> list[Written]:
        name, start, end = self._schedule.late_spans.pop(0)
        self._schedule.late_ran = now
        if self.status[name].failed_in_a_row:
            return []
        rule = next(rule for rule in self.rules if rule.name == name)
        return self._run(rule, start=start, now=end, muted=muted, at=now)
