"""Initialises the function anew: when its zygote was lost, and when it or its environment has reached its age.

A new interpreter is started only when nothing lives any more that has seen an event, since what runs beside it
could write its memory. So no invocation is under way meanwhile, and the init must fit into the time of one: of the
invocation just answered, or of the one about to begin. Where init left nothing outside its process and memory
allows, the old zygote waits beside the new one and goes on if that one's init fails: age alone never costs a
request. Otherwise the old one goes first.
"""

from __future__ import annotations

import time

from dayfly._sys import proc
from dayfly.core import findings
from dayfly.core.lifetime import Life
from dayfly.supervisor.worker import draw, read_clocks
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.core.handshake import Ready
    from dayfly.core.settings import Settings
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.residue import Cleaner
    from dayfly.supervisor.stock import Stock
    from dayfly.supervisor.sweep import Sweeper
    from dayfly.supervisor.zygote import Zygote

# An init takes about as long as the one before; this much of its time is asked for.
_INIT_SHARE = 1.5
# What an init leaves of an invocation's time, for whatever else that time is to do.
_RESERVE_S = 0.5
# A second zygote needs as much memory as the first, with room for what its init uses only for a while.
_MEMORY_SHARE = 1.5
_MEMORY_BYTES = 16 << 20
# When what failed is tried again: a share of the age, a minute at least.
_RETRY_SHARE = 0.1
_RETRY_S = 60.0
# A zygote is initialised anew after an answer, where nobody waits, once this much of its time is over.
_RENEW_AT = 0.8
# Beyond this much of the age it is said that no invocation had time for the init.
_OVERDUE = 1.1


class NotCleanError(Exception):
    """Something could not be ended or removed: nothing more may be served from this environment."""


class Renewal:
    """One environment's inits after the first, and its age.

    `rebuild` starts a fresh zygote and waits for its init, for so many seconds at most (None: as long as it takes).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        stock: Stock,
        sweeper: Sweeper,
        cleaner: Cleaner,
        reporter: Reporter,
        rebuild: Callable[[float | None], tuple[Zygote, Ready]],
    ) -> None:
        self._settings = settings
        self._stock = stock
        self._sweeper = sweeper
        self._cleaner = cleaner
        self._reporter = reporter
        self._rebuild = rebuild
        self._has_told_overdue = False
        self.init_s = 0.0
        self._begin_life()

    def adopt(self, zygote: Zygote, ready: Ready, *, init_s: float) -> None:
        """Take over a zygote that has finished its init, in an environment where nothing else is."""
        self.init_s = init_s
        self._stock.adopt(zygote, ready)
        self._cleaner.remember()
        self._begin_life()

    def _begin_life(self) -> None:
        self._first = self._reporter.number
        self._has_told_overdue = False
        self._life = Life(
            max_age=self._settings.environment_max_age,
            now=read_clocks(),
            jitter=self._settings.jitter,
            draw=draw(),
        )

    def replace(self) -> None:
        """Initialise the function in a fresh interpreter, in an emptied environment, however long it takes.

        Raises ZygoteLostError if the init fails, NotCleanError if the environment cannot be emptied.
        """
        self._start_over(None)

    def _start_over(self, until: float | None) -> None:
        self._stock.drop()
        if not self._sweeper.sweep(set()).is_proved:
            raise NotCleanError("processes of an earlier worker could not be ended")
        if left := self._cleaner.empty(has_time=lambda: until is None or time.monotonic() < until):
            raise NotCleanError(f"{left} files or objects could not be removed before an init")
        if self._cleaner.is_pending:
            raise ZygoteLostError("there was not enough time to remove all files", None)
        began = time.monotonic()
        zygote, ready = self._rebuild(None if until is None else until - began)
        self.adopt(zygote, ready, init_s=time.monotonic() - began)

    # ---- age ------------------------------------------------------------------------------------

    def seconds_left(self) -> float:
        """Return how long the environment may go on, infinite where it has no age to reach."""
        return self._life.seconds_left(read_clocks())

    def is_time(self, left_s: float, *, share: float = _RENEW_AT) -> bool:
        """Say whether an age is reached and `left_s` seconds are enough to renew the environment.

        Ages are the environment's, and `share` of what the zygote may reach: see `Stock.is_stale`.
        """
        now = read_clocks()
        is_aged = self._life.is_due(now)
        if not is_aged and not (self._stock.is_stale(share) and self._life.may_end(now)):
            return False
        if self.init_s * _INIT_SHARE + _RESERVE_S <= left_s:
            return True
        if not is_aged or self._has_told_overdue:
            return False
        if self._life.age(now) > self._settings.environment_max_age * _OVERDUE:
            self._has_told_overdue = True
            self._tell_not_renewed(
                f"its init takes {self.init_s:.1f} s, more than any invocation had left so far"
            )
        return False

    def renew(self, left_s: float) -> None:
        """Initialise the function anew, in `left_s` seconds at most; if that fails, leave it for later.

        Precondition: no process lives that has seen an event, and what they left is cleared. Raises NotCleanError.
        """
        aged = self._life.age(read_clocks())
        served = self._reporter.number - self._first
        until = time.monotonic() + left_s - _RESERVE_S
        if self._can_wait_beside():
            is_renewed = self._switch(until)
        else:
            try:
                self._start_over(until)
                is_renewed = True
            except ZygoteLostError as fault:
                # Nothing serves now: the next event waits for another init, as for a cold start.
                self._postpone(f"{fault.reason}; the next event waits for its init")
                is_renewed = False
        if is_renewed:
            self._reporter.find(
                findings.RENEWED,
                f"the environment was renewed at an age of {aged:.0f} s, after {served} invocations",
                {"age_s": round(aged, 3), "invocations": served, "init_s": round(self.init_s, 3)},
            )

    def _can_wait_beside(self) -> bool:
        zygote = self._stock.zygote
        if zygote is None or not self._stock.is_forking or not self._cleaner.is_bare():
            return False
        available = proc.available_bytes()
        return available > proc.resident_bytes(zygote.pid) * _MEMORY_SHARE + _MEMORY_BYTES

    def _switch(self, until: float) -> bool:
        """Initialise the function beside its zygote, and let that go once the new one is ready."""
        self._stock.drop_spares()
        zygote = self._stock.zygote
        if zygote is None or zygote.is_forking:
            return False
        began = time.monotonic()
        try:
            fresh, ready = self._rebuild(until - began)
        except ZygoteLostError as fault:
            self._keep_old(fault.reason)
            return False
        if ready.reasons:
            fresh.end()
            self._keep_old(f"it could not be forked, because {ready.reasons[0]}")
            return False
        self._stock.drop()
        self.adopt(fresh, ready, init_s=time.monotonic() - began)
        self._end_others()
        return True

    def _keep_old(self, reason: str) -> None:
        """Undo what a failed init left: the environment was empty, and its zygote has served nobody meanwhile."""
        self._end_others()
        if left := self._cleaner.empty(has_time=lambda: True):
            raise NotCleanError(f"{left} files or objects of an init that failed could not be removed")
        self._cleaner.remember()
        self._postpone(f"{reason}; the previous one keeps serving")

    def _end_others(self) -> None:
        swept = self._sweeper.sweep(set())
        if not swept.is_proved:
            raise NotCleanError("processes of an init could not be ended")
        if swept.zygote_lost:
            self._stock.drop()

    def _postpone(self, reason: str) -> None:
        pause = self._life.postpone(read_clocks(), share=_RETRY_SHARE, at_least_s=_RETRY_S)
        self._tell_not_renewed(f"the function could not be initialised again: {reason}", retry_s=pause)

    def _tell_not_renewed(self, reason: str, *, retry_s: float = 0.0) -> None:
        evidence: dict[str, object] = {"reason": reason, "age_s": round(self._life.age(read_clocks()), 3)}
        if retry_s:
            evidence["retry_s"] = round(retry_s, 3)
        self._reporter.find(findings.NOT_RENEWED, f"the environment was not renewed: {reason}", evidence)
