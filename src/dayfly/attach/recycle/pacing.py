"""Spreads the cold starts of a run over time; pure but for its clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Budget:
    """Lets functions begin so that no more than `per_minute` environments are replaced in a minute, on average.

    All environments of one function are replaced at once, so a function with more of them than that begins alone and the
    next one waits until its share of time is over. Without `per_minute` nobody waits.
    """

    def __init__(self, per_minute: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._free = clock()

    def take(self, environments: int) -> float:
        """Book a function's environments and return the seconds until it may begin."""
        if self._per_minute is None:
            return 0.0
        with self._lock:
            now = self._clock()
            begins = max(now, self._free)
            self._free = begins + 60.0 * max(1, environments) / self._per_minute
            return begins - now
