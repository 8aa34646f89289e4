"""Keeps the zygote, and workers forked from it ahead of need."""

from __future__ import annotations

import time

from dayfly.core import findings
from dayfly.core.lifetime import age
from dayfly.supervisor.worker import read_clocks
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.handshake import Ready
    from dayfly.core.settings import Settings
    from dayfly.supervisor.keeper import Keeper
    from dayfly.supervisor.output import Output
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.sweep import Sweeper
    from dayfly.supervisor.worker import Worker
    from dayfly.supervisor.zygote import Zygote

# Workers forked ahead. With one, events that follow each other closely wait for the fork and for the
# first page faults of the new process; the second costs page tables and what a worker touches.
_SPARES = 2
# In window isolation the next worker is needed once in many events.
_SPARES_OF_WINDOW = 1
# botocore fetches new credentials in every worker from 15 minutes before the old ones end
# (RefreshableCredentials._advisory_refresh_timeout).
_RENEW_BEFORE_S = 900.0
# Huge pages cost some 6 ms a slice once and save less than that each time: only an environment that has
# served this many events will serve enough to get it back.
_TIDY_AFTER = 100
# How long an event may have to wait, once, for the fingerprint of the function's code: 25 ms with boto3.
_PRINT_LIMIT_S = 0.2
# How long a fork under way may take where its worker is not wanted any more.
_SETTLE_LIMIT_S = 2.0


class Stock:
    """The zygote, if there is one, and its spares: workers that have seen no event.

    `is_forking` is false in process isolation, asked for or because the function cannot be forked.

    Where code of the function's runs at every fork or in a worker before its event (a hook, a thread of init), it
    may read what an attacker writes at that moment and takes away again. There a worker is forked only when no
    other one is alive and all that it left is gone, and none is kept beside one that serves. The zygote itself, where
    threads of the function's live on in it, is stopped as long as a worker serves.
    """

    def __init__(
        self, settings: Settings, *, sweeper: Sweeper, output: Output, reporter: Reporter, keeper: Keeper
    ) -> None:
        self._settings = settings
        self._sweeper = sweeper
        self._output = output
        self._reporter = reporter
        self._keeper = keeper
        self._spares: list[Worker] = []
        self._wanted = _wanted(settings, runs_ahead=False)
        self._workers = 0
        self._born = (0.0, 0.0)
        self._expires_at = 0.0
        self._runs_ahead = False
        self._has_threads = False
        self._wants_print = False
        self.zygote: Zygote | None = None
        self.is_forking = settings.isolation != "process"
        sweeper.settle = self.settle_fork

    def adopt(self, zygote: Zygote, ready: Ready) -> None:
        """Take over a zygote that has finished its init."""
        reasons = ready.reasons
        wants_fork = self._settings.isolation != "process"
        self.zygote = zygote
        self._born = read_clocks()
        self._expires_at = ready.expires_at
        self._runs_ahead = ready.runs_ahead
        self._has_threads = ready.has_threads
        self._wants_print = self._settings.log_invocations and not (ready.code or ready.runs_ahead)
        self._wanted = _wanted(self._settings, runs_ahead=ready.runs_ahead)
        self.is_forking = wants_fork and not reasons
        self._sweeper.zygote = zygote.pid
        self._sweeper.spared = {zygote.pid}
        self._keeper.adopt(zygote, is_forking=self.is_forking)
        if reasons and wants_fork:
            self._reporter.find(
                findings.NOT_FORKABLE,
                f"the function runs in process isolation, because {'; '.join(reasons[:3])}",
                {"reasons": reasons[:20], "isolation": "process"},
            )

    def is_stale(self, share: float) -> bool:
        """Say whether the zygote has lived `share` of its time: what init fetched may be no longer good."""
        if self.zygote is None or not self.is_forking:
            return False
        limit = self._settings.zygote_max_age
        if limit and age(self._born, read_clocks()) >= limit * share:
            return True
        if not self._expires_at:
            return False
        margin = _RENEW_BEFORE_S if share < 1.0 else 0.0
        # What was about to end when it was fetched is not fetched again and again.
        return self._born[1] < self._expires_at - margin <= time.time()

    # ---- workers --------------------------------------------------------------------------------

    def has_spare(self) -> bool:
        """Say whether a live worker is ready, once dead ones are given up."""
        while self._spares and not self._spares[0].is_running():
            self._keeper.note_killed_spare()
            self._drop_dead_spare()
        return bool(self._spares)

    def take_spare(self) -> Worker:
        """Return the next worker; it is no longer spared by sweeps. There must be one."""
        worker = self._spares.pop(0)
        self._sweeper.spared.discard(worker.pid)
        return worker

    def rest(self) -> None:
        """A worker is about to serve: have nothing of the function's run beside it that later workers are copies of."""
        if not self._has_threads or self.zygote is None or not self.is_forking:
            return
        try:
            self.zygote.rest()
        except ZygoteLostError as fault:
            self.lose(fault)

    @property
    def is_resting(self) -> bool:
        """Say whether the zygote must not go on before what a worker left is cleared."""
        return self._has_threads and self.zygote is not None and self.is_forking

    def wait_for_spare(self, zygote: Zygote) -> None:
        """Have one more worker. Raises ZygoteLostError."""
        if not zygote.is_forking:
            self._ask(zygote)
        self._take(zygote.take_worker())

    def fork_ahead(self) -> None:
        """Ask for one more worker while another is at work, unless enough are there or on their way."""
        if not self._runs_ahead:
            self._fork_ahead()

    def _fork_ahead(self) -> None:
        if self.zygote is None or not self.is_forking:
            return
        if self.zygote.is_forking or len(self._spares) >= self._wanted:
            return
        try:
            self._ask(self.zygote)
        except ZygoteLostError as fault:
            self.lose(fault)
        except OSError:
            # For want of descriptors: one that runs now has lowered our limit. It is asked again after his end.
            self._keeper.relieve()

    def finish_fork(self, limit_s: float, *, is_alone: bool) -> None:
        """Have no fork under way, or as little of it as `limit_s` seconds leave, and no dying spare.

        `is_alone` says that no worker stays to serve further events, and that nothing an event left is there.
        """
        while self._spares and self._spares[0].is_dying():
            self._keeper.note_killed_spare()
            self._drop_dead_spare()
        if self.zygote is not None and self.is_forking:
            self.settle(limit_s=0.0)
            if is_alone or not self._runs_ahead:
                self._fork_ahead()
            self.settle(limit_s=limit_s)
            self._print(min(limit_s, _PRINT_LIMIT_S))
            self._tidy()

    def settle(self, *, limit_s: float) -> None:
        """Take what the zygote sent."""
        try:
            self.settle_fork(limit_s=limit_s)
        except ZygoteLostError as fault:
            self.lose(fault)

    def settle_fork(self, *, limit_s: float = 0.001) -> None:
        """The same; raises ZygoteLostError."""
        if self.zygote is not None:
            self._take(self.zygote.take_worker(limit_s=limit_s))

    def bury(self, worker: Worker) -> None:
        """Let the zygote wait for a worker that is proved dead: unreaped, they fill the process limit."""
        if self.zygote is None:
            return
        try:
            self.zygote.bury(worker.pid)
        except ZygoteLostError as fault:
            self.lose(fault)

    def descriptor(self) -> int:
        """Return the zygote's socket, -1 where there is none or it is the worker itself."""
        return self.zygote.channel.fileno() if self.zygote is not None and self.is_forking else -1

    def _ask(self, zygote: Zygote) -> None:
        self._workers += 1
        zygote.ask_for_worker(self._workers)
        self._sweeper.fork_pending = True

    def _take(self, worker: Worker | None) -> None:
        if worker is None:
            return
        self._spares.append(worker)
        self._sweeper.spared.add(worker.pid)
        self._sweeper.fork_pending = False

    def keep(self) -> str:
        """Give up whoever an invocation changed for good; return why the environment must retire, "" if it need not.

        Whoever has seen an event is dead or stopped: what he has done to the zygote is done.
        """
        kept = self._keeper.check(self.zygote, self._spares)
        if kept.must_rebuild:
            self.drop()
        elif self.zygote is not None and self.is_forking and self.zygote.is_dying():
            # The next worker would be bound to it, and be killed when the end of it is known.
            self.lose(ZygoteLostError("it was killed", None))
        for spare in kept.spoilt:
            if spare in self._spares:
                self._spares.remove(spare)
                self._discard(spare)
                self.bury(spare)
        return kept.retire

    def _drop_dead_spare(self) -> None:
        """Give up a spare and have it waited for: another worker may have ended it, they share a uid."""
        dead = self._spares.pop(0)
        self._discard(dead)
        self.bury(dead)

    def _discard(self, worker: Worker) -> None:
        """Give up a worker that never saw an event."""
        worker.kill()
        self._sweeper.spared.discard(worker.pid)
        self._output.finish(worker.pipes)
        worker.close()

    def _print(self, limit_s: float) -> None:
        """Have the code's fingerprint for the lines of this environment's invocations, off the way of its first."""
        if not self._wants_print or self.zygote is None:
            return
        try:
            code = self.zygote.fingerprint(limit_s=limit_s)
        except ZygoteLostError as fault:
            self.lose(fault)
            return
        if code is not None:
            self._reporter.code = code
            self._wants_print = False

    def _tidy(self) -> None:
        if self.zygote is None or self._reporter.number < _TIDY_AFTER:
            return
        try:
            self.zygote.tidy()
        except ZygoteLostError as fault:
            self.lose(fault)

    # ---- the end of a zygote --------------------------------------------------------------------

    def lose(self, fault: ZygoteLostError) -> None:
        """The zygote ended or no longer answers: say so and give it up."""
        self._reporter.find(
            findings.ZYGOTE_LOST, f"the zygote was lost: {fault.reason}", {"reason": fault.reason}
        )
        self.drop()

    def drop_spares(self) -> None:
        """End the workers that have seen no event, and have none under way."""
        self.settle(limit_s=_SETTLE_LIMIT_S)
        while self._spares:
            self._drop_dead_spare()

    def drop(self) -> None:
        """End the zygote and its spares."""
        while self._spares:
            self._discard(self._spares.pop())
        if self.zygote is not None:
            self.zygote.end()
        self.zygote = None
        self._sweeper.spared = set()
        self._sweeper.zygote = 0
        self._sweeper.fork_pending = False

    def kill(self) -> None:
        """End zygote and spares without a word of what they wrote; safe at any point."""
        for worker in self._spares:
            worker.kill()
        if self.zygote is not None:
            self.zygote.end()


def _wanted(settings: Settings, *, runs_ahead: bool) -> int:
    if runs_ahead:
        return 1
    return _SPARES_OF_WINDOW if settings.isolation == "window" else _SPARES
