"""What a worker does and says before it hands over an answer: its batches are sent, its unfinished work named."""

from __future__ import annotations

import sys
import time

from dayfly.core.limits import MAX_NOTE_BYTES
from dayfly.runtime.background import background_work, threads_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading

    from dayfly.core.handshake import ZygoteOptions
    from dayfly.runtime.sealing import Sealing

# What starts processes that multiprocessing keeps has loaded this.
_COMPANIONS = "multiprocessing.resource_tracker"
# A window's worker may end before its next event comes, so that batches do not wait for its last one.
_WINDOW_PAUSE_S = 1.0
# What is left of an invocation's time when batches are sent, for the answer itself.
_RESERVE_S = 0.1


class LastWords:
    """Keeps what one invocation began with, and looks what is left of it when its answer is there."""

    __slots__ = ("_before", "_deadline", "_delivered", "_events_left", "_options", "_over_at")

    def __init__(self, options: ZygoteOptions) -> None:
        self._options = options
        self._before: frozenset[threading.Thread] = frozenset()
        self._deadline = 0.0
        self._delivered = 0.0
        self._events_left = 1
        self._over_at = 0.0

    def prepare(self) -> None:
        """In the zygote: load what workers need, some of it because of what init loaded, so that none of them has to."""
        # For who starts a thread in the handler and leaves it.
        from dayfly.runtime import idleness  # noqa: F401

        if _COMPANIONS in sys.modules:
            from dayfly.runtime import companions  # noqa: F401

    def begin(self, deadline: float, *, events_left: int, seconds_left: float) -> None:
        """Take note of what runs before the handler does; `deadline` in seconds since the epoch.

        `events_left` and `seconds_left` are what is left of the window, this event included.
        """
        self._before = threads_now()
        self._deadline = deadline
        self._events_left = events_left
        self._over_at = time.clock_gettime(time.CLOCK_BOOTTIME) + seconds_left

    def say(self, sealing: Sealing, *, serves_once: bool, is_error: bool = False) -> bytes:
        """Send what libraries hold back; return the note for the supervisor, empty in the common case.

        An answer that is an error may be the window's last, see `retire_on`.
        """
        lines: list[str] = []
        if _COMPANIONS in sys.modules:
            # Late: loaded by `prepare`, or in the handler by the few functions that import multiprocessing there.
            from dayfly.runtime.companions import end_companions

            end_companions(keeps_objects=not serves_once)
        if serves_once:
            lines += ["W" + name for name in background_work(self._before | sealing.threads)]
        if sealing.deliveries and self._is_due(is_last=serves_once or is_error):
            left = self._deadline - time.time() - _RESERVE_S
            seconds = max(0.0, min(self._options.deliver, left))
            lines += ["D" + name for name in sealing.finish(seconds)]
        return "\n".join(lines).encode("ascii", "replace")[:MAX_NOTE_BYTES]

    def _is_due(self, *, is_last: bool) -> bool:
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        is_last = is_last or self._events_left <= 1 or now >= self._over_at
        if not is_last and now - self._delivered < _WINDOW_PAUSE_S:
            return False
        self._delivered = now
        return True
