"""Decides how long a worker goes on serving, and keeps it still between its events."""

from __future__ import annotations

from dayfly._sys import proc
from dayfly.supervisor.stock import RENEW_AT
from dayfly.supervisor.worker import Window, read_clocks
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.settings import Settings
    from dayfly.supervisor.stock import Stock
    from dayfly.supervisor.sweep import Sweeper
    from dayfly.supervisor.witness import Witness
    from dayfly.supervisor.worker import Worker

# A stop takes effect within 0.1 ms where a processor is free; a busy machine may take some time.
_PAUSE_LIMIT_S = 0.05


class Windows:
    """The rules of window isolation for the one worker that serves."""

    def __init__(self, settings: Settings, *, stock: Stock, sweeper: Sweeper, witness: Witness) -> None:
        self._settings = settings
        self._stock = stock
        self._sweeper = sweeper
        self._witness = witness
        self._pid_before = -1

    def open(self, worker: Worker) -> None:
        """A fresh worker is about to serve its first event."""
        if self._settings.isolation == "window":
            worker.window = Window(
                max_age=self._settings.max_age,
                max_invocations=self._settings.max_invocations,
                now=read_clocks(),
            )

    def begin(self, worker: Worker) -> None:
        """An event is about to be handed over."""
        if worker.window is not None:
            self._pid_before = proc.last_pid()

    def goes_on(self, worker: Worker | None) -> bool:
        """Say whether the worker of the event before may serve the next one."""
        if worker is None or not worker.is_running():
            return False
        if worker.window is None:
            return not self._stock.is_forking
        if worker.is_dying():
            return False
        if worker.has_spoken():
            # Nothing is asked of it: a frame sent ahead would be an answer to somebody else's event.
            self._witness.tell_hostile(worker, "it spoke between two events")
            return False
        return not worker.window.is_over(read_clocks())

    def stays(self, worker: Worker) -> bool:
        """Say whether a worker that has answered goes on to serve its window, and stop it until then.

        What runs beside it when its answer is in ends the window: the next event gets a fresh worker.
        """
        if worker.window is None:
            return False
        worker.window.served += 1
        if worker.window.is_over(read_clocks()) or self._stock.is_stale(RENEW_AT):
            return False
        worker.pause()
        if proc.last_pid() == self._pid_before >= 0:
            # Nothing was born since the event was handed over. One who makes the numbers go round once
            # gains what he has anyway: a process for as long as his worker's window.
            return self._rests(worker)
        self._sweeper.staying = worker.pid
        try:
            swept = self._sweeper.sweep(set())
        except ZygoteLostError as fault:
            self._stock.lose(fault)
            return False
        finally:
            self._sweeper.staying = 0
        self._witness.tell_swept(swept)
        is_clean = swept.is_proved and not swept.killed and not swept.zygote_lost
        return is_clean and self._rests(worker)

    def _rests(self, worker: Worker) -> bool:
        """Say whether a worker that was stopped is: one that is not could take the next event by itself."""
        if worker.is_paused(limit_s=_PAUSE_LIMIT_S):
            return True
        self._witness.tell_hostile(worker, "it did not let itself be stopped between two events")
        return False
