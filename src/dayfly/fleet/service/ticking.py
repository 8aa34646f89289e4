"""Runs one thing again and again in a thread of its own, and remembers how that went."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_AGAIN_SECONDS = 60.0


class Ticking:
    """Calls `work` every `seconds` until it is closed; a failure is remembered and the next call is made all the same."""

    def __init__(self, name: str, work: Callable[[], object], *, seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"dayfly-{name}", daemon=True)
        self._health: dict[str, object] = {
            "runs": 0,
            "failures": 0,
            "last_error": "",
            "last_run": 0.0,
            "last_ms": 0,
        }

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, *, within: float = 20.0) -> None:
        """Stop; waits for the call that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within)

    def health(self) -> dict[str, object]:
        """How often it ran and failed, when and how long the last time."""
        return dict(self._health)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            fault = ""
            try:
                self._work()
            except (
                Exception
            ) as error:  # trust boundary: one bad run must not end the thread; counted, and told in health
                fault = f"{type(error).__name__}: {error}"[:500]
                if fault != self._health["last_error"] or not self._health.get("is_failing"):
                    logging.getLogger("dayfly.fleet").error("%s failed: %s", self._name, fault)
            took = time.monotonic() - began
            health = self._health
            self._health = {
                "runs": int(str(health["runs"])) + 1,
                "failures": int(str(health["failures"])) + bool(fault),
                "last_error": fault or health["last_error"],
                "is_failing": bool(fault),
                "last_run": time.time(),
                "last_ms": round(took * 1000),
            }
            # What failed is tried again within a minute: an hour's work must not wait an hour for a store that was away.
            seconds = min(self._seconds, _AGAIN_SECONDS) if fault else self._seconds
            self._stop.wait(max(0.0, seconds - took))
