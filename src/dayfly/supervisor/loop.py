"""The supervisor's life: one event after another, each in a worker of its own.

The order is the protection. Before the worker sees its event the response is held open where the
platform allows it; when the answer is in, the worker and all it left are killed and proved dead, then
the answer is finished, then files and kernel objects are cleared, and only then is the next event asked
for. After that the environment may freeze at any instant, so nothing may be pending.
"""

from __future__ import annotations

import time

from dayfly._sys import proc
from dayfly.core import findings
from dayfly.core.frames import RESULT, Answer
from dayfly.supervisor.answers import Failure, exit_failure, is_request_id, send
from dayfly.supervisor.report import describe_fault
from dayfly.supervisor.upstream import UpstreamError
from dayfly.supervisor.worker import Died, Window, age, await_answer, read_clocks
from dayfly.supervisor.zygote import ZygoteLostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from dayfly.core.handshake import Ready
    from dayfly.core.http1 import Reply
    from dayfly.core.settings import Settings
    from dayfly.supervisor.extensions import ExtensionRoutes
    from dayfly.supervisor.output import Output
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.residue import Cleaner
    from dayfly.supervisor.sweep import Sweeper, Swept
    from dayfly.supervisor.upstream import Upstream
    from dayfly.supervisor.worker import Worker
    from dayfly.supervisor.zygote import Zygote

# A fork asked for at once competes with the handler for processors (it made 3 ms of a 0.7 ms answer on
# two). A handler that takes longer than this either waits for something, which leaves the processor to
# the fork, or takes so long that the fork does not show.
_FORK_AFTER_S = 0.001
# How long a fork is waited for before the next event is asked for; then it may take until that comes.
_FORK_LIMIT_S = 2.0
# Workers forked ahead. With one, events that follow each other closely wait for the fork and for the
# first page faults of the new process; the second costs page tables and what a worker touches.
_SPARES = 2
# In window isolation the next worker is needed once in many events.
_SPARES_OF_WINDOW = 1
# A zygote is initialised anew after an answer, where nobody waits, once this much of its time is over; an
# event that finds it beyond all of it waits for the init.
_RENEW_AT = 0.8
# botocore fetches new credentials in every worker from 15 minutes before the old ones end
# (RefreshableCredentials._advisory_refresh_timeout).
_RENEW_BEFORE_S = 900.0
# Huge pages cost some 6 ms a slice once and save less than that each time: only an environment that has
# served this many events will serve enough to get it back.
_TIDY_AFTER = 100
# What cleaning may leave of an invocation's time; beyond it the rest waits for the next event.
_RESERVE_S = 0.5
# A worker's wait status comes when its memory is torn down: 150 ms for gigabytes.
_STATUS_LIMIT_S = 2.0
# Zombies only PID 1 can reap; far below the 742 processes that Lambda allows.
_MANY_ZOMBIES = 256
_NO_EVENTS = 1
# A stop takes effect within 0.1 ms where a processor is free; a busy machine may take some time.
_PAUSE_LIMIT_S = 0.05
# Different notes of workers that an environment reports, and names in one: a log is not to be flooded.
_MANY_NOTES = 16
_MANY_NAMES = 8
_NAME_CHARACTERS = 100

_HEADERS = {
    "lambda-runtime-aws-request-id",
    "lambda-runtime-trace-id",
    "lambda-runtime-client-context",
    "lambda-runtime-cognito-identity",
    "lambda-runtime-invoked-function-arn",
    "lambda-runtime-deadline-ms",
    "lambda-runtime-aws-tenant-id",
    "lambda-runtime-invocation-id",
    "content-type",
}


class Supervisor:
    """Serves events until the platform ends the environment.

    `rebuild` starts a fresh zygote, waits for its init and returns it with what it said then.
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
        routes: ExtensionRoutes,
        rebuild: Callable[[], tuple[Zygote, Ready]],
    ) -> None:
        self._settings = settings
        self._upstream = upstream
        self._output = output
        self._reporter = reporter
        self._sweeper = sweeper
        self._cleaner = cleaner
        self._lock = lock
        self._routes = routes
        self._rebuild = rebuild
        self._zygote: Zygote | None = None
        self._is_forking = settings.isolation != "process"
        self._is_window = settings.isolation == "window"
        self._pid_before = -1
        self._zygote_born = (0.0, 0.0)
        self._expires_at = 0.0
        self._current: Worker | None = None
        self._spares: list[Worker] = []
        self._workers = 0
        self._init_s = 0.0
        self._is_lock_refused = False
        self._has_told_zombies = False
        self._notes: set[bytes] = set()
        sweeper.settle = self._settle_fork

    # ---- life -----------------------------------------------------------------------------------

    def serve(self, zygote: Zygote, ready: Ready, *, init_s: float) -> NoReturn:
        """Serve events for ever. `zygote` has finished init, which took `init_s` seconds."""
        self._init_s = init_s
        self._adopt(zygote, ready)
        self._prepare()
        while True:
            event = self._upstream.next()
            try:
                self._handle(event)
            except (UpstreamError, ZygoteLostError):
                raise
            except Exception as fault:
                # Trust boundary: a fault of Dayfly's own. Closed: nothing more is served from a state that
                # nobody thought of; the platform starts the runtime anew.
                self._retire(f"internal fault: {describe_fault(fault)}")

    def end(self) -> None:
        """End every process started from here; safe at any point."""
        for worker in (self._current, *self._spares):
            if worker is not None:
                worker.kill()
        if self._zygote is not None:
            self._zygote.end()
        self._sweeper.spared = set()
        self._sweeper.fork_pending = False
        self._sweeper.sweep(set())

    def _adopt(self, zygote: Zygote, ready: Ready) -> None:
        reasons = ready.reasons
        wants_fork = self._settings.isolation != "process"
        self._zygote = zygote
        self._zygote_born = read_clocks()
        self._expires_at = ready.expires_at
        self._is_forking = wants_fork and not reasons
        self._sweeper.zygote = zygote.pid
        self._sweeper.spared = {zygote.pid}
        if reasons and wants_fork:
            self._reporter.find(
                findings.NOT_FORKABLE,
                f"the function runs in process isolation, because {'; '.join(reasons[:3])}",
                {"reasons": reasons[:20], "isolation": "process"},
            )
        self._cleaner.remember()

    def _prepare(self) -> None:
        """Have a worker ready, from a fresh zygote if need be."""
        if self._is_stale(1.0):
            self._end_window()
            self._drop_zygote()
        if self._keeps_current():
            return
        self._end_window()
        while self._spares and not self._spares[0].is_running():
            self._drop_dead_spare()
        if self._spares:
            return
        zygote = self._zygote
        if zygote is not None:
            try:
                self._start_worker(zygote)
                return
            except ZygoteLostError as fault:
                self._lose_zygote(fault)
        self._replace_zygote()

    def _keeps_current(self) -> bool:
        """Say whether the worker of the event before may serve the next one."""
        worker = self._current
        if worker is None or not worker.is_running():
            return False
        if worker.window is None:
            return not self._is_forking
        if worker.is_dying():
            return False
        if worker.has_spoken():
            # Nothing is asked of it: a frame sent ahead would be an answer to somebody else's event.
            self._reporter.find(
                findings.WORKER_HOSTILE,
                "a worker was ended: it spoke between two events",
                {"reason": "it spoke between two events", "worker": worker.number},
            )
            return False
        return not worker.window.is_over(read_clocks())

    def _end_window(self) -> None:
        """End a worker that may serve no further event, as after an invocation of its own."""
        worker = self._current
        if worker is None or worker.window is None:
            return
        self._routes.drop_peers()
        swept = self._end_worker(worker)
        if swept is None or not swept.is_proved:
            self._retire("processes kept appearing and could not be proved dead")
        if not swept.zygote_lost:
            self._bury(worker)
        self._tidy_up(worker, swept, None)

    def _is_stale(self, share: float) -> bool:
        """Say whether the zygote has lived `share` of its time: what init fetched may be no longer good."""
        if self._zygote is None or not self._is_forking:
            return False
        limit = self._settings.zygote_max_age
        if limit and age(self._zygote_born, read_clocks()) >= limit * share:
            return True
        if not self._expires_at:
            return False
        margin = _RENEW_BEFORE_S if share < 1.0 else 0.0
        # What was about to end when it was fetched is not fetched again and again.
        return self._zygote_born[1] < self._expires_at - margin <= time.time()

    def _start_worker(self, zygote: Zygote) -> None:
        if not self._is_forking:
            self._current = zygote.ask_to_serve()
            return
        if not zygote.is_forking:
            self._ask_for_worker(zygote)
        self._take_worker(zygote.take_worker())

    def _ask_for_worker(self, zygote: Zygote) -> None:
        self._workers += 1
        zygote.ask_for_worker(self._workers)
        self._sweeper.fork_pending = True

    def _take_worker(self, worker: Worker | None) -> None:
        if worker is None:
            return
        self._spares.append(worker)
        self._sweeper.spared.add(worker.pid)
        self._sweeper.fork_pending = False

    def _drop_dead_spare(self) -> None:
        """A worker of ours ended it: they share a uid. Unreaped, such zombies fill the process limit."""
        dead = self._spares.pop(0)
        self._discard(dead)
        self._bury(dead)

    def _discard(self, worker: Worker) -> None:
        """Give up a worker that never saw an event."""
        worker.kill()
        self._sweeper.spared.discard(worker.pid)
        self._output.finish(worker.pipes)
        worker.close()

    def _lose_zygote(self, fault: ZygoteLostError) -> None:
        self._reporter.find(
            findings.ZYGOTE_LOST, f"the zygote was lost: {fault.reason}", {"reason": fault.reason}
        )
        self._drop_zygote()

    def _drop_zygote(self) -> None:
        while self._spares:
            self._discard(self._spares.pop())
        if self._zygote is not None:
            self._zygote.end()
        self._zygote = None
        self._sweeper.spared = set()
        self._sweeper.zygote = 0
        self._sweeper.fork_pending = False

    def _replace_zygote(self) -> None:
        """Initialise the function again in a fresh interpreter, in an emptied environment."""
        self._drop_zygote()
        if self._current is not None:
            self._current.close()
            self._current = None
        if not self._sweeper.sweep(set()).is_proved:
            self._retire("processes of an earlier worker could not be ended")
        if left := self._cleaner.empty():
            self._retire(f"{left} files could not be removed before the function is initialised again")
        began = time.monotonic()
        zygote, ready = self._rebuild()
        self._init_s = time.monotonic() - began
        self._adopt(zygote, ready)
        self._start_worker(zygote)

    def _retire(self, reason: str) -> NoReturn:
        """Serve nothing more from here: the platform starts the runtime anew, and its first act is to clean."""
        self._reporter.find(findings.NOT_CLEAN, f"the environment retires: {reason}", {"reason": reason})
        self.end()
        raise SystemExit(_NO_EVENTS)

    # ---- one invocation -------------------------------------------------------------------------

    def _handle(self, event: Reply) -> None:
        if event.status != 200 or not is_request_id(event.headers.get("lambda-runtime-aws-request-id", "")):
            # Without a request id nobody can be answered, and it stands in the path of the answer.
            raise UpstreamError(f"the Runtime API sent no event (status {event.status})")
        headers = {name: value for name, value in event.headers.items() if name in _HEADERS}
        request_id = headers.get("lambda-runtime-aws-request-id", "")
        echo = {name: headers[name] for name in ("lambda-runtime-invocation-id",) if name in headers}
        self._reporter.number += 1
        self._reporter.request_id = request_id
        until = self._deadline(headers)
        if self._cleaner.is_pending:
            self._clean(until=None)
        self._prepare()
        held = self._lock and self._hold(request_id, echo)
        worker = self._hand_over(headers, event.body)
        ending = self._await_outcome(worker)
        settled = not self._routes.has_extensions or self._settle_extensions(worker, until)
        stays = self._stays(worker, ending) and settled
        swept = None if stays else self._end_worker(worker)
        if swept is not None and self._routes.has_extensions:
            self._routes.take_over()
        if swept is not None and not swept.is_proved:
            # Once the answer is out, whoever is still there could ask for the next event.
            self._retire("processes kept appearing and could not be proved dead")
        outcome = self._explain_death(worker, request_id, ending) if isinstance(ending, Died) else ending
        note = b"" if isinstance(ending, Died) else ending.note
        send(self._upstream, request_id, outcome, held=held, echo=echo)
        # The platform takes its time over the answer; what is left to do needs no word from it.
        if swept is not None and not swept.zygote_lost:
            self._bury(worker)
            self._fork_ahead()
        if stays:
            self._tidy_window(worker, until)
        else:
            self._tidy_up(worker, swept, until)
        self._check_reply(self._upstream.reply())
        if note:
            self._report_note(note)
        if self._settings.log_invocations:
            kind = (
                "crash" if isinstance(outcome, Failure) else "success" if outcome.kind == RESULT else "error"
            )
            self._reporter.invocation(worker=worker.number, outcome=kind)
        self._reporter.request_id = ""

    def _deadline(self, headers: dict[str, str]) -> float:
        """Return the monotonic time at which the platform gives up on this invocation."""
        text = headers.get("lambda-runtime-deadline-ms", "")
        left = int(text) / 1000 - time.time() if text.isdigit() else 3.0
        return time.monotonic() + left

    def _hold(self, request_id: str, echo: dict[str, str]) -> bool:
        reply = self._upstream.hold(request_id, echo)
        if reply is None:
            return True
        if not self._is_lock_refused:
            self._is_lock_refused = True
            self._reporter.find(
                findings.CANNOT_CHECK,
                f"the platform does not let the response be held open (status {reply.status})",
                {"protection": "api_lock", "status": reply.status},
            )
        return False

    def _hand_over(self, headers: dict[str, str], body: bytes) -> Worker:
        if self._is_forking and self._current is None:
            self._current = self._spares.pop(0)
            self._sweeper.spared.discard(self._current.pid)
            if self._is_window:
                self._current.window = Window(
                    max_age=self._settings.max_age,
                    max_invocations=self._settings.max_invocations,
                    now=read_clocks(),
                )
        worker = self._current
        assert worker is not None
        if worker.window is not None:
            self._pid_before = proc.last_pid()
        worker.resume()
        worker.begin(headers, body)
        return worker

    def _fork_ahead(self) -> None:
        """Ask for one more worker, unless enough are there or on their way."""
        if self._zygote is None or not self._is_forking:
            return
        wanted = _SPARES_OF_WINDOW if self._is_window else _SPARES
        if self._zygote.is_forking or len(self._spares) >= wanted:
            return
        try:
            self._ask_for_worker(self._zygote)
        except ZygoteLostError as fault:
            self._lose_zygote(fault)

    def _await_outcome(self, worker: Worker) -> Answer | Died:
        return await_answer(
            worker,
            self._output,
            idle_after_s=_FORK_AFTER_S,
            on_idle=self._fork_ahead,
            zygote_descriptor=self._zygote_descriptor,
            on_zygote=lambda: self._settle_zygote(limit_s=0.0),
            routes=self._routes,
        )

    def _settle_extensions(self, worker: Worker, until: float) -> bool:
        """Let internal extensions do their part: the platform waits for each to ask for the next event."""
        left = max(0.0, until - time.monotonic() - _RESERVE_S)
        limit = min(self._settings.fork_deliver, left) if self._is_forking else left
        return self._routes.settle(limit, stays=not self._is_forking or worker.window is not None)

    def _zygote_descriptor(self) -> int:
        """Return the zygote's socket, -1 where there is none or it is the worker itself."""
        return self._zygote.channel.fileno() if self._zygote is not None and self._is_forking else -1

    def _tidy_zygote(self) -> None:
        if self._zygote is None or self._reporter.number < _TIDY_AFTER:
            return
        try:
            self._zygote.tidy()
        except ZygoteLostError as fault:
            self._lose_zygote(fault)

    def _settle_zygote(self, *, limit_s: float) -> None:
        """Take what the zygote sent."""
        try:
            self._settle_fork(limit_s=limit_s)
        except ZygoteLostError as fault:
            self._lose_zygote(fault)

    def _settle_fork(self, *, limit_s: float = 0.001) -> None:
        if self._zygote is not None:
            self._take_worker(self._zygote.take_worker(limit_s=limit_s))

    def _stays(self, worker: Worker, ending: Answer | Died) -> bool:
        """Say whether a worker goes on to serve its window, and stop it until then.

        What runs beside it when its answer is in ends the window: the next event gets a fresh worker.
        """
        if worker.window is None or isinstance(ending, Died):
            return False
        worker.window.served += 1
        if worker.window.is_over(read_clocks()) or self._is_stale(_RENEW_AT):
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
            self._lose_zygote(fault)
            return False
        finally:
            self._sweeper.staying = 0
        self._report_sweep(swept)
        is_clean = swept.is_proved and not swept.killed and not swept.zygote_lost
        return is_clean and self._rests(worker)

    def _rests(self, worker: Worker) -> bool:
        """Say whether a worker that was stopped is: one that is not could take the next event by itself."""
        if worker.is_paused(limit_s=_PAUSE_LIMIT_S):
            return True
        self._reporter.find(
            findings.WORKER_HOSTILE,
            "a worker was ended: it did not let itself be stopped between two events",
            {"reason": "it did not let itself be stopped between two events", "worker": worker.number},
        )
        return False

    def _end_worker(self, worker: Worker) -> Swept | None:
        """Kill the worker and everything it left, and prove them dead."""
        if not self._is_forking:
            return None
        worker.kill()
        try:
            return self._sweeper.sweep({worker.pid})
        except ZygoteLostError as fault:
            self._lose_zygote(fault)
            return self._sweeper.sweep({worker.pid})

    def _explain_death(self, worker: Worker, request_id: str, died: Died) -> Failure:
        if died.offence:
            self._reporter.find(
                findings.WORKER_HOSTILE,
                f"a worker was ended: {died.offence}",
                {"reason": died.offence, "worker": worker.number},
            )
            if not self._is_forking and self._zygote is not None:
                self._zygote.end()
            return exit_failure(request_id, None)
        status: int | None = None
        zygote = self._zygote
        if zygote is not None:
            try:
                if self._is_forking:
                    status = zygote.reaped_status(worker.pid, limit_s=_STATUS_LIMIT_S)
                else:
                    zygote.await_end()
                    zygote.end()
                    status = zygote.status
            except ZygoteLostError as fault:
                self._lose_zygote(fault)
        failure = exit_failure(request_id, status)
        self._reporter.find(
            findings.WORKER_DIED, "a worker ended before it answered", {"worker": worker.number}
        )
        return failure

    def _check_reply(self, reply: Reply) -> None:
        if reply.status < 300 or reply.status == 413:
            return
        if reply.status >= 500:
            # "Container error. Non-recoverable state. Runtime should exit promptly."
            self.end()
            raise SystemExit(_NO_EVENTS)
        self._reporter.find(
            findings.RUNTIME_API_ABUSED,
            f"the platform refused the answer with status {reply.status}: another process answered this event",
            {"status": reply.status},
        )

    # ---- after the answer -----------------------------------------------------------------------

    def _tidy_window(self, worker: Worker, until: float) -> None:
        """The worker stays, with its files: nothing is taken from it before its window ends."""
        self._output.settle(worker.pipes)
        if self._zygote is None:
            # A new one is initialised in an emptied environment only.
            self._end_window()
        self._finish_fork(until)

    def _tidy_up(self, worker: Worker, swept: Swept | None, until: float | None) -> None:
        """Clear what a worker left; `until` is when the invocation's time ends, None before an event's."""
        if swept is None:
            self._tidy_process(worker)
            return
        dropped = self._output.finish(worker.pipes)
        worker.close()
        self._current = None
        if dropped:
            self._reporter.find(findings.LOG_DROPPED, "broken log frames were dropped", {"bytes": dropped})
        self._report_sweep(swept)
        if swept.zygote_lost and self._zygote is not None:
            self._drop_zygote()
        self._clean(until=until)
        if until is None:
            return
        if self._is_stale(_RENEW_AT):
            self._drop_zygote()
        self._finish_fork(until)

    def _tidy_process(self, worker: Worker) -> None:
        """Process isolation: the process stays, so nothing it uses may be taken from it."""
        self._output.settle(worker.pipes)
        if worker.is_running():
            return
        self._output.finish(worker.pipes)
        worker.close()
        self._current = None
        self._zygote = None

    def _report_note(self, note: bytes) -> None:
        """Say what a worker said of itself, each thing once: it comes from the function's process."""
        if note in self._notes or len(self._notes) >= _MANY_NOTES:
            return
        self._notes.add(note)
        lines = note.decode("ascii", "replace").split("\n")
        names = {
            kind: [_printable(line[1:]) for line in lines if line[:1] == kind][:_MANY_NAMES] for kind in "WD"
        }
        if names["W"]:
            self._reporter.find(
                findings.WORK_DISCARDED,
                f"work after the answer was discarded: {', '.join(names['W'])}",
                {"work": names["W"]},
            )
        if names["D"]:
            self._reporter.find(
                findings.NOT_DELIVERED,
                f"not sent within {self._settings.fork_deliver:g} s: {', '.join(names['D'])}",
                {"held_by": names["D"], "deliver_s": self._settings.fork_deliver},
            )

    def _report_sweep(self, swept: Swept) -> None:
        if swept.killed:
            self._reporter.find(
                findings.PROCESS_LEFT,
                f"{swept.killed} processes outlived their invocation and were ended",
                {"processes": swept.killed},
            )
        if swept.zombies >= _MANY_ZOMBIES and not self._has_told_zombies:
            self._has_told_zombies = True
            self._reporter.find(
                findings.ZOMBIES,
                f"{swept.zombies} dead processes are not reaped by PID 1; recycle this environment",
                {"zombies": swept.zombies},
            )

    def _bury(self, worker: Worker) -> None:
        if self._zygote is None:
            return
        try:
            self._zygote.bury(worker.pid)
        except ZygoteLostError as fault:
            self._lose_zygote(fault)

    def _clean(self, *, until: float | None) -> None:
        """Clear files and kernel objects; with `until`, leave to the next event what does not fit."""
        cleaned = self._cleaner.clean(has_time=lambda: until is None or time.monotonic() < until - _RESERVE_S)
        if cleaned.retire:
            self._retire(cleaned.retire)
        if cleaned.must_rebuild:
            self._drop_zygote()

    def _finish_fork(self, until: float) -> None:
        """Have nothing pending when the next event is asked for.

        A fork under way when the environment freezes would go on when it thaws, in the way of the next
        event's handler.
        """
        if self._zygote is None and self._init_s * 1.5 > until - time.monotonic():
            # Another init does not fit into what is left: the next event waits for it, as for a cold start.
            return
        while self._spares and self._spares[0].is_dying():
            self._drop_dead_spare()
        if self._zygote is not None and self._is_forking:
            self._settle_zygote(limit_s=0.0)
            self._fork_ahead()
            self._settle_zygote(limit_s=max(0.0, min(_FORK_LIMIT_S, until - time.monotonic())))
            self._tidy_zygote()
        if self._zygote is None:
            self._prepare()


def _printable(name: str) -> str:
    """Return a name of code from a worker's note, as far as it may stand in a finding."""
    return "".join(char if char.isalnum() or char in " ._<>:()/-'" else "?" for char in name)[
        :_NAME_CHARACTERS
    ]
