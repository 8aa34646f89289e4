"""The zygote as the supervisor sees it: started, asked for workers, told what it may reap."""

from __future__ import annotations

import _socket
import os
import select
import signal
import time

from dayfly._sys import fds, proc, processors
from dayfly._sys.channel import Channel
from dayfly._sys.pids import has_ended, kill_pid, open_pid
from dayfly.core import frames
from dayfly.core.handshake import MARKER, Ready, ZygoteOptions
from dayfly.supervisor.worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dayfly.supervisor.extensions import ExtensionRoutes
    from dayfly.supervisor.life import Life
    from dayfly.supervisor.output import Output, Pipes
    from dayfly.supervisor.summons import Summons

# A fork of a gigabyte takes 50 ms; a zygote that does not answer for this long was stopped or is broken.
_FORK_LIMIT_S = 5.0
# How long the interpreter's own end may take after the socket is closed: exit handlers run in it.
_END_LIMIT_S = 2.0
# A stop takes effect within 0.1 ms where a processor is free; a busy machine may take its time.
_REST_LIMIT_S = 1.0
# How often a zygote that is waited for is looked at: one that somebody stopped says nothing and closes nothing.
_LOOK_S = 0.1
# Zombies that may wait for the next request.
_MANY_DEAD = 8
# Pids have 7 digits at most (PID_MAX_LIMIT in include/linux/threads.h), wait statuses 5.
_MAX_DIGITS = 7
# What it says without being asked, and what it may have said and nobody has asked for yet. A zygote that says
# anything else, or more at once, is not the one that was started.
_KINDS = {frames.CALL, frames.READY, frames.FORKED, frames.SERVING, frames.PRINTED}
_MANY_UNASKED = 8
_MANY_FRAMES = 256
# Of those that came too late to be waited for.
_MANY_STATUSES = 16
_HEX_DIGITS = frozenset(b"0123456789abcdef")
_MANY_HEX_DIGITS = 16


class ZygoteLostError(Exception):
    """The zygote ended or no longer answers; `status` is its wait status, None when it still runs."""

    def __init__(self, reason: str, status: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Zygote:
    """A running zygote and the workers it is asked for."""

    def __init__(
        self,
        pid: int,
        channel: _socket.socket,
        pipes: Pipes,
        output: Output,
        *,
        tidies: bool,
        lifeline: int = -1,
    ) -> None:
        self.pid = pid
        # Its far end is the zygote's alone.
        self.lifeline = lifeline
        self.pid_handle = open_pid(pid)
        self.channel = channel
        self.pipes = pipes
        self._output = output
        self._reader = frames.ControlReader()
        self._queue: list[tuple[int, bytes]] = []
        self._asked: tuple[int, _socket.socket, Pipes] | None = None
        self._statuses: dict[int, int] = {}
        self._dead: list[int] = []
        self._is_tidied = not tidies
        # Answers that it owes: to TIDY, to PRINT, and the statuses of the dead that were asked for.
        self._tidyings = 0
        self._is_printing = False
        self._awaited: set[int] = set()
        self._rested: dict[str, bytes] | None = None
        self._is_known_to_stop = False
        # Stops by others that were undone while it was waited for, until `take_stops`.
        self._stops = 0
        self._look_at = 0.0
        self.status: int | None = None
        # What is served and heeded beside the wait for the zygote's init.
        self.routes: ExtensionRoutes | None = None
        self.summons: Summons | None = None

    @property
    def is_forking(self) -> bool:
        """Say whether a worker was asked for and its pid is not known yet."""
        return self._asked is not None

    def ask_for_worker(self, number: int) -> None:
        """Ask for worker `number`; `take_worker` gives it. Raises ZygoteLostError.

        The environment's first worker is told that it is: libraries count cold starts.
        """
        self._ask(frames.FORK, number, b"first" if number == 1 else b"")

    def ask_to_serve(self) -> Worker:
        """Make the zygote itself the worker (process isolation). Raises ZygoteLostError."""
        self._ask(frames.SERVE, 1)
        worker = self.take_worker()
        assert worker is not None
        return worker

    def _ask(self, kind: int, number: int, payload: bytes = b"") -> None:
        self.resume()
        ours, theirs = fds.socket_pair()
        pipes = self._output.new_pipes()
        ours.setblocking(False)
        self._asked = (number, ours, pipes)
        try:
            fds.send_with_descriptors(
                self.channel,
                self._burials() + frames.pack_control(kind, payload),
                [theirs.fileno(), *pipes.write_ends],
            )
        except OSError as fault:
            self._forget_asked()
            raise self._lost(f"it does not accept requests: {fault}") from fault
        finally:
            theirs.close()
            pipes.close_write_ends()

    def _burials(self) -> bytes:
        dead, self._dead = self._dead, []
        return b"".join(frames.pack_control(frames.REAP, b"%d" % pid) for pid in dead)

    def rest(self) -> None:
        """Stop the zygote until something is asked of it: its threads are not to run beside a worker.

        What they read then, a file or the answer of a local server, could be that worker's. Raises ZygoteLostError.
        """
        if self._rested is not None:
            return
        kill_pid(self.pid, self.pid_handle, signal.SIGSTOP)
        until = time.monotonic() + _REST_LIMIT_S
        before: dict[str, bytes] | None = None
        while True:
            if proc.is_stopped(self.pid):
                now = self._times_run()
                if now == before:
                    self._rested = now
                    # This stop is nobody else's, and its end will be no news.
                    self._is_known_to_stop = self._take_told() is not None or self._is_known_to_stop
                    return
                before = now
            if time.monotonic() > until:
                raise self._lost("it could not be stopped while a worker is running")
            os.sched_yield()

    def _times_run(self) -> dict[str, bytes]:
        try:
            return proc.times_run(self.pid)
        except OSError as fault:
            raise self._lost(str(fault)) from fault

    def resume(self) -> None:
        """Undo a stop: a worker of ours, of the same uid, may have stopped the zygote.

        Raises ZygoteLostError if it was to rest and has run meanwhile: a worker may continue it as well.
        """
        if self._rested is not None:
            rested, self._rested = self._rested, None
            if not proc.is_stopped(self.pid) or self._times_run() != rested:
                raise self._lost("it was continued while a worker was running")
        kill_pid(self.pid, self.pid_handle, signal.SIGCONT)

    def _forget_asked(self) -> None:
        if self._asked is not None:
            _, sock, pipes = self._asked
            sock.close()
            pipes.close()
            self._asked = None

    def take_worker(self, *, limit_s: float = _FORK_LIMIT_S) -> Worker | None:
        """Return the worker that was asked for, waiting up to `limit_s`; with 0, None if not ready.

        Raises ZygoteLostError.
        """
        if self._asked is None:
            self.absorb()
            return None
        number, sock, pipes = self._asked
        if limit_s > 0:
            self.resume()
        payload = self._wait((frames.FORKED, frames.SERVING), limit_s)
        if payload is None:
            return None
        pid = self._number(payload)
        if not self._owns(pid):
            # It would be ended in the worker's place.
            raise self._lost("it named a process that is not its child")
        self._asked = None
        return Worker(number, pid, sock, pipes)

    def _owns(self, pid: int) -> bool:
        """Say whether a process is the zygote or a child of it; one that died stays its child until it is reaped."""
        if pid <= 1 or pid == self.pid:
            return pid > 1
        stat = proc.read_stat(pid)
        return stat is not None and stat.parent == self.pid

    def bury(self, pid: int) -> None:
        """Let the zygote wait for `pid`, which is proved dead, when it is next asked for a worker.

        Not at once: every message wakes it, and waking a process on an idle processor costs some 60 µs.
        """
        self._dead.append(pid)
        if len(self._dead) > _MANY_DEAD:
            self._tell_raw(self._burials())

    def tidy(self) -> None:
        """Let the zygote spend a moment on its memory's layout, until it says that nothing is left."""
        if not self._is_tidied:
            self._tidyings += 1
            self._tell(frames.TIDY, b"")

    def fingerprint(self, *, limit_s: float) -> int | None:
        """Return the fingerprint of the function's code, 0 where it has none; None if it did not come in time.

        It is asked for once, and waited for at each call until it is there. Raises ZygoteLostError.
        """
        if not self._is_printing:
            self._is_printing = True
            self.resume()
            self._tell(frames.PRINT, b"")
        payload = self._wait((frames.PRINTED,), limit_s)
        if payload is None:
            return None
        if not payload or len(payload) > _MANY_HEX_DIGITS or not _HEX_DIGITS.issuperset(payload):
            raise self._lost("it did not send the expected fingerprint")
        return int(payload, 16)

    def reaped_status(self, pid: int, *, limit_s: float) -> int | None:
        """Have a worker, proved dead, waited for and return its wait status; None if it did not come in time."""
        self.resume()
        self._awaited.add(pid)
        self._tell(frames.REAP_AND_TELL, b"%d" % pid)
        until = time.monotonic() + limit_s
        while pid not in self._statuses:
            left = until - time.monotonic()
            if left <= 0:
                return None
            frame = self._next_frame(left)
            if frame is not None:
                self._file(frame)
        return self._statuses.pop(pid)

    def _note_reaped(self, payload: bytes) -> None:
        pid, _, status = payload.partition(b" ")
        number = self._number(pid)
        if number not in self._awaited:
            raise self._lost("it sent an unexpected message")
        self._awaited.discard(number)
        if len(self._statuses) > _MANY_STATUSES:
            self._statuses.clear()
        self._statuses[number] = self._number(status)

    def _number(self, payload: bytes) -> int:
        """Return a pid or a status; never a negative one, since kill(-1) is every process of the user."""
        if not payload.isdigit() or len(payload) > _MAX_DIGITS:
            raise self._lost("it did not send the expected number")
        return int(payload)

    def wait_until_ready(self, call: Callable[[bytes], bytes], *, limit_s: float | None = None) -> Ready:
        """Wait for the end of init, up to `limit_s` (None: no limit); return what the zygote says then.

        `call` makes a Runtime API call of the init phase from its packed form and returns the packed
        reply. Raises ZygoteLostError, with its wait status, if the process ends first.
        """
        until = None if limit_s is None else time.monotonic() + limit_s
        while True:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise self._lost(f"its init did not end within {limit_s:g} s")
            frame = self._queue.pop(0) if self._queue else self._next_frame(left)
            if frame is None:
                continue
            kind, payload = frame
            if kind == frames.CALL:
                self._tell(frames.CALL_DONE, call(payload))
            elif kind == frames.READY:
                self.routes = self.summons = None
                return Ready.unpack(payload)
            else:
                raise self._lost("it sent an unexpected message")

    def _tell(self, kind: int, payload: bytes) -> None:
        self._tell_raw(frames.pack_control(kind, payload))

    def _tell_raw(self, data: bytes) -> None:
        try:
            self.channel.sendall(data)
        except OSError as fault:
            raise self._lost(f"it does not accept requests: {fault}") from fault

    def _wait(self, kinds: tuple[int, ...], limit_s: float) -> bytes | None:
        until = time.monotonic() + limit_s
        while True:
            for at, (kind, payload) in enumerate(self._queue):
                if kind in kinds:
                    del self._queue[at]
                    return payload
            left = until - time.monotonic()
            frame = self._next_frame(max(0.0, left))
            if frame is not None:
                self._file(frame)
            elif left <= 0:
                if limit_s >= _FORK_LIMIT_S:
                    raise self._lost(f"it did not answer within {limit_s:g} s")
                return None

    def absorb(self) -> None:
        """Take what the zygote sent without being asked. Raises ZygoteLostError."""
        for _ in range(_MANY_FRAMES):
            if (frame := self._next_frame(0.0)) is None:
                return
            self._file(frame)
        raise self._lost("it sends too much data")

    def _file(self, frame: tuple[int, bytes]) -> None:
        kind, payload = frame
        if kind == frames.TIDIED and self._tidyings:
            self._tidyings -= 1
            self._is_tidied = True
        elif kind == frames.REAPED:
            self._note_reaped(payload)
        elif (
            kind not in _KINDS
            or len(self._queue) >= _MANY_UNASKED
            or (kind == frames.PRINTED and not self._is_printing)
        ):
            raise self._lost("it sent an unexpected message")
        else:
            self._queue.append(frame)

    def _next_frame(self, limit_s: float | None) -> tuple[int, bytes] | None:
        """Return the next frame, or None within `limit_s` seconds (None: no limit), carrying output meanwhile."""
        poller = select.poll()
        poller.register(self.channel, select.POLLIN)
        for descriptor in self.pipes.open_ends():
            poller.register(descriptor, select.POLLIN)
        if self.pid_handle >= 0:
            poller.register(self.pid_handle, select.POLLIN)
        beside = self.routes.descriptors() if self.routes is not None else []
        for descriptor in beside:
            poller.register(descriptor, select.POLLIN)
        if self.summons is not None and self.summons.descriptor >= 0:
            poller.register(self.summons.descriptor, select.POLLIN)
        ready = poller.poll(1000 * (_LOOK_S if limit_s is None else min(limit_s, _LOOK_S)))
        if limit_s != 0.0:
            self._look_for_stop()
        if self.summons is not None:
            self.summons.heed()
        for descriptor, _ in ready:
            if self.routes is not None and descriptor in beside:
                self.routes.serve(descriptor)
        for descriptor, _ in ready:
            if descriptor in self.pipes.read_ends:
                self._output.forward(self.pipes, descriptor)
        for descriptor, _ in ready:
            if descriptor == self.channel.fileno():
                return self._read_frame()
        if any(descriptor == self.pid_handle for descriptor, _ in ready):
            raise self._lost("it ended")
        return None

    def _read_frame(self) -> tuple[int, bytes] | None:
        try:
            data = self.channel.recv(65536)
            if not data:
                raise self._lost("it closed its socket")
            found = self._reader.feed(data)
        except (OSError, frames.FrameError) as fault:
            raise self._lost(str(fault)) from fault
        for frame in found[1:]:
            self._file(frame)
        return found[0] if found else None

    def _lost(self, reason: str) -> ZygoteLostError:
        if has_ended(self.pid_handle, self.pid):
            self.status = self._collect()
        return ZygoteLostError(reason, self.status)

    def _collect(self) -> int | None:
        if self.status is not None:
            return self.status
        try:
            return os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            return None

    def is_dying(self) -> bool:
        """Say whether it has been killed: its socket tells so only when its memory is torn down."""
        return proc.is_dying(self.pid)

    def take_stops(self) -> int:
        """Return how often others stopped it, whether or not they resumed it, since this was last asked; resume it."""
        stops, self._stops = self._stops + self._undo_stop(), 0
        return stops

    def _look_for_stop(self) -> None:
        """Resume it, now and then: by the clock, since a child of its may write for ever into the pipes that are waited for too."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_S
            self._stops += self._undo_stop()

    def _undo_stop(self) -> bool:
        """Say whether it was stopped by a signal, and perhaps resumed, since this was last asked; resume it."""
        told = None if self._rested is not None else self._take_told()
        if told is None:
            return False
        was_known, self._is_known_to_stop = self._is_known_to_stop, told.si_code == os.CLD_STOPPED
        if self._is_known_to_stop:
            if self._rested is None:
                self.resume()
            return True
        # The end of a stop that was told already is no news.
        return not was_known

    def _take_told(self) -> os.waitid_result | None:
        try:
            return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WCONTINUED | os.WNOHANG)
        except ChildProcessError:
            return None

    def await_end(self) -> None:
        """Give a zygote that closed its socket the moment it takes to end by itself, with its own status."""
        until = time.monotonic() + _END_LIMIT_S
        while time.monotonic() < until and not has_ended(self.pid_handle, self.pid):
            # Its last words may fill the pipes.
            for descriptor in self.pipes.open_ends():
                self._output.forward(self.pipes, descriptor)
            time.sleep(0.001)

    def end(self) -> None:
        """Kill the zygote, wait for it, carry on what it wrote, close what belongs to it."""
        # Closed first: nobody else ends with a zygote that is given up.
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        # Once it was waited for, its number may be anybody's.
        if self.status is None:
            kill_pid(self.pid, self.pid_handle)
            self.status = self._collect()
        self._forget_asked()
        self._output.finish(self.pipes)
        self.channel.close()
        if self.pid_handle >= 0:
            os.close(self.pid_handle)
            self.pid_handle = -1


def fork_zygote(output: Output, options: ZygoteOptions) -> Zygote | Channel:
    """Fork this very interpreter into supervisor and zygote.

    Returns the Zygote in the supervisor and the Channel in the zygote, which must unwind to its entry
    point from there. Saves an interpreter's start, and is right only before the first event, while no
    process of anybody else could have touched this one.
    """
    link = _Link(output)
    pid = os.fork()
    if pid:
        return link.to_zygote(pid, options)
    channel = link.to_supervisor(options)
    for descriptor in link.pipes.read_ends:
        os.close(descriptor)
    output.release()
    link.pipes.close_write_ends()
    return channel


def execute_zygote(
    output: Output,
    options: ZygoteOptions,
    environ: Mapping[str, str],
    allowed: set[int],
    life: Life,
    marks: list[str],
    *,
    leave: Callable[[], None] = lambda: None,
) -> Zygote:
    """Start a zygote in a fresh interpreter, from the command line this process was started with.

    `allowed` are the processors the platform gave; the supervisor may have narrowed its own. `marks` are
    options of the interpreter that it is found by. `leave` gives back in the child what else the supervisor took for
    itself.
    """
    link = _Link(output)
    number, lifeline = link.theirs.fileno(), link.far.fileno()
    child_environ = {**environ, MARKER: f"{number}:{lifeline},{options.pack()}"}
    pid = os.fork()
    if pid:
        return link.to_zygote(pid, options)
    try:
        _take_output(output, link.pipes)
        processors.use(allowed)
        leave()
        for descriptor in (number, lifeline):
            os.set_inheritable(descriptor, True)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        life.execute(child_environ, marks)
    finally:
        os._exit(127)


class _Link:
    """What supervisor and zygote share: two pairs of sockets, one of which never carries anything, and pipes."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._ours, self.theirs = fds.socket_pair()
        self._near, self.far = fds.socket_pair()
        self.pipes = output.new_pipes()

    def to_zygote(self, pid: int, options: ZygoteOptions) -> Zygote:
        """Keep the supervisor's ends."""
        self.theirs.close()
        self.far.close()
        self.pipes.close_write_ends()
        return Zygote(
            pid,
            self._ours,
            self.pipes,
            self._output,
            tidies=options.huge_pages or options.immortal,
            lifeline=self._near.detach(),
        )

    def to_supervisor(self, options: ZygoteOptions) -> Channel:
        """Keep the zygote's ends, its output among them."""
        self._ours.close()
        self._near.close()
        _take_output(self._output, self.pipes)
        return Channel(self.theirs, options, self.far.detach())


def _take_output(output: Output, pipes: Pipes) -> None:
    fds.replace(1, pipes.write_ends[0])
    fds.replace(2, pipes.write_ends[1])
    if output.has_telemetry:
        fds.replace(output.telemetry_number, pipes.write_ends[2])
