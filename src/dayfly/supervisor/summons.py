"""Decides which signals end the supervisor: those of the platform, and none of a worker's.

They share a user, so a worker may send any signal. All are blocked, and the kernel says who sent the one that waits.
What cannot be blocked: SIGKILL is a reset, and a stop is undone by a timer (`_sys/signals.py`).
"""

from __future__ import annotations

import os
import select
import signal

from dayfly._sys import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from dayfly._sys.signals import Arrival

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Left unblocked. SIGCONT has a handler, for the timer's sake; the others do nothing to a process by themselves, and
# Python ignores SIGPIPE and SIGXFSZ. Blocked, they would be queued by our own writing and by every child's end.
_HARMLESS = (
    signal.SIGCONT,
    signal.SIGCHLD,
    signal.SIGWINCH,
    signal.SIGURG,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)
# More than a process of our user can have queued where `queue_no_signals` is in force: one of each kind.
_MANY_READS = 64


def may_end(arrival: Arrival, *, parent: int, uid: int, is_alone: bool, has_terminal: bool) -> bool:
    """Say whether a signal ends the supervisor, in order.

    `parent` and `uid` are ours; `is_alone` that no process which has seen an event can have sent it;
    `has_terminal` that somebody may sit at a keyboard. A sender that the kernel does not name (pid 0) may be
    outside our PID namespace, as the platform, or anybody at all while the user's signal queue is full. And the kernel
    itself sends what a worker has arranged, after its death too: SIGHUP to an orphaned process group, any signal
    when a socket closes whose owner (F_SETOWN) is the supervisor.
    """
    if arrival.number not in _ENDING:
        return False
    if arrival.code == signals.BY_KILL:
        is_named = arrival.pid > 0 and (arrival.pid in (1, parent) or arrival.uid != uid)
        return is_alone or is_named
    return has_terminal and arrival.code == signals.BY_KERNEL and arrival.number == signal.SIGINT


class Summons:
    """The signals that wait for the supervisor.

    `descriptor` is readable when there are any, -1 where the host does not allow that: then the signals that end a
    process end this one whoever sent them, and `failure` says so.
    """

    def __init__(self, *, has_terminal: bool) -> None:
        self._has_terminal = has_terminal
        self._uid = os.getuid()
        self._self = os.getpid()
        self.descriptor = -1
        self.failure = ""
        # No process that has seen an event lives. The loop says when that changes.
        self.is_alone = True
        self.strays: dict[str, int] = {}

    def begin(self) -> None:
        """Take charge of this process's signals; to be called in the main thread."""
        # The keeper's timer has a use for it; without one it is taken and forgotten.
        signal.signal(signal.SIGCONT, lambda _number, _frame: None)
        numbers = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, *_HARMLESS}
        self.descriptor = signals.open_arrivals(numbers)
        if self.descriptor < 0:
            self.failure = (
                "a SIGTERM from a worker ends the supervisor like one from the platform (signalfd is not "
                "permitted)"
            )
            for number in _ENDING:
                signal.signal(number, _end)
        signals.block_all_but(_HARMLESS if self.descriptor >= 0 else (*_HARMLESS, *_ENDING))
        signals.ignore_reserved()

    def wait_for(self, descriptor: int) -> None:
        """Return once `descriptor` is readable. Raises SystemExit when the platform ends the supervisor."""
        if self.descriptor < 0:
            return
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        poller.register(self.descriptor, select.POLLIN)
        while True:
            ready = [number for number, _ in poller.poll()]
            if self.descriptor in ready:
                self.heed()
            if descriptor in ready:
                return

    def heed(self) -> None:
        """Take what waits; what does not end the supervisor is a stray. Raises SystemExit for what does."""
        if self.descriptor < 0:
            return
        for _ in range(_MANY_READS):
            arrivals = signals.read_arrivals(self.descriptor)
            for arrival in arrivals:
                self._heed(arrival)
            if not arrivals:
                return

    def _heed(self, arrival: Arrival) -> None:
        if may_end(
            arrival,
            parent=os.getppid(),
            uid=self._uid,
            is_alone=self.is_alone,
            has_terminal=self._has_terminal,
        ):
            raise SystemExit(128 + arrival.number)
        if arrival.pid != self._self:
            name = _name(arrival.number)
            self.strays[name] = self.strays.get(name, 0) + 1

    def take_strays(self) -> dict[str, int]:
        """Return how many signals of each name had no effect since this was last asked."""
        strays, self.strays = self.strays, {}
        return strays


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"
