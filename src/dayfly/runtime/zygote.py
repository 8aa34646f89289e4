"""The zygote: the initialised function that sees no event and forks the workers that do."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time

from dayfly._sys import fds, proc
from dayfly.core import frames
from dayfly.core.handshake import Ready
from dayfly.core.limits import MAX_CONTROL_BYTES
from dayfly.runtime import reseed, seal
from dayfly.runtime.sealing import OF_LIMITS, Sealing, seal_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from dayfly._sys.channel import Channel
    from dayfly._sys.reopen import Nothing, OpenFile
    from dayfly.core.handshake import ZygoteOptions
    from dayfly.runtime.guard import Guard
    from dayfly.runtime.hugepages import Tidier
    from dayfly.runtime.immortals import Immortaliser
    from dayfly.runtime.learned_imports import LearnedImports, Lesson

    Handler = Callable[..., object] | int | None


# The module `signal` makes an Enum's member of each of 64 numbers: 0.7 ms of init, and of a caller's time.
_signals = importlib.import_module("_signal")


class HeldSignals:
    """All signals, blocked from the zygote on until a worker has its first event."""

    __slots__ = ("_mask", "_numbers")

    def __init__(self) -> None:
        self._numbers = frozenset(_signals.valid_signals())
        self._mask: object = _signals.pthread_sigmask(_signals.SIG_SETMASK, [])
        # The function's own handlers must not run here: a SIGTERM handler that sets "stopping" would refuse
        # every later customer (rule 4).
        _signals.pthread_sigmask(_signals.SIG_SETMASK, self._numbers)

    def release(self, *, is_rehearsal: bool = False) -> None:
        """Drop the signals that came so far and let later ones through, once; in a rehearsal do neither."""
        if self._mask is None:
            return
        while _signals.sigtimedwait(() if is_rehearsal else self._numbers, 0) is not None:
            pass
        if is_rehearsal:
            _signals.pthread_sigmask(_signals.SIG_BLOCK, ())
            return
        _signals.pthread_sigmask(_signals.SIG_SETMASK, self._mask)
        self._mask = None

    def rehearse(self) -> None:
        """Make the calls of `release` without their effects."""
        self.release(is_rehearsal=True)


class Work:
    """What a worker needs for its first event.

    `restore_signals` is to be called when the event is there: it drops the signals that came before and
    lets later ones through; `rehearse_signals` makes the same calls without effect. `serves_once` says that
    the worker ends with its answer. `lesson` takes what it imports, where the zygote learns from that.
    """

    __slots__ = (
        "is_forked",
        "lesson",
        "rehearse_signals",
        "restore_signals",
        "sealing",
        "serves_once",
        "socket",
    )

    def __init__(
        self,
        socket: _socket.socket,
        restore_signals: Callable[[], None],
        rehearse_signals: Callable[[], None],
        sealing: Sealing,
        *,
        is_forked: bool,
        lesson: Lesson | None = None,
    ) -> None:
        self.socket = socket
        self.lesson = lesson
        self.restore_signals = restore_signals
        self.rehearse_signals = rehearse_signals
        self.sealing = sealing
        self.is_forked = is_forked
        self.serves_once = is_forked and not sealing.is_window


_RECEIVE = 65536
_PROGRAM = "/proc/self/exe"
# Dead workers whose teardown is still going on; beyond that many it is waited for.
_MANY_WAITING = 64
# How long a fork that the kernel refuses is tried again: less than the supervisor waits for it.
_FORK_PATIENCE_S = 1.0
_FORK_PAUSE_S = 0.005
# What each worker would free as it leaves `wait_for_work`, and copy the pages for that it lies on: 26 of them.
_kept: list[object] = []


def call_platform(
    channel: Channel, method: str, path: str, error_type: str, body: bytes
) -> tuple[int, bytes]:
    """Have the supervisor make a Runtime API call of the init phase; return status and body."""
    payload = b"\n".join(
        (method.encode(), path.encode(), error_type.replace("\n", " ").encode("utf-8", "replace"), body)
    )
    channel.socket.sendall(frames.pack_control(frames.CALL, payload[:MAX_CONTROL_BYTES]))
    reader = frames.ControlReader()
    while True:
        data = channel.socket.recv(_RECEIVE)
        if not data:
            os._exit(1)
        for kind, reply in reader.feed(data):
            if kind == frames.CALL_DONE:
                status, _, rest = reply.partition(b"\n")
                return int(status), rest


def wait_for_work(
    channel: Channel,
    *,
    inherited: frozenset[int],
    handler: str,
    guard: Guard | None = None,
    unguarded: str = "",
    rehearse: Callable[[], None],
) -> Work:
    """Seal this process and fork workers from it for ever; returns in each worker.

    `inherited` are the descriptors that were open before the function's init, `handler` the name of the function's;
    `unguarded` says why there is no `guard` where one was asked for. `rehearse` serves events of nobody's here.

    In process isolation it returns in this very process, which serves all events.
    """
    options = channel.options
    sealing = Sealing(
        own=inherited,
        is_window=options.isolation == "window",
        thread_policy=options.threads,
        warms=options.warms,
    )
    sealing.drop_extensions = lambda: call_platform(channel, "DROP", "/extensions", "", b"")[0] == 200
    if options.prime or options.events:
        from dayfly.runtime import warming

        sealing.notes += warming.warm(options.prime, options.events, handler)
    # No collection from here on: it took up to 58 ms of a boto3 function's init, and garbage left in the zygote is harmless.
    was_collecting = gc.isenabled()
    gc.disable()
    if guard is not None:
        unguarded = _settle(guard)
        if said := guard.said(of_init=True):
            call_platform(channel, "TELL", "/findings", "", said)
    ready, generators = _seal(options, sealing)
    ready.unguarded = unguarded
    if options.fingerprints:
        ready.path = [entry for entry in sys.path if isinstance(entry, str) and entry.startswith("/")]
        if not options.prints_late or ready.reasons or ready.runs_ahead or options.isolation == "process":
            # The function's own code runs on here: what it was at the end of init is known now only.
            ready.code = _fingerprint()
    ready.notes += channel.limits
    if options.tells_start and __file__.endswith(".py"):
        # Where there are sources: 1 ms.
        from dayfly.runtime.bytecode import judge_bytecode

        # Its supervisor's start: the interpreter before that may have written bytecode, too.
        ready.uncompiled = judge_bytecode(os.getppid())
    handed_down = _handed_down(channel, inherited)
    # Now, and not before init: native code of the function's may have opened it again.
    ready.is_open = proc.opens_memory("self")
    gc.freeze()
    if guard is not None:
        _watch(guard)
    held = HeldSignals()
    handlers = _park_signal_handlers() if sealing.threads else {}
    if _signals.getsignal(_signals.SIGCHLD) == _signals.SIG_IGN:
        # The kernel would bury workers by itself, and their numbers would be anybody's before we say so.
        _signals.signal(_signals.SIGCHLD, _signals.SIG_DFL)
        handlers[_signals.SIGCHLD] = _signals.SIG_IGN
    is_forked = not ready.reasons and options.isolation != "process"
    if options.offline:
        ready.online = _why_online(is_forked=is_forked)
    if options.confine:
        ready.unconfined = _confine(is_forked=is_forked)
    cuts_off = options.offline and not ready.online
    if guard is not None:
        ready.notes += [f"the guard: {limit}" for limit in guard.limits]
    channel.socket.sendall(frames.pack_control(frames.READY, ready.pack()))
    if is_forked and os.stat(_PROGRAM).st_uid == os.geteuid():
        # A memory file of the supervisor's.
        from dayfly._sys import reopen

        stamps = reopen.Stamps(_PROGRAM)
        # Once ahead of the event, which touches what the other touches.
        sealing.private(stamps.restore)
        sealing.at_event(stamps.restore)

    def become_worker(
        descriptors: list[int], *, is_forked: bool, is_first: bool, lesson: Lesson | None = None
    ) -> Work:
        sock = _take_descriptors(channel, descriptors)
        if is_forked:
            channel.leave()
            try:
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            except OSError:
                pass
            _take_over(handed_down)
            sealing.separate()
            reseed.reseed(generators)
        connected = _leave_network() if cuts_off and is_forked else {}
        for number, parked in handlers.items():
            _signals.signal(number, parked)
        if was_collecting:
            gc.enable()
        sealing.is_first = is_first
        sealing.wake()
        if is_forked and sealing.copier is not None:
            # Not before: what they wait with is this worker's own by now.
            sealing.copier.release()
        if connected:
            from dayfly._sys import netns

            # What the function's own libraries did not make anew.
            netns.cut_off(connected)
        if options.after and is_forked:
            from dayfly.runtime import warming

            warming.run_hook(options.after)
        return Work(sock, held.release, held.rehearse, sealing, is_forked=is_forked, lesson=lesson)

    learned: LearnedImports | None = None
    if not ready.reasons:
        _yield_processor()
        # For windows not: their workers pay for first use once in many events, and between two of these no process may be about that nobody knows.
        tries = not (options.after or sealing.threads or ready.has_threads)
        if options.warms and is_forked and not sealing.is_window and (tries or guard is not None):
            from dayfly.runtime.learned_imports import LearnedImports

            if not tries:
                # With threads no page is written to that they may write to: what remains is the guard's own.
                sealing.learners.clear()
            else:
                from dayfly.runtime.prefaulting import Prefaulting

                sealing.prefaulting = Prefaulting()
                sealing.learners.append(sealing.prefaulting)
            if guard is not None:
                sealing.learners.append(guard.late_modules)
            learned = LearnedImports(
                sealing,
                _fork_for_trial,
                lambda pid: _send(channel, frames.TRIES, b"%d" % pid),
                channel.leave,
                temporary=options.temporary,
                generators=generators,
                tries=tries,
            )
    _kept.extend((ready, become_worker, learned))
    return _serve_requests(channel, sealing, become_worker, learned, guard, rehearse)


def _fingerprint(*, but: AbstractSet[str] = frozenset()) -> int:
    """Return the fingerprint of the function's code without the modules of `but`, 0 where it has none."""
    # For who watches a fleet: 4 ms for a small function, 25 with boto3 beside it.
    from dayfly.runtime import codeprint

    try:
        return codeprint.fingerprint(
            {name: module for name, module in list(sys.modules.items()) if name not in but},
            codeprint.image_places(),
        )
    except Exception:
        # Trust boundary: modules of the function's, of any kind. Without a fingerprint nothing is compared.
        return 0


def _settle(guard: Guard) -> str:
    """Have the guard learn what is the function's own; return why it cannot."""
    try:
        guard.settle()
    except Exception as fault:
        # Trust boundary: modules and values of the function's, of any kind. A guard that knows nothing of them is none.
        guard.disarm()
        return f"{type(fault).__name__}: {fault}"[:200]
    return ""


def _watch(guard: Guard) -> None:
    try:
        guard.watch()
    except Exception as fault:
        # Trust boundary, as above; what is about to be executed is judged all the same.
        guard.note(f"memory comparison failed ({type(fault).__name__})")


def _handed_down(channel: Channel, inherited: frozenset[int]) -> list[OpenFile | Nothing]:
    """Return what each worker replaces of the descriptors that were open before init."""
    # Loaded by the sealer of files in any case.
    from dayfly._sys import reopen

    replaced = {1, 2, channel.options.telemetry, channel.socket.fileno(), channel.lifeline}
    return reopen.inherited(sorted(inherited - replaced))


def _take_over(handed_down: list[OpenFile | Nothing]) -> None:
    for descriptor in handed_down:
        try:
            descriptor.make()
        except OSError as fault:
            # Out of use in this worker, rather than shared.
            if fault.errno in OF_LIMITS:
                os._exit(1)


def _seal(options: ZygoteOptions, sealing: Sealing) -> tuple[Ready, list[object]]:
    """Make the function fork-safe; return what the supervisor is told and the generators to seed anew."""
    if options.isolation == "process":
        # Never forked: what it holds open is its own, and goes on.
        return Ready(notes=sealing.notes), []
    if options.before:
        from dayfly.runtime import warming

        if fault := warming.run_hook(options.before):
            sealing.refuse(f"the hook {options.before} raised {fault}: fix it or unset `[fork] before`")
    found = seal_known(sealing, also=reseed.kinds() if options.reseed else ())
    sealing.copies_threads = options.threads == "auto" and seal.has_native_threads(sealing)
    reasons = seal.reasons_not_to_fork(sealing, temporary=options.temporary)
    if reasons:
        # What forbids the fork may be garbage that nobody has collected yet: a socket in a cycle, say.
        gc.collect()
        reasons = seal.reasons_not_to_fork(sealing, temporary=options.temporary)
    if sealing.copies_threads and not reasons and seal.has_native_threads(sealing):
        # Late: few functions have native threads that nobody ended.
        from dayfly.runtime import copied_threads

        if why := copied_threads.prepare(sealing):
            sealing.copies_threads = False
            reasons = seal.lost_threads(sealing, why=why)
    notes = sealing.notes + [
        f"a library could not be prepared for forking ({fault})" for fault in sealing.faults
    ]
    generators = reseed.find_generators(found) if options.reseed else []
    # Loaded when the function was.
    from dayfly.runtime import forkhooks

    has_threads = seal.count_tasks() > 1
    runs_ahead = bool(options.after or sealing.threads or has_threads or forkhooks.count())
    ready = Ready(reasons, notes, sealing.expires_at, runs_ahead=runs_ahead, has_threads=has_threads)
    return ready, generators


def _park_signal_handlers() -> dict[int, Handler]:
    """Take the function's signal handlers away, to be put back in each worker.

    Threads of the zygote have their own masks, and a signal that one of them takes has its handler run
    here, in the main thread.
    """
    parked: dict[int, Handler] = {}
    for number in _signals.valid_signals():
        handler = _signals.getsignal(number)
        if callable(handler):
            parked[number] = handler
            _signals.signal(number, _signals.SIG_IGN)
    return parked


def _yield_processor() -> None:
    """Let a fork never push aside the supervisor or a worker that has an answer to give.

    A batch process does not preempt on waking. Workers take the ordinary policy back, which, other
    than a better nice value, any process may. Refused (seccomp): nothing is lost but some time.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:
        return


def _serve_requests(
    channel: Channel,
    sealing: Sealing,
    become_worker: Callable[..., Work],
    learned: LearnedImports | None,
    guard: Guard | None,
    rehearse: Callable[[], None],
) -> Work:
    waiting: dict[int, bool] = {}
    known = 0
    chores: list[Tidier | Immortaliser] | None = None
    reader = frames.ControlReader()
    while True:
        try:
            data, descriptors = fds.receive_with_descriptors(channel.socket, _RECEIVE)
        except OSError:
            os._exit(1)
        if not data:
            # The supervisor is gone: a zygote without one serves nobody.
            os._exit(0)
        for kind, payload in reader.feed(data):
            if kind == frames.FORK:
                if learned is not None:
                    learned.ask()
                pid = _fork(sealing)
                if pid == 0:
                    lesson = learned.in_worker() if learned is not None else None
                    is_first = payload == b"first"
                    return become_worker(descriptors, is_forked=True, is_first=is_first, lesson=lesson)
                if learned is not None:
                    learned.in_zygote(pid)
                _close(descriptors)
                descriptors = []
                _send(channel, frames.FORKED, b"%d" % pid)
            elif kind == frames.SERVE:
                _send(channel, frames.SERVING, b"%d" % os.getpid())
                return become_worker(descriptors, is_forked=False, is_first=True)
            elif kind in (frames.REAP, frames.REAP_AND_TELL):
                waiting[int(payload)] = kind == frames.REAP_AND_TELL
                if learned is not None:
                    learned.hear(int(payload))
            elif kind == frames.PRINT:
                _send(
                    channel,
                    frames.PRINTED,
                    b"%x" % _fingerprint(but=learned.modules if learned is not None else frozenset()),
                )
            elif kind == frames.LEARN:
                if learned is not None:
                    learned.adopt(int(payload) / 1000)
                _send(channel, frames.LEARNED, b"")
            elif kind == frames.TIDY:
                chores = _chores(channel.options) if chores is None else chores
                while chores and chores[0].is_done:
                    chores.pop(0)
                if chores:
                    chores[0].spend_a_moment()
                else:
                    _send(channel, frames.TIDIED, b"")
                    if learned is not None and channel.options.immortal:
                        learned.start_over()
        # Between two events, and again when there are more modules that the guard may ask about.
        if waiting and known != len(sys.modules):
            if guard is not None:
                guard.rehearse()
            if not known:
                rehearse()
            known = len(sys.modules)
        _reap(channel, waiting)
        if learned is not None:
            learned.advance()


def _chores(options: ZygoteOptions) -> list[Tidier | Immortaliser]:
    """What an environment that has served a while does for its later workers; a slice between two events."""
    chores: list[Tidier | Immortaliser] = []
    if options.immortal:
        from dayfly.runtime.immortals import Immortaliser

        chores.append(Immortaliser())
    if options.huge_pages:
        from dayfly.runtime.hugepages import Tidier

        chores.append(Tidier())
    return chores


def _fork(sealing: Sealing) -> int:
    sealing.prepare_fork()
    # Without this the first collection in a worker touches, and so copies, every page of the heap (16 ms at 37 MB,
    # 150 ms at 1 GB). Before each fork: what the zygote makes between two forks would bring one about at once.
    gc.freeze()
    until = time.monotonic() + _FORK_PATIENCE_S
    while True:
        try:
            return _fork_once(sealing)
        except OSError as fault:
            # EAGAIN, ENOMEM: who serves now may have all processes or memory, and is about to end. EBUSY: a thread
            # that was stopped before init ended could not be stopped.
            if time.monotonic() > until:
                os.write(2, f"dayfly: error: no worker can be forked: {fault.strerror}\n".encode())
                os._exit(1)
            time.sleep(_FORK_PAUSE_S)


def _fork_once(sealing: Sealing) -> int:
    if sealing.copier is not None:
        return sealing.copier.fork()
    if not sealing.threads:
        return os.fork()
    import warnings

    # CPython warns of a fork among threads; these are known to wait, and the warning is nobody's news.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _fork_for_trial() -> int:
    from dayfly.runtime import forkhooks

    # Hooks of the function's might read what a worker has written.
    with forkhooks.skipped():
        return os.fork()


def _reap(channel: Channel, waiting: dict[int, bool]) -> None:
    """Wait for the workers we were told are dead; for their teardown only where the status is wanted."""
    for pid, is_wanted in list(waiting.items()):
        try:
            done, status = os.waitpid(pid, 0 if is_wanted or len(waiting) > _MANY_WAITING else os.WNOHANG)
        except ChildProcessError:
            del waiting[pid]
            continue
        if done:
            del waiting[pid]
            if is_wanted:
                _send(channel, frames.REAPED, b"%d %d" % (pid, status))


def _send(channel: Channel, kind: int, payload: bytes) -> None:
    try:
        channel.socket.sendall(frames.pack_control(kind, payload))
    except OSError:
        os._exit(1)


def _take_descriptors(channel: Channel, descriptors: list[int]) -> _socket.socket:
    import _socket as sockets

    number, *outputs = descriptors
    targets = [1, 2, channel.options.telemetry]
    for target, descriptor in zip(targets, outputs, strict=False):
        fds.replace(target, descriptor)
    _close(list(set(outputs)))
    return sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0, number)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _confine(*, is_forked: bool) -> str:
    """Put this process and its workers under a filter of system calls; return why not, "" where it is in force.

    Here, so that no fork costs more for it. In process isolation the process itself is the function's.
    """
    from dayfly._sys import seccomp

    supervisor = os.getppid()
    protected = seccomp.threads_of(supervisor)
    if is_forked:
        protected |= seccomp.threads_of(os.getpid())
    # Each is the leader of its own.
    return seccomp.confine(protected, groups={supervisor, os.getpgrp()})


def _why_online(*, is_forked: bool) -> str:
    """Say why workers cannot have a network of their own, "" where they can, found by trying."""
    if not is_forked:
        return "the function's process is not forked"
    import warnings

    from dayfly._sys import netns

    # As `_fork`: threads are known to wait.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return netns.can_enter()


def _leave_network() -> dict[int, tuple[int, int]]:
    """In a worker: go into a network of its own; return the sockets that still belong to the old one.

    It was tried before init ended: a worker that is refused all the same sees no event.
    """
    from dayfly._sys import netns

    if reason := netns.enter():
        os.write(2, f"dayfly: error: a worker could not get its own network: {reason}\n".encode())
        os._exit(1)
    return netns.inet_sockets()
