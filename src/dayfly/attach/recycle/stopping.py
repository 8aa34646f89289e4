"""Carries the word that a run must end, from whoever says it to every thread that works for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dayfly.attach.recycle.model import StoppedError


class Stop:
    """Why nothing new may begin, once somebody said so; the first reason stands.

    `is_impatient`: somebody sits there and waits for the end, so nothing is waited for that changes nothing.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason = ""
        self.is_impatient = False

    def say(self, reason: str, *, is_impatient: bool = False) -> None:
        """End the run; safe in a signal handler, too, which may come while this thread holds nothing of it."""
        self.is_impatient = self.is_impatient or is_impatient
        if not self.reason:
            self.reason = reason
        self._event.set()

    def check(self) -> None:
        """Raises StoppedError once somebody said so."""
        if self._event.is_set():
            raise StoppedError(self.reason)

    def rest(self, seconds: float) -> None:
        """Wait; raises StoppedError as soon as somebody says so."""
        self._event.wait(seconds)
        self.check()

    def look_on(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """What waits between looks at the logs: alarms do not end that, an impatient human does."""

        def pause(seconds: float) -> None:
            if self.is_impatient:
                raise StoppedError(self.reason)
            sleep(seconds)

        return pause
