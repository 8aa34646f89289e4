"""Keeps account of each invocation: what it was about, how long it took and what of that was Dayfly's; one line for each.

The clock is read on the way; everything else waits until the answer is out, for it delays the next event only.
"""

from __future__ import annotations

import time

from dayfly._sys.proc import cpu_time
from dayfly.core.activity import Activity
from dayfly.core.frames import RESULT, Answer
from dayfly.core.proofs import plain_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.supervisor.answers import Failure
    from dayfly.supervisor.report import Reporter


class Ledger:
    """The times of the invocation in progress, and its line. Calls come in the order of the methods."""

    __slots__ = ("_answered", "_arrived", "_cpu", "_handed_over", "_reporter", "_sent", "_used")

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._arrived = self._handed_over = self._answered = self._sent = 0.0
        self._cpu = self._used = 0.0

    def arrived(self) -> None:
        """An event is here."""
        self._arrived = self._handed_over = self._answered = time.monotonic()
        self._used = 0.0
        self._reporter.left.clear()

    def handing_over(self, pid: int) -> None:
        """The worker is about to get it."""
        self._cpu = cpu_time(pid)
        self._handed_over = time.monotonic()

    def answered(self, pid: int) -> None:
        """Its answer is in, or it has ended: then what it used is known as long as nobody waited for it."""
        self._answered = time.monotonic()
        used = cpu_time(pid)
        self._used = used - self._cpu if used else 0.0

    def sent(self) -> None:
        """The platform has the answer."""
        self._sent = time.monotonic()

    def tell(self, worker: int, headers: Mapping[str, str], body: bytes, outcome: Answer | Failure) -> None:
        """Write the log record of this invocation: `worker` is the worker's number (0: no worker), `body` the event."""
        activity = Activity()
        try:
            activity.read_event(headers, body, self._reporter.key)
        except Exception:
            # Trust boundary: anybody's event. It has its line all the same, and says that it was not read.
            activity.trigger = "unreadable"
        kind = "crash"
        if isinstance(outcome, Answer):
            is_result = outcome.kind == RESULT
            kind = "success" if is_result else "error"
            try:
                activity.read_answer(outcome.body, length=outcome.body_bytes, is_result=is_result)
            except Exception:
                # Trust boundary: a worker's answer; it has no status then.
                activity.status = 0
        activity.duration_us = int((self._sent - self._arrived) * 1e6)
        before, after = self._handed_over - self._arrived, self._sent - self._answered
        activity.overhead_us = int((before + after) * 1e6)
        activity.cpu_us = int(self._used * 1e6)
        activity.code = self._reporter.code
        if self._reporter.left:
            left = "\n".join(sorted(set(self._reporter.left)))
            activity.residue = plain_hash("residue", left.encode("utf-8", "surrogatepass"))
        self._reporter.invocation(worker=worker, outcome=kind, activity=activity)
