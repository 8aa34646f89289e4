"""Ends a run on alarms, and on errors that rise after an order: asked before every change and while it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dayfly.attach.recycle.metrics import Metrics, Rate, is_worse
from dayfly.attach.recycle.model import StoppedError
from dayfly.attach.recycle.stopping import Stop
from dayfly.errors import DayflyError

# CloudWatch evaluates most alarms once a minute.
_ASK_EVERY_S = 10.0
BEFORE_S = 1800.0
# Errors later than this after a function's order are hardly the order's doing.
_AFTER_S = 1800.0


@dataclass(frozen=True, slots=True)
class _Since:
    before: Rate
    ordered: float


class Health:
    """Alarms and error rates of one run; threads share it. Without alarms and a rate it asks nobody.

    What cannot be read ends the run, too: nobody would see it go wrong.
    """

    def __init__(
        self,
        stop: Stop,
        metrics: Metrics | None = None,
        *,
        alarms: Sequence[str] = (),
        max_error_percent: float | None = None,
        clock: Callable[[], float] = time.time,
        ask_every_s: float = _ASK_EVERY_S,
    ) -> None:
        self.stop = stop
        self._metrics = metrics
        self._alarms = list(alarms)
        self._max_percent = max_error_percent
        self._clock = clock
        self._ask_every_s = ask_every_s
        self._lock = threading.Lock()
        self._asked = 0.0
        self._since: dict[str, _Since] = {}
        if metrics is None and (alarms or max_error_percent is not None):
            raise DayflyError(
                "--alarm and --max-error-rate are not supported with this endpoint",
                hint="omit them: both need CloudWatch, which the lab does not have",
            )

    @property
    def watches_errors(self) -> bool:
        """Say whether somebody asked for an end when errors rise."""
        return self._max_percent is not None

    def begin(self) -> None:
        """Raises DayflyError where an alarm is not there or is in ALARM already."""
        if self._metrics is not None and self._alarms:
            for alarm in self._metrics.alarms(self._alarms):
                if alarm.state == "ALARM":
                    raise DayflyError(
                        f"the alarm {alarm.name} is already in ALARM, so nothing was started: {alarm.reason}",
                        hint="fix its cause first, or remove --alarm",
                    )

    def check(self) -> None:
        """Raises StoppedError where the run must end; asks CloudWatch every few seconds at most."""
        self.stop.check()
        if self._metrics is None:
            return
        with self._lock:
            now = self._clock()
            if now < self._asked + self._ask_every_s:
                return
            self._asked = now
            reason = self._reason(now)
        if reason:
            self.stop.say(reason)
            self.stop.check()

    def rest(self, seconds: float) -> None:
        """Wait and check meanwhile; raises StoppedError."""
        until = self._clock() + seconds
        while True:
            self.check()
            left = until - self._clock()
            if left <= 0:
                return
            self.stop.rest(min(left, self._ask_every_s))

    def watch(self, function: str) -> None:
        """Remember how often a function failed before its order, which comes now; raises DayflyError."""
        if self._metrics is None or self._max_percent is None:
            return
        now = self._clock()
        before = self._metrics.rates([function], now - BEFORE_S, now)[function]
        with self._lock:
            self._since[function] = _Since(before, now)

    def judge(self, function: str, version: str, alias: str, since: float) -> None:
        """Raises StoppedError where calls of an alias fail more often in `version` since `since`."""
        if self._metrics is None or self._max_percent is None:
            return
        try:
            rate = self._metrics.rates([function], since, self._clock(), version=version, alias=alias)[
                function
            ]
        except DayflyError as error:
            raise StoppedError(f"errors can no longer be watched: {error.message}") from error
        before = self._since[function].before if function in self._since else Rate()
        if is_worse(before, rate, self._max_percent):
            reason = _words(f"{function}:{alias} on version {version}", before, rate, self._max_percent)
            self.stop.say(reason)
            raise StoppedError(reason)

    def _reason(self, now: float) -> str:
        assert self._metrics is not None
        try:
            for alarm in self._metrics.alarms(self._alarms) if self._alarms else ():
                if alarm.state == "ALARM":
                    return f"the alarm {alarm.name} is in ALARM: {alarm.reason}"
            if self._max_percent is None:
                return ""
            recent = {name: one for name, one in self._since.items() if one.ordered > now - _AFTER_S}
            if not recent:
                return ""
            first = min(one.ordered for one in recent.values())
            rates = self._metrics.rates(sorted(recent), first, now)
        except DayflyError as error:
            return f"alarms and errors can no longer be watched: {error.message}"
        for name, one in recent.items():
            if is_worse(one.before, rates[name], self._max_percent):
                return _words(name, one.before, rates[name], self._max_percent)
        return ""


class FunctionGuard:
    """The guard of one function's orders; see Guard."""

    def __init__(self, health: Health, function: str, *, clock: Callable[[], float] = time.time) -> None:
        self._health = health
        self._function = function
        self._clock = clock

    def check(self, version: str = "", alias: str = "") -> None:
        """Raises StoppedError where alarms, errors or somebody say that it must end here."""
        self._health.check()

    def rest(self, seconds: float, version: str = "", alias: str = "") -> None:
        """Wait, check meanwhile, and judge what the alias's calls of `version` came to; raises StoppedError."""
        began = self._clock()
        self._health.rest(seconds)
        if version:
            self._health.judge(self._function, version, alias, began)


def _words(what: str, before: Rate, since: Rate, max_percent: float) -> str:
    return (
        f"{what} fails in {since.percent:.1f} % of {since.invocations:.0f} invocations since recycling "
        f"({before.percent:.1f} % before); the limit is {max_percent:g} %"
    )
