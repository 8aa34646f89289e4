"""One worker: the process forked to serve events, seen from outside, and the wait for its answer."""

from __future__ import annotations

import os
import select
import signal
import time

from dayfly._sys import fds
from dayfly._sys.pids import has_ended, kill_pid, open_pid
from dayfly.core.frames import ERROR, NONCE_BYTES, RESULT, Answer, AnswerReader, FrameError, pack_event
from dayfly.supervisor.answers import is_acceptable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Mapping
    from typing import Literal

    from dayfly.core.frames import EarlyReport
    from dayfly.core.lifetime import Window
    from dayfly.supervisor.apiwatch import ApiWatch, Sighting
    from dayfly.supervisor.extensions import ExtensionRoutes
    from dayfly.supervisor.output import Output, Pipes
    from dayfly.supervisor.summons import Summons

# How long a worker that closed its channel may take to end.
_END_LIMIT_S = 1.0
# What one look at its channel takes, more than any answer has and than a dead one can have left there: who never stops
# sending what nobody wants would keep the supervisor from its clock.
_PULL_BYTES = 16 << 20
# How long a worker may take to answer by itself after an operation was refused: an error that comes out of the handler is
# there within a millisecond. Together with killing and proving it stays below 0.1 s.
_REFUSED_LIMIT_S = 0.05
# And once the handler has ended: AWS's loop describes the error, on a small share of a processor, and batches are sent.
_DESCRIBED_LIMIT_S = 1.0
# Without pidfds a worker's end is only seen by looking.
_NO_HANDLE_WAIT_MS = 50.0


def read_clocks() -> tuple[float, float]:
    """Return seconds since boot, suspension included, and since the epoch."""
    return time.clock_gettime(time.CLOCK_BOOTTIME), time.time()


def draw() -> float:
    """Return a random number from 0 up to 1; the random module would be one more to load."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


class Worker:
    """A process that serves events over its own socket.

    `pid_handle` is a pidfd, -1 where the kernel has none; then the pid is safe to use until the zygote
    is told to reap it, since nobody else can.
    """

    __slots__ = (
        "_is_describing",
        "_reader",
        "_refused_at",
        "_unsent",
        "channel",
        "error",
        "number",
        "pid",
        "pid_handle",
        "pipes",
        "said_more",
        "window",
    )

    def __init__(self, number: int, pid: int, channel: _socket.socket, pipes: Pipes) -> None:
        self.number = number
        self.pid = pid
        self.pid_handle = open_pid(pid)
        self.channel = channel
        self.pipes = pipes
        self._unsent = memoryview(b"")
        self._reader = AnswerReader(b"")
        # The error of a refusal that was reported for the event at hand, b"" where there was none.
        self.error = b""
        self._refused_at = 0.0
        self._is_describing = False
        self.said_more = False
        # None where it serves one event, or all.
        self.window: Window | None = None

    def begin(self, headers: Mapping[str, str], body: bytes) -> None:
        """Hand over an event; what the socket does not take at once is sent by `push`."""
        nonce = os.urandom(NONCE_BYTES)
        self._reader = AnswerReader(nonce, skipped=self._reader.unread)
        self.error = b""
        self._is_describing = False
        self._unsent = memoryview(pack_event(nonce, headers, body))
        self.push()

    @property
    def has_unsent(self) -> bool:
        """Say whether a part of the event waits for room in the socket."""
        return bool(self._unsent)

    def push(self) -> bool:
        """Send what the socket takes; return whether all is sent.

        A worker that closed its end is noticed when it is read; where the kernel has no memory, what is left is sent
        later.
        """
        try:
            while self._unsent:
                self._unsent = self._unsent[self.channel.send(self._unsent) :]
        except (BrokenPipeError, ConnectionResetError):
            self._unsent = memoryview(b"")
        except OSError:
            # No room; or ENOBUFS, ENOMEM: given up, it would be waited for until the platform's patience ends.
            return False
        return True

    def pull(self) -> tuple[Answer | None, bool]:
        """Read what the worker sent; return its answer once whole, and whether it closed its end.

        There may be more to read where it returns neither. Raises FrameError for anything that is no answer to this event.
        """
        taken = 0
        while taken < _PULL_BYTES:
            try:
                data = fds.receive(self.channel)
            except BlockingIOError:
                return None, False
            except OSError:
                return None, True
            if not data:
                return None, True
            taken += len(data)
            self.said_more = bool(self._reader.feed(data))
            if self._reader.answer is not None:
                return self._reader.answer, False
        return None, False

    def take_reports(self) -> list[EarlyReport]:
        """Return what it has reported since it was last asked, and take note of a refusal."""
        reports, self._reader.reports = self._reader.reports, []
        for report in reports:
            if not report.is_current:
                continue
            if report.error and not self.error:
                self.error = report.error
                self._refused_at = time.monotonic()
            self._is_describing |= bool(self.error) and not (report.error or report.finding)
        return reports

    def answer_until(self, deliver_s: float) -> float | None:
        """Return when the error of a refusal becomes the answer, None where nothing was refused.

        `deliver_s` is how long sending batches may take. What the worker reports later does not put it off.
        """
        if not self.error:
            return None
        more_s = _DESCRIBED_LIMIT_S + deliver_s if self._is_describing else 0.0
        return self._refused_at + _REFUSED_LIMIT_S + more_s

    def has_spoken(self) -> bool:
        """Say whether the worker sent more than its answer, or closed its end, with no event at hand."""
        if self.said_more:
            return True
        poller = select.poll()
        poller.register(self.channel, select.POLLIN)
        return bool(poller.poll(0))

    def is_running(self) -> bool:
        """Say whether the process still exists as more than a zombie."""
        return not has_ended(self.pid_handle, self.pid)

    def is_dying(self) -> bool:
        """Say whether it was killed, which a pidfd tells only when all is torn down."""
        from dayfly._sys import proc

        return proc.is_dying(self.pid)

    def is_stopped(self) -> bool:
        """Say whether the process was stopped by a signal and has not been resumed."""
        from dayfly._sys import proc

        stat = proc.read_stat(self.pid)
        return stat is not None and stat.state == "T"

    def resume(self) -> None:
        """Undo a stop: a worker before this one, of the same uid, may have stopped it."""
        kill_pid(self.pid, self.pid_handle, signal.SIGCONT)

    def pause(self) -> None:
        """Stop the process until `resume`; `await_pause` says when it is."""
        kill_pid(self.pid, self.pid_handle, signal.SIGSTOP)

    def await_pause(self, *, limit_s: float) -> Literal["paused", "late", "continued"]:
        """Wait up to `limit_s` until nothing of the process runs.

        "late": a stop is on its way, as on a busy machine. "continued": somebody has taken it back.
        """
        from dayfly._sys import proc

        until = time.monotonic() + limit_s
        were_stopped: set[str] = set()
        while True:
            stopped, running = proc.threads_by_stop(self.pid)
            if not running:
                return "paused"
            if were_stopped & running:
                return "continued"
            were_stopped |= stopped
            if time.monotonic() > until:
                # A signal is taken and its thread stopped under one lock: what no longer waits has stopped somebody.
                is_on_its_way = proc.has_pending_stop(self.pid) or proc.threads_by_stop(self.pid)[0]
                return "late" if is_on_its_way else "continued"
            os.sched_yield()

    def kill(self) -> None:
        """Stop the process so that nothing it holds in memory meets the next event.

        Not SIGTERM: the function may handle it, and a handler that hangs keeps alive the process we
        want gone. The price is that its own exit handlers never run; docs/security-evidence.md says so.
        """
        kill_pid(self.pid, self.pid_handle)

    def close(self) -> None:
        """Close socket and pidfd; the pipes are the output's to finish."""
        self.channel.close()
        if self.pid_handle >= 0:
            os.close(self.pid_handle)
            self.pid_handle = -1


class Died:
    """A worker gave no answer; `offence` names the rule it broke, empty when it just ended.

    `is_late` says that it still runs and its time is over.
    """

    __slots__ = ("is_late", "offence")

    def __init__(self, offence: str, *, is_late: bool = False) -> None:
        self.offence = offence
        self.is_late = is_late


class Infected(Died):
    """A worker has to be ended: it was seen to take the runtime's place."""

    __slots__ = ("sighting",)

    def __init__(self, sighting: Sighting) -> None:
        super().__init__(sighting.message)
        self.sighting = sighting


class EndedByRefusal(Died):
    """A worker has to be ended: an operation was refused, and it has not answered."""

    __slots__ = ("error",)

    def __init__(self, error: bytes) -> None:
        super().__init__("", is_late=True)
        self.error = error


def await_answer(
    worker: Worker,
    output: Output,
    *,
    idle_after_s: float,
    on_idle: Callable[[], None],
    zygote_descriptor: Callable[[], int],
    on_zygote: Callable[[], None],
    summons: Summons,
    routes: ExtensionRoutes | None = None,
    until: float | None = None,
    watch: ApiWatch | None = None,
    on_report: Callable[[EarlyReport], None] = lambda _report: None,
    deliver_s: float = 0.0,
) -> Answer | Died:
    """Return the worker's answer, or how it ended without one.

    `on_idle` is called once nothing happened for `idle_after_s` seconds; `on_zygote` when the zygote sent
    something, whose socket `zygote_descriptor` names: -1 without, another number once it was lost.
    `routes` are served meanwhile, and `summons` heeded: SystemExit when the platform ends the supervisor. `until` is the
    monotonic time at which nothing more is waited for.
    `watch` looks for the worker where it has no business. `on_report` is called with each report as it comes, and a
    refusal among them is the answer unless the worker gives an error of its own soon; `deliver_s` as `Worker.answer_until`.
    """
    poller = select.poll()
    poller.register(worker.channel, select.POLLIN | (select.POLLOUT if worker.has_unsent else 0))
    if worker.pid_handle >= 0:
        poller.register(worker.pid_handle, select.POLLIN)
    for descriptor in worker.pipes.open_ends():
        poller.register(descriptor, select.POLLIN)
    zygote = zygote_descriptor()
    if zygote >= 0:
        poller.register(zygote, select.POLLIN)
    if summons.descriptor >= 0:
        poller.register(summons.descriptor, select.POLLIN)
    beside: list[int] = _register(poller, [], routes)
    resting_ms = None if worker.pid_handle >= 0 else _NO_HANDLE_WAIT_MS
    wait_ms: float | None = idle_after_s * 1000
    closed_until = 0.0
    while True:
        limits = [limit for limit in (until, worker.answer_until(deliver_s)) if limit is not None]
        is_late = bool(limits) and time.monotonic() >= min(limits)
        bound_ms = _sooner_ms(wait_ms, min(limits, default=None))
        ready = poller.poll(bound_ms if watch is None else watch.bound(bound_ms))
        if watch is not None and (sighting := watch.look_if_due()) is not None:
            return Infected(sighting)
        if not ready and not closed_until:
            if wait_ms != resting_ms:
                on_idle()
            wait_ms = resting_ms
        has_ended = worker.pid_handle < 0 and not worker.is_running()
        is_readable = False
        for descriptor, _events in ready:
            if descriptor == worker.channel.fileno():
                is_readable = True
            elif descriptor == worker.pid_handle:
                has_ended = True
            elif descriptor == zygote:
                on_zygote()
            elif descriptor == summons.descriptor:
                summons.heed()
            elif routes is not None and descriptor in beside:
                routes.serve(descriptor)
                beside = _register(poller, beside, routes)
            else:
                output.forward(worker.pipes, descriptor)
                if descriptor not in worker.pipes.open_ends():
                    poller.unregister(descriptor)
        if zygote >= 0 and zygote_descriptor() != zygote:
            # Lost on the way: its descriptor is closed, and a closed one is always ready.
            poller.unregister(zygote)
            zygote = -1
        if is_readable and worker.has_unsent and worker.push():
            poller.modify(worker.channel, select.POLLIN)
        if closed_until and time.monotonic() > closed_until:
            return Died("it closed its channel and kept running")
        if is_readable or has_ended:
            try:
                answer, closed = worker.pull()
            except FrameError as fault:
                return Died(str(fault))
            finally:
                for report in worker.take_reports():
                    on_report(report)
            if answer is not None:
                answer = _with_refusal(answer, worker.error)
                return answer if is_acceptable(answer) else Died("answer with a forbidden header value")
            if has_ended:
                return EndedByRefusal(worker.error) if worker.error else Died("")
            if closed:
                # Its process is about to end, unless it lives on without a way to answer.
                poller.unregister(worker.channel)
                closed_until = time.monotonic() + _END_LIMIT_S
                wait_ms = _NO_HANDLE_WAIT_MS
        if is_late:
            return EndedByRefusal(worker.error) if worker.error else Died("", is_late=True)


def _with_refusal(answer: Answer, error: bytes) -> Answer:
    """Return the answer, or the error of a refusal where the worker gives a result all the same."""
    if not error or answer.kind != RESULT or answer.is_too_long:
        # What is too long is an error in any case, and what is still to come of it has to be skipped.
        return answer
    return Answer(ERROR, b"", error, len(error), answer.note)


def _sooner_ms(wait_ms: float | None, until: float | None) -> float | None:
    """Return how long to wait, not beyond `until`."""
    if until is None:
        return wait_ms
    # poll takes whole milliseconds, and would return just before the time again and again.
    left_ms = max(0.0, (until - time.monotonic()) * 1000 + 1)
    return left_ms if wait_ms is None else min(wait_ms, left_ms)


def _register(poller: select.poll, before: list[int], routes: ExtensionRoutes | None) -> list[int]:
    """Have the routes' descriptors polled in place of those in `before`; return them."""
    now = [] if routes is None else routes.descriptors()
    for descriptor in before:
        if descriptor not in now:
            poller.unregister(descriptor)
    for descriptor in now:
        if descriptor not in before:
            poller.register(descriptor, select.POLLIN)
    return now
