"""The supervisor's life: one event after another, each in a worker of its own.

The order is the protection. Before the worker sees its event the response is held open where the
platform allows it; when the answer is in, the worker and all it left are killed and proved dead, then
the answer is finished, then files and kernel objects are cleared, and only then is the next event asked
for. After that the environment may freeze at any instant, so nothing may be pending.
"""

from __future__ import annotations

import time

from dayfly.core import findings
from dayfly.core.frames import ERROR, Answer
from dayfly.core.invocation import find_defect, select_headers
from dayfly.supervisor.answers import (
    Failure,
    echoed,
    exit_failure,
    is_request_id,
    send,
    timeout_failure,
    timeout_words,
    unreadable_failure,
)
from dayfly.supervisor.exposure import Exposure
from dayfly.supervisor.life import print_error
from dayfly.supervisor.renewal import NotCleanError, Renewal
from dayfly.supervisor.report import describe_fault
from dayfly.supervisor.stock import Stock
from dayfly.supervisor.timing import Timing
from dayfly.supervisor.upstream import UpstreamError
from dayfly.supervisor.windows import Windows
from dayfly.supervisor.witness import Witness
from dayfly.supervisor.worker import Died, EndedByRefusal, Infected, await_answer
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from dayfly.core.handshake import Ready
    from dayfly.core.http1 import Reply
    from dayfly.core.settings import Settings
    from dayfly.supervisor.extensions import ExtensionRoutes
    from dayfly.supervisor.gate import Gate
    from dayfly.supervisor.keeper import Keeper
    from dayfly.supervisor.ledger import Ledger
    from dayfly.supervisor.output import Output
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.residue import Cleaner
    from dayfly.supervisor.summons import Summons
    from dayfly.supervisor.sweep import Sweeper, Swept
    from dayfly.supervisor.tenants import Tenants
    from dayfly.supervisor.upstream import Upstream
    from dayfly.supervisor.worker import Worker
    from dayfly.supervisor.zygote import Zygote

# A fork asked for at once competes with the handler for processors (it made 3 ms of a 0.7 ms answer on
# two). A handler that takes longer than this either waits for something, which leaves the processor to
# the fork, or takes so long that the fork does not show.
_FORK_AFTER_S = 0.001
# How long a fork is waited for before the next event is asked for; then it may take until that comes.
_FORK_LIMIT_S = 2.0
# What cleaning may leave of an invocation's time; beyond it the rest waits for the next event.
_RESERVE_S = 0.5
# A worker's wait status comes when its memory is torn down: 150 ms for gigabytes.
_STATUS_LIMIT_S = 2.0
_NO_EVENTS = 1
# What of `retire_on` ends a process that is not forked, once something was planted in its memory.
_RETIRES_PROCESS = frozenset(("residue", "suspicion"))


class Supervisor:
    """Serves events until the platform ends the environment.

    `rebuild` starts a fresh zygote, waits for its init and returns it with what it said then; given a number, it
    waits so many seconds at most.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        upstream: Upstream,
        output: Output,
        reporter: Reporter,
        sweeper: Sweeper,
        cleaner: Cleaner,
        lock: bool,
        gate: Gate,
        routes: ExtensionRoutes,
        keeper: Keeper,
        summons: Summons,
        rebuild: Callable[[float | None], tuple[Zygote, Ready]],
    ) -> None:
        self._settings = settings
        self._upstream = upstream
        self._output = output
        self._reporter = reporter
        self._sweeper = sweeper
        self._cleaner = cleaner
        self._lock = lock
        self._gate = gate
        self._routes = routes
        self._keeper = keeper
        self._summons = summons
        sweeper.relieve = output.relieve = keeper.relieve
        self._current: Worker | None = None
        self._timing = Timing(settings)
        self._ledger = _ledger(settings, reporter)
        self._tenants = _tenants(settings)
        self._witness = Witness(reporter, settings)
        self._exposure = Exposure(reporter)
        self._stock = Stock(settings, sweeper=sweeper, output=output, reporter=reporter, keeper=keeper)
        self._renewal = Renewal(
            settings,
            stock=self._stock,
            sweeper=sweeper,
            cleaner=cleaner,
            reporter=reporter,
            rebuild=rebuild,
        )
        self._windows = Windows(
            settings,
            stock=self._stock,
            sweeper=sweeper,
            cleaner=cleaner,
            reporter=reporter,
            witness=self._witness,
            seconds_left=self._renewal.seconds_left,
        )

    # ---- life -----------------------------------------------------------------------------------

    def serve(self, zygote: Zygote, ready: Ready, *, init_s: float) -> NoReturn:
        """Serve events for ever. `zygote` has finished init, which took `init_s` seconds."""
        self._renewal.adopt(zygote, ready, init_s=init_s)
        self._routes.poll_ahead()
        try:
            self._prepare()
        except NotCleanError as fault:
            self._retire(str(fault))
        while True:
            try:
                self._handle(self._gate.next_event(self._summons))
            except (UpstreamError, ZygoteLostError):
                raise
            except NotCleanError as fault:
                self._retire(str(fault))
            except Exception as fault:
                # Trust boundary: a fault of Dayfly's own. Closed: nothing more is served from a state that
                # nobody thought of; the platform starts the runtime anew.
                self._retire(f"internal fault: {describe_fault(fault)}")

    def end(self) -> None:
        """End every process started from here; safe at any point."""
        if self._current is not None:
            self._current.kill()
        self._stock.kill()
        self._sweeper.spared = set()
        self._sweeper.fork_pending = False
        self._sweeper.sweep(set())

    def _retire(self, reason: str) -> NoReturn:
        """Serve nothing more from here: the platform starts the runtime anew, and its first act is to clean."""
        self._keeper.relieve()
        self._reporter.find(findings.NOT_CLEAN, f"the environment retires: {reason}", {"reason": reason})
        self.end()
        raise SystemExit(_NO_EVENTS)

    # ---- before an event ------------------------------------------------------------------------

    def _prepare(self, tenant: bytes | None = None, *, left_s: float = 0.0) -> None:
        """Have a worker ready for an event of `tenant`'s, from a fresh zygote if need be.

        `left_s` is the time that an event at hand can do without.
        """
        if left_s > 0 and self._renewal.is_time(left_s, share=1.0):
            self._end_window()
            self._end_process()
            self._renewal.renew(left_s)
        if self._windows.goes_on(self._current, tenant):
            return
        self._end_window()
        if self._stock.has_spare():
            return
        zygote = self._stock.zygote
        if zygote is not None:
            try:
                self._start_worker(zygote)
                return
            except ZygoteLostError as fault:
                self._stock.lose(fault)
        self._end_process()
        self._renewal.replace()
        assert self._stock.zygote is not None
        self._start_worker(self._stock.zygote)

    def _start_worker(self, zygote: Zygote) -> None:
        if self._stock.is_forking:
            self._stock.wait_for_spare(zygote)
        else:
            self._current = zygote.ask_to_serve()

    def _end_window(self) -> None:
        """End a worker that may serve no further event, as after an invocation of its own."""
        worker = self._current
        if worker is None or worker.window is None:
            return
        self._routes.drop_peers()
        swept = self._end_worker(worker)
        if swept is None or not swept.is_proved:
            self._retire("the worker of a window could not be ended" if swept is None else swept.fault)
        if not swept.zygote_lost:
            self._stock.bury(worker)
        self._tidy_up(worker, swept, None)

    def _end_process(self) -> None:
        """In process isolation: end the function's process, with everything beside it."""
        worker = self._current
        if worker is None:
            return
        self._routes.drop_peers()
        self._stock.drop()
        swept = self._sweeper.sweep(set())
        if not swept.is_proved:
            raise NotCleanError(swept.fault)
        self._keeper.release(zombies=swept.zombies)
        self._tidy_process(worker)

    # ---- one invocation -------------------------------------------------------------------------

    def _handle(self, event: Reply) -> None:
        headers = select_headers(event)
        request_id = headers.get("lambda-runtime-aws-request-id", "")
        if not 200 <= event.status < 300 or not is_request_id(request_id):
            # Without a request id nobody can be answered, and it stands in the path of the answer.
            why = f": {event.defect}" if event.defect else ""
            raise UpstreamError(f"the Runtime API sent no event (status {event.status}){why}")
        echo = echoed(headers)
        self._gate.arrived(request_id, headers)
        self._reporter.number += 1
        self._reporter.request_id = request_id
        if self._ledger is not None:
            self._ledger.arrived()
        if defect := find_defect(event):
            self._refuse(request_id, headers, defect)
            return
        until = self._timing.begin(headers)
        if self._cleaner.is_pending:
            self._clean(until=None)
        self._evict()
        tenant = self._tenants.key(headers, event.body) if self._tenants is not None else None
        self._prepare(tenant, left_s=self._timing.spare_s())
        held = self._lock and self._hold(request_id, echo)
        worker = self._hand_over(headers, event.body, tenant)
        self._gate.begin(worker, until, is_locked=held)
        ending = self._await_outcome(worker)
        if self._ledger is not None:
            self._ledger.answered(worker.pid)
        # Before it is decided whether a window goes on.
        if isinstance(ending, Answer) and ending.note and self._witness.tell_note(ending.note):
            self._exposure.planted(worker)
        stays = self._stays(worker, ending)
        swept = None if stays else self._end_worker(worker, ending)
        if swept is not None or isinstance(ending, Died):
            self._routes.take_over()
        if swept is not None and not swept.is_proved:
            # Once the answer is out, whoever is still there could ask for the next event.
            self._retire(swept.fault)
        if swept is not None or isinstance(ending, Infected):
            self._gate.worker_ended()
        outcome = self._explain_death(worker, request_id, ending) if isinstance(ending, Died) else ending
        send(self._upstream, request_id, outcome, held=held, echo=echo)
        if self._ledger is not None:
            self._ledger.sent()
        spoilt = self._stock.keep()
        # The platform takes its time over the answer; what is left to do needs no word from it.
        if swept is not None and not swept.zygote_lost:
            self._stock.bury(worker)
            self._stock.fork_ahead()
        if stays:
            self._tidy_window(worker, until)
        else:
            self._end_talker(worker, swept, ending)
            self._tidy_up(worker, swept, until)
        self._check_reply(worker, self._upstream.reply(), ending)
        if self._ledger is not None:
            self._ledger.tell(worker.number, headers, event.body, outcome)
        if spoilt:
            self._retire(spoilt)
        self._reporter.request_id = ""

    def _refuse(self, request_id: str, headers: dict[str, str], defect: str) -> None:
        """Answer an event that no worker can be given with an error; nothing else changes, and the next event is served."""
        failure = unreadable_failure(request_id, defect)
        print_error(f"request {request_id} was answered with an error: {defect}", "check the event's source")
        send(self._upstream, request_id, failure, held=False, echo=echoed(headers))
        if self._ledger is not None:
            self._ledger.sent()
        self._check_reply(None, self._upstream.reply(), Died(""))
        if self._ledger is not None:
            self._ledger.tell(0, headers, b"", failure)
        self._reporter.request_id = ""

    def _hold(self, request_id: str, echo: dict[str, str]) -> bool:
        reply = self._upstream.hold(request_id, echo)
        if reply is not None:
            self._witness.tell_lock_refused(reply)
        return reply is None

    def _hand_over(self, headers: dict[str, str], body: bytes, tenant: bytes | None) -> Worker:
        if self._stock.is_forking and self._current is None:
            self._current = self._stock.take_spare()
            self._windows.open(self._current, tenant)
        worker = self._current
        assert worker is not None
        headers = headers | self._windows.begin(worker)
        self._stock.rest()
        self._keeper.hand_over(worker, self._stock.zygote)
        worker.resume()
        if self._ledger is not None:
            self._ledger.handing_over(worker.pid)
        worker.begin(headers, body)
        self._exposure.handed_over(worker)
        return worker

    def _await_outcome(self, worker: Worker) -> Answer | Died:
        ending = self._await_answer(worker)
        if isinstance(ending, Infected) and not self._stock.is_forking and self._end_children():
            # Not the process, whose event may be a customer's: it is ended after its answer.
            self._gate.note(ending.sighting)
            ending = self._await_answer(worker)
        return ending

    def _end_children(self) -> bool:
        """Process isolation: end what runs beside the function; say whether nobody is at the Runtime API any more."""
        return self._sweeper.sweep(set()).is_proved and self._gate.watch.look() is None

    def _evict(self) -> None:
        """Process isolation: no event is given to a process that is at the Runtime API itself."""
        if self._stock.is_forking or self._current is None or self._gate.is_absent():
            return
        if not self._end_children():
            self._end_process()

    def _await_answer(self, worker: Worker) -> Answer | Died:
        return await_answer(
            worker,
            self._output,
            idle_after_s=_FORK_AFTER_S,
            on_idle=self._stock.fork_ahead,
            zygote_descriptor=self._stock.descriptor,
            on_zygote=lambda: self._stock.settle(limit_s=0.0),
            summons=self._summons,
            routes=self._routes,
            until=self._timing.worker_until,
            watch=self._gate.watch,
            on_report=self._witness.tell_report,
            deliver_s=self._settings.fork_deliver,
        )

    def _stays(self, worker: Worker, ending: Answer | Died) -> bool:
        """Say whether the worker goes on to serve; then it is stopped."""
        self._timing.answered()
        if isinstance(ending, Died) and ending.is_late:
            # Its extensions are as late as it is.
            return False
        settled = not self._routes.has_extensions or self._settle_extensions(worker, self._timing.until)
        if isinstance(ending, Died) or self._renewal.is_time(self._timing.left()):
            return False
        return self._windows.stays(worker, ending) and settled and self._gate.is_absent()

    def _settle_extensions(self, worker: Worker, until: float) -> bool:
        """Let internal extensions do their part: the platform waits for each to ask for the next event."""
        left = max(0.0, until - time.monotonic() - _RESERVE_S)
        is_forking = self._stock.is_forking
        limit = min(self._settings.fork_deliver, left) if is_forking else left
        return self._routes.settle(limit, stays=not is_forking or worker.window is not None)

    def _end_worker(self, worker: Worker, ending: Answer | Died | None = None) -> Swept | None:
        """Kill the worker and everything it left, and prove them dead; None for a process that is kept."""
        if not self._stock.is_forking:
            if isinstance(ending, Infected) or (isinstance(ending, Died) and ending.is_late):
                self._end_process()
            return None
        worker.kill()
        try:
            swept = self._sweeper.sweep({worker.pid})
        except ZygoteLostError as fault:
            self._stock.lose(fault)
            swept = self._sweeper.sweep({worker.pid})
        if swept.is_proved:
            self._keeper.release(zombies=swept.zombies)
        return swept

    def _explain_death(self, worker: Worker, request_id: str, died: Died) -> Failure | Answer:
        if isinstance(died, EndedByRefusal):
            return Answer(ERROR, b"", died.error, len(died.error))
        if died.is_late:
            self._witness.tell_late(worker, timeout_words(self._timing.timeout_s))
            return timeout_failure(request_id, self._timing.timeout_s)
        if isinstance(died, Infected):
            return exit_failure(request_id, None)
        zygote = self._stock.zygote
        if died.offence:
            self._witness.tell_hostile(worker, died.offence)
            if not self._stock.is_forking and zygote is not None:
                zygote.end()
            return exit_failure(request_id, None)
        status: int | None = None
        if self._stock.is_resting:
            # It is asked for the status, and must not see what the worker left.
            self._clean(until=None)
            zygote = self._stock.zygote
        if zygote is not None:
            try:
                if self._stock.is_forking:
                    status = zygote.reaped_status(worker.pid, limit_s=_STATUS_LIMIT_S)
                else:
                    zygote.await_end()
                    zygote.end()
                    status = zygote.status
            except ZygoteLostError as fault:
                self._stock.lose(fault)
        self._witness.tell_died(worker)
        return exit_failure(request_id, status)

    def _check_reply(self, worker: Worker | None, reply: Reply, ending: Answer | Died) -> None:
        """Judge the platform's reply to an answer; `worker` is None where none was given the event."""
        if reply.status >= 500:
            # "Container error. Non-recoverable state. Runtime should exit promptly."
            self.end()
            raise SystemExit(_NO_EVENTS)
        if not self._gate.judge(reply.status, ending) or worker is None or self._current is not worker:
            return
        if worker.window is not None:
            self._end_window()
        elif not self._stock.is_forking:
            self._end_process()

    # ---- after the answer -----------------------------------------------------------------------

    def _end_talker(self, worker: Worker, swept: Swept | None, ending: Answer | Died) -> None:
        """Process isolation: end a process that sent more than its answer, which would be the next customer's."""
        if (
            swept is not None
            or not isinstance(ending, Answer)
            or ending.is_too_long
            or not worker.is_running()
        ):
            return
        if not self._windows.is_silent(worker):
            self._end_process()

    def _tidy_window(self, worker: Worker, until: float) -> None:
        """The worker stays, with its files: nothing is taken from it before its window ends."""
        self._output.settle(worker.pipes)
        if self._stock.zygote is None:
            # A new one is initialised in an emptied environment only.
            self._end_window()
        self._finish(until)

    def _tidy_up(self, worker: Worker, swept: Swept | None, until: float | None) -> None:
        """Clear what a worker left; `until` is when the invocation's time ends, None before an event's."""
        if swept is None:
            self._tidy_process(worker)
            # Without this what was planted would serve for hours.
            is_changed = self._exposure.is_changed(worker) and bool(
                self._settings.retire_on & _RETIRES_PROCESS
            )
            if until is not None and (is_changed or self._renewal.is_time(until - time.monotonic())):
                self._end_process()
                self._finish(until)
            return
        self._witness.tell_dropped_log(self._output.finish(worker.pipes))
        self._keeper.let_go(worker)
        self._current = None
        self._witness.tell_swept(swept)
        if swept.zygote_lost and self._stock.zygote is not None:
            self._stock.drop()
        self._clean(until=until)
        if until is None:
            return
        self._finish(until)

    def _tidy_process(self, worker: Worker) -> None:
        """Process isolation: the process stays, so nothing it uses may be taken from it."""
        if self._current is None:
            return
        self._output.settle(worker.pipes)
        if worker.is_running():
            self._gate.is_absent()
            return
        self._output.finish(worker.pipes)
        self._keeper.let_go(worker)
        self._current = None
        self._stock.zygote = None

    def _clean(self, *, until: float | None) -> None:
        """Clear files and kernel objects; with `until`, leave to the next event what does not fit."""
        cleaned = self._cleaner.clean(has_time=lambda: until is None or time.monotonic() < until - _RESERVE_S)
        if cleaned.retire:
            self._retire(cleaned.retire)
        if cleaned.must_rebuild:
            self._stock.drop()

    def _finish(self, until: float) -> None:
        """Have nothing pending when the next event is asked for.

        A fork under way when the environment freezes would go on when it thaws, in the way of the next
        event's handler.
        """
        left = until - time.monotonic()
        if self._current is None and not self._cleaner.is_pending and self._renewal.is_time(left):
            self._renewal.renew(left)
            if self._stock.zygote is None:
                return
            left = until - time.monotonic()
        if self._stock.zygote is None and self._renewal.init_s * 1.5 > left:
            # Another init does not fit into what is left: the next event waits for it, as for a cold start.
            return
        is_alone = self._current is None and not self._cleaner.is_pending
        self._stock.finish_fork(max(0.0, min(_FORK_LIMIT_S, left)), is_alone=is_alone)
        if self._stock.zygote is None:
            self._prepare()


def _ledger(settings: Settings, reporter: Reporter) -> Ledger | None:
    """Return what keeps account of invocations, None where nobody asked for it."""
    if not settings.log_invocations:
        return None
    # With what reads events: some milliseconds, once, in functions that tell of invocations.
    from dayfly.supervisor.ledger import Ledger

    return Ledger(reporter)


def _tenants(settings: Settings) -> Tenants | None:
    """Return what tells tenants apart, None where no two events meet in a worker or nobody asked for it."""
    if not settings.tenant or settings.isolation != "window":
        return None
    from dayfly.supervisor.tenants import Tenants

    return Tenants(settings.tenant)
