"""Keeps the Runtime API the supervisor's: watches workers, judges what they did there, takes back what they asked for."""

from __future__ import annotations

from dayfly.supervisor.infection import Infections
from dayfly.supervisor.worker import Infected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.frames import Answer
    from dayfly.core.http1 import Reply
    from dayfly.supervisor.apiwatch import ApiWatch, Sighting
    from dayfly.supervisor.reclaim import Reclaimer
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.summons import Summons
    from dayfly.supervisor.upstream import Upstream
    from dayfly.supervisor.worker import Died, Worker


class Gate:
    """What happens at the Runtime API during one environment's invocations.

    The calls come in this order: `next_event`, `arrived`, `begin`, then `worker_ended` or `is_absent`, then `judge`.
    """

    def __init__(self, upstream: Upstream, watch: ApiWatch, reporter: Reporter) -> None:
        self._upstream = upstream
        self.watch = watch
        self._infections = Infections(reporter)
        self._reclaimer: Reclaimer | None = None
        # Whether a worker was there, and may have asked for an event that comes after its death.
        self._was_visited = False
        # Seen of a process that was not ended at once, since its event is a customer's.
        self._sighting: Sighting | None = None

    def next_event(self, summons: Summons) -> Reply:
        """Wait for the next event. Raises SystemExit when the platform ends the supervisor."""
        self._was_visited |= self.watch.has_remains()
        if self._reclaimer is None:
            if not self._was_visited:
                return self._upstream.next(summons.wait_for)
            # Only after an attack.
            from dayfly.supervisor.reclaim import Reclaimer

            self._reclaimer = Reclaimer(self._upstream, summons)
        if self._was_visited:
            self._was_visited = False
            self._reclaimer.is_needed = True
        return self._reclaimer.next_event(self._infections.answered)

    def arrived(self, request_id: str, headers: Mapping[str, str]) -> None:
        """An event is here."""
        self._infections.arrived(request_id, headers)

    def begin(self, worker: Worker, until: float, *, is_locked: bool) -> None:
        """A worker has the event, whose time ends at `until`; `is_locked` says that the platform refuses it."""
        self.watch.begin(worker.pid, until, is_on=not is_locked)

    def worker_ended(self) -> None:
        """The worker is dead: before its answer goes out, what it has sent there is waited for."""
        self._infections.worker_ended()
        self._was_visited |= not self.watch.settle()

    def is_absent(self) -> bool:
        """Say whether a worker that goes on to serve is not there; what it had asked for it would be given later."""
        self._infections.worker_ended()
        self._sighting = self._sighting or self.watch.look_at_end()
        return self._sighting is None

    def note(self, sighting: Sighting) -> None:
        """Keep what was seen until the invocation is judged."""
        self._sighting = sighting

    def judge(self, status: int, ending: Answer | Died) -> bool:
        """Report what was seen, and what the platform's reply to our answer shows; return whether it was an infection.

        Then a worker that still runs must be ended.
        """
        sighting = ending.sighting if isinstance(ending, Infected) else self._sighting
        self._sighting = None
        if not self._infections.judge(status, sighting):
            return False
        self._was_visited = True
        return True
