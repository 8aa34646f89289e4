"""Decides how long a worker goes on serving, and keeps it still between its events."""

from __future__ import annotations

from dayfly._sys import proc
from dayfly.core.frames import ERROR, WINDOW_HEADER, Answer, pack_window
from dayfly.core.lifetime import Window
from dayfly.supervisor.worker import draw, read_clocks
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.core.settings import Settings
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.residue import Cleaner
    from dayfly.supervisor.stock import Stock
    from dayfly.supervisor.sweep import Sweeper
    from dayfly.supervisor.witness import Witness
    from dayfly.supervisor.worker import Worker

# A stop takes effect within 0.1 ms where a processor is free; a busy machine may take some time.
_PAUSE_LIMIT_S = 0.05


class Windows:
    """The rules of window isolation for the one worker that serves.

    `seconds_left` says how long the environment itself may go on.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        stock: Stock,
        sweeper: Sweeper,
        cleaner: Cleaner,
        reporter: Reporter,
        witness: Witness,
        seconds_left: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._stock = stock
        self._sweeper = sweeper
        self._cleaner = cleaner
        self._reporter = reporter
        self._witness = witness
        self._seconds_left = seconds_left
        self._pid_before = -1

    def open(self, worker: Worker, tenant: bytes | None) -> None:
        """A fresh worker is about to serve its first event, which is `tenant`'s."""
        if self._settings.isolation == "window":
            self._reporter.triggers.clear()
            worker.window = Window(
                max_age=self._settings.max_age,
                max_invocations=self._settings.max_invocations,
                now=read_clocks(),
                jitter=self._settings.jitter,
                draw=draw(),
                tenant=tenant,
            )

    def begin(self, worker: Worker) -> dict[str, str]:
        """An event is about to be handed over; return what the worker is to be told beside it."""
        window = worker.window
        if window is None:
            return {}
        self._pid_before = proc.last_pid()
        # The next event may be another tenant's, or nobody's: each may be the last.
        events = window.events_left() if window.tenant is None else 1
        return {
            WINDOW_HEADER: pack_window(events, min(window.seconds_left(read_clocks()), self._seconds_left()))
        }

    def goes_on(self, worker: Worker | None, tenant: bytes | None) -> bool:
        """Say whether the worker of the event before may serve the next one, which is `tenant`'s.

        None: tenants are not told apart, or there is no event yet.
        """
        if worker is None or not worker.is_running():
            return False
        if worker.window is None:
            return not self._stock.is_forking
        if worker.is_dying():
            return False
        if tenant is not None and not worker.window.admits(tenant):
            return False
        return self.is_silent(worker) and not self._is_over(worker.window)

    def stays(self, worker: Worker, answer: Answer) -> bool:
        """Say whether a worker that has answered goes on to serve its window, and stop it until then.

        What runs beside it when its answer is in ends the window: the next event gets a fresh worker.
        """
        window = worker.window
        if window is None:
            return False
        window.served += 1
        if answer.kind == ERROR and "error" in self._settings.retire_on:
            return False
        if answer.is_too_long:
            # The rest of it is still on its way, in the place of the next one.
            return False
        # A worker of no tenant's serves nobody after him.
        if window.tenant == b"" or self._is_over(window):
            return False
        worker.pause()
        return self._is_alone(worker) and self._rests(worker) and self._is_spotless(worker)

    def _is_over(self, window: Window) -> bool:
        return window.is_over(read_clocks()) or bool(self._reporter.triggers & self._settings.retire_on)

    def _is_alone(self, worker: Worker) -> bool:
        """End what runs beside a worker; False if nothing proves that nothing does."""
        if proc.last_pid() == self._pid_before >= 0:
            # Nothing was born since the event was handed over. One who makes the numbers go round once
            # gains what he has anyway: a process for as long as his worker's window.
            return True
        self._sweeper.staying = worker.pid
        try:
            swept = self._sweeper.sweep(set())
        except ZygoteLostError as fault:
            self._stock.lose(fault)
            return False
        finally:
            self._sweeper.staying = 0
        self._witness.tell_swept(swept)
        return swept.is_proved and not swept.zygote_lost

    def _rests(self, worker: Worker) -> bool:
        """Say whether a worker that was stopped is: one that is not could take the next event by itself."""
        pause = worker.await_pause(limit_s=_PAUSE_LIMIT_S)
        if pause == "continued":
            self._witness.tell_hostile(worker, "it could not be stopped between two events")
        return pause == "paused"

    def _is_spotless(self, worker: Worker) -> bool:
        """Say whether nothing of `retire_on` was left or seen of a worker that is stopped."""
        if not self.is_silent(worker):
            return False
        retire_on = self._settings.retire_on
        if "suspicion" in retire_on and worker.pipes.dropped_bytes:
            return False
        if "residue" in retire_on and self._cleaner.has_residue():
            return False
        return not self._reporter.triggers & retire_on

    def is_silent(self, worker: Worker) -> bool:
        """Say whether nothing came from a worker but its answers."""
        if worker.has_unsent:
            self._witness.tell_hostile(worker, "it answered before it read its event")
            return False
        if worker.has_spoken():
            # Nothing is asked of it: a frame sent ahead would be an answer to somebody else's event.
            self._witness.tell_hostile(worker, "it sent data between two events")
            return False
        return True
