"""Carries the word that a run must end, from whoever says it to every thread that works for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from dayfly.attach.recycle.model import StoppedError

_SLICE_S = 0.2


class Stop:
    """Why nothing new may begin, once somebody said so; the first reason stands.

    Plain fields and no lock, since a signal handler sets them: it may come while its own thread holds one.
    `is_impatient`: somebody sits there and waits for the end, so nothing is waited for that changes nothing.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.is_impatient = False

    def say(self, reason: str, *, is_impatient: bool = False) -> None:
        """End the run."""
        self.is_impatient = self.is_impatient or is_impatient
        self.reason = self.reason or reason

    def check(self) -> None:
        """Raises StoppedError once somebody said so."""
        if self.reason:
            raise StoppedError(self.reason)

    def rest(self, seconds: float) -> None:
        """Wait; raises StoppedError as soon as somebody says so."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_S))
            self.check()

    def look_on(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """What waits between looks at the logs: alarms do not end that, an impatient human does."""

        def pause(seconds: float) -> None:
            if self.is_impatient:
                raise StoppedError(self.reason)
            sleep(seconds)

        return pause
