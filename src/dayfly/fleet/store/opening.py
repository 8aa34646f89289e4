"""Opens a store when it can be reached: at once, or whenever somebody asks for it and it answers at last."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.fleet.store.troubles import StoreError, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

# Who asks in between is told what the last attempt met with, at once: pages and ticks must not wait for each other.
_SECONDS = 2.0


class Opening:
    """Calls `open_` until it succeeded once; by one thread at a time, and not more often than every two seconds."""

    def __init__(self, open_: Callable[[], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._open = open_
        self._clock = clock
        self._lock = threading.Lock()
        self._opened = threading.Event()
        self._by = 0
        self._last = float("-inf")
        self.fault = ""

    def attempt(self) -> None:
        """Return once it is open. Raises StoreError where it cannot be now."""
        # What opens it asks it things itself.
        if self._opened.is_set() or self._by == threading.get_ident():
            return
        if not self._lock.acquire(blocking=False):
            raise StoreError(self.fault or "the store is being opened", trouble=Trouble.UNREACHABLE)
        try:
            if self._opened.is_set():
                return
            if self._clock() < self._last + _SECONDS:
                raise StoreError(self.fault, trouble=Trouble.UNREACHABLE)
            self._by = threading.get_ident()
            self._open()
            self.fault = ""
            self._opened.set()
        except DayflyError as error:
            self.fault = error.message
            if self._by:
                self._last = self._clock()
            if isinstance(error, StoreError):
                raise
            raise StoreError(error.message, hint=error.hint) from error
        finally:
            self._by = 0
            self._lock.release()
