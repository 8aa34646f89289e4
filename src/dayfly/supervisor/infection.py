"""Tells what a worker that became the runtime has done, as far as it can be known.

Nobody is given a further event before the one in progress is answered. So the platform's word about our own
answer tells how far it went, and the time at which the next event began tells whether it held that one.
"""

from __future__ import annotations

import time

from dayfly.core import findings
from dayfly.core.invocation import parse_deadline_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.supervisor.apiwatch import Sighting
    from dayfly.supervisor.report import Reporter

# Of a request id that is no longer, or not yet again, the one in progress: the platform is waiting for the
# next event to hand out, or has handed it out.
_UNKNOWN_REQUEST = 400
_TOO_LARGE = 413
# The platform's clock and ours are the same machine's; its deadlines are whole milliseconds.
_MARGIN_S = 0.005
# An infection's last words wait for the next event; older requests than these cannot come back.
_MANY_ANSWERED = 8


class Infections:
    """Judges each answer's reception, and whether the event after an infection had been taken."""

    __slots__ = (
        "_began",
        "_ended",
        "_last_end",
        "_number",
        "_reporter",
        "_request_id",
        "_time_limit",
        "answered",
    )

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._began = 0.0
        self._time_limit = 0.0
        # Of the infection whose next event is awaited: when its worker was dead, 0 without one.
        self._ended = 0.0
        self._last_end = 0.0
        self._request_id = ""
        self._number = 0
        # The last requests whose answers were given, ours or not.
        self.answered: list[str] = []

    def arrived(self, request_id: str, headers: Mapping[str, str]) -> None:
        """An event is here: say whether the infected worker before it had taken it."""
        now = time.time()
        deadline = (parse_deadline_ms(headers) or 0) / 1000
        if self._ended and deadline:
            started = deadline - self._time_limit
            if started + _MARGIN_S < self._ended:
                self._tell_taken()
        self._ended = 0.0
        self._began = now
        self._time_limit = max(0.0, deadline - now)
        self.answered = [*self.answered[1 - _MANY_ANSWERED :], request_id]

    def worker_ended(self) -> None:
        """The worker can do nothing more."""
        self._last_end = time.time()

    def _tell_taken(self) -> None:
        number, request_id = self._reporter.number, self._reporter.request_id
        self._reporter.number, self._reporter.request_id = self._number, self._request_id
        self._reporter.find(
            findings.INFECTED,
            "the worker that took over the Runtime API received the event after its own, which Dayfly "
            "serves now; it may have answered others before",
            {"events_taken_at_least": 1, "seen": "event-in-progress"},
        )
        self._reporter.number, self._reporter.request_id = number, request_id

    def judge(self, status: int, sighting: Sighting | None) -> bool:
        """Report what the platform's reply to our own answer shows; return whether the worker was infected.

        The worker is dead by then, or stopped. A server's error is the caller's matter.
        """
        is_refused = status >= 300 and status != _TOO_LARGE
        if sighting is None and not is_refused:
            return False
        evidence: dict[str, object] = {
            "status": status,
            "seen": sighting.seen if sighting is not None else "answer-refused",
            "answered_for_itself": is_refused,
            "asked_for_more": status == _UNKNOWN_REQUEST,
            "events_taken_at_least": 0,
            "seconds": round(max(0.0, time.time() - self._began), 3),
        }
        how = sighting.message if sighting is not None else "its event was already answered"
        self._reporter.find(findings.INFECTED, f"a worker was ended: {how}; {_extent(status)}", evidence)
        if status == _UNKNOWN_REQUEST:
            self._ended = self._last_end
            self._number = self._reporter.number
            self._request_id = self._reporter.request_id
        return True


def _extent(status: int) -> str:
    if status < 300 or status == _TOO_LARGE:
        return "it had not answered its event, so it received no other"
    if status == _UNKNOWN_REQUEST:
        return "it answered its event itself and requested others; how many it received is unknown"
    return "it answered its event itself and received no other"
