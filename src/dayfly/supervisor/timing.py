"""Knows when an invocation's time is over: for the platform, and for a worker that is ended before that."""

from __future__ import annotations

import math
import time

from dayfly.core.invocation import parse_deadline_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.settings import Settings

# An event without a deadline gets Lambda's default timeout.
_DEFAULT_S = 3.0
# A far day is more milliseconds than poll() takes; no invocation lasts longer than 15 minutes.
_LONGEST_S = 3600.0
# Time that an event has lost on its way, and clocks that disagree: Lambda's timeouts are whole seconds.
_SKEW_S = 0.05
# How much of an event's time may go before its handler begins: the next may take longer than any before it.
_SPARE_SHARE = 0.25
# A worker gets this share of its time at least, however large the margin is.
_LEAST_SHARE = 0.5


class Timing:
    """The times of one environment's invocations. All times are monotonic, all lengths in seconds.

    `until` is when the platform gives up on the invocation at hand, `worker_until` when its worker is ended: None
    where that is left to the platform. `timeout_s` is the function's timeout as far as it was seen, `longest_s` how
    long the longest answer took.
    """

    __slots__ = ("_answers", "_began", "_margin_s", "longest_s", "timeout_s", "until", "worker_until")

    def __init__(self, settings: Settings) -> None:
        self._answers = settings.on_timeout == "answer"
        self._margin_s = settings.timeout_margin
        self._began = 0.0
        self.until = 0.0
        self.worker_until: float | None = None
        self.timeout_s = 0.0
        self.longest_s = 0.0

    def begin(self, headers: Mapping[str, str]) -> float:
        """An event came, with these headers; return `until`."""
        deadline = parse_deadline_ms(headers)
        is_told = deadline is not None
        left = _DEFAULT_S if deadline is None else min(deadline / 1000 - time.time(), _LONGEST_S)
        self._began = time.monotonic()
        self.until = self._began + left
        self.worker_until = None
        if self._answers and is_told and left > 0:
            self.worker_until = self._began + max(left - self._margin_s, left * _LEAST_SHARE)
        # The largest: an event that had waited for an init is left with less than the timeout.
        self.timeout_s = max(self.timeout_s, math.ceil(left - _SKEW_S))
        return self.until

    def answered(self) -> None:
        """The invocation's answer is in, or its worker's time is over."""
        self.longest_s = max(self.longest_s, time.monotonic() - self._began)

    def left(self) -> float:
        """Return what is left of the invocation's time."""
        return self.until - time.monotonic()

    def spare_s(self) -> float:
        """Return what of its time an event that has just come can do without, if it takes as long as others did."""
        left = (self.until if self.worker_until is None else self.worker_until) - time.monotonic()
        return min(left - self.longest_s, left * _SPARE_SHARE)
