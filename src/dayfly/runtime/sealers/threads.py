"""Keeps threads of the function that wait, and starts them in workers; refuses those that are at work.

A thread that waits for work (a queue, a condition, a lock) starts anew in every worker, from its
beginning, as the same Thread object; so does a timer, with its whole time. Another that sleeps between
rounds (a refresher, a heartbeat) does so in workers of window isolation only, or where a worker wakes it by the
event it sleeps at: its round would otherwise be done for every invocation. It goes on in the zygote, and
later workers inherit what it refreshed there.

Threads that libraries start again by themselves after a fork are left to them.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time

from dayfly._sys import fds
from dayfly.runtime import seal as seals
from dayfly.runtime.idleness import Activity, count_items, describe, is_waiting, look_at, minds_its_process
from dayfly.runtime.sealers.executors import PATIENCE_S
from dayfly.runtime.sealers.queues import unfinished, wait_for_tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# Long enough for a thread that wants the interpreter to get it.
_GLANCE_S = 0.002
# Before a fork: a round that takes longer (a slow network) is forked in; no lock that can be seen is held.
_ROUND_S = 1.0


def seal(found: Found, sealing: Sealing) -> None:
    """Keep what waits or sleeps, refuse what works."""
    unknown = _unknown(sealing)
    if not unknown:
        _refuse_nameless(sealing)
        return
    if sealing.thread_policy == "drop":
        sealing.threads.update(unknown)
        return
    if sealing.thread_policy == "refuse":
        for thread in unknown:
            sealing.refuse(
                f"thread {describe(thread)} started at init would not exist in a worker: "
                'start it in the handler, or set `threads = "auto"`'
            )
        return
    keeper = Keeper(sealing)
    for thread in unknown:
        activity = _settled(thread, seconds=PATIENCE_S)
        if not thread.is_alive():
            # A timer that fired meanwhile: what it has started is found before the fork.
            keeper.remember(thread)
            continue
        if activity.state == "works":
            sealing.refuse(
                (
                    f"thread {describe(thread)} started at init is running ({activity.where}) and would not "
                    "exist in a worker: "
                )
                + _fix_of(thread)
            )
        elif activity.lock:
            sealing.refuse(
                f"thread {describe(thread)} started at init waits while it holds the lock {activity.lock!r} ({activity.where}), "
                "which would stay locked in every worker: release it before waiting"
            )
        else:
            keeper.keep(thread, activity)
    _refuse_nameless(sealing)
    if keeper.has_seen_any:
        sealing.before_fork(keeper.prepare)
        sealing.in_worker(keeper.wake)
        os.register_at_fork(after_in_parent=keeper.resume, after_in_child=keeper.resume)


class _Kept:
    """A thread that stays in the zygote, and what it was seen to do when it last ran."""

    __slots__ = ("activity", "clock", "restarts", "spent", "thread")

    def __init__(self, thread: threading.Thread, activity: Activity, *, restarts: bool) -> None:
        self.thread = thread
        self.activity = activity
        self.restarts = restarts
        # The clock of one thread's processor time: as long as it stands still, the thread did nothing.
        self.clock = time.pthread_getcpuclockid(thread.ident or 0)
        self.spent = self.read()

    def read(self) -> float:
        try:
            return time.clock_gettime(self.clock)
        except OSError:
            return -1.0


class Keeper:
    """The threads that stay in the zygote: idle at every fork, and started again in workers."""

    def __init__(self, sealing: Sealing) -> None:
        self.kept: list[_Kept] = []
        self._sealing = sealing
        self._kin: set[tuple[type, object]] = set()
        self._had_rounds = False
        self._before = seals.open_descriptors()
        self._pid = os.getpid()
        self._switch_interval = sys.getswitchinterval()

    @property
    def has_seen_any(self) -> bool:
        """Say whether there was a thread that stays, or whose followers may."""
        return bool(self._kin)

    def remember(self, thread: threading.Thread) -> None:
        """Know those of its kind that come after it."""
        self._kin.add(_kin(thread))

    def keep(self, thread: threading.Thread, activity: Activity) -> None:
        """Let `thread` live on in the zygote."""
        sealing = self._sealing
        sealing.threads.add(thread)
        self.remember(thread)
        minds_itself = minds_its_process(thread)
        restarts = self._restarts(thread, activity) and not minds_itself
        self.kept.append(_Kept(thread, activity, restarts=restarts))
        if not restarts and not minds_itself:
            sealing.notes.append(
                f"thread {describe(thread)} runs in the zygote, not in workers of invocation isolation"
            )
        if restarts and activity.queue is not None:
            is_pending, send = _watch(thread, activity)
            sealing.before_answer(f"work of thread {describe(thread)}", is_pending=is_pending, send=send)

    def _restarts(self, thread: threading.Thread, activity: Activity) -> bool:
        # A timer sleeps first: it does nothing in an invocation that is over before.
        return activity.state == "waits" or self._sealing.is_window or isinstance(thread, threading.Timer)

    def prepare(self) -> None:
        """In the zygote, before a fork: wait until no kept thread is in the middle of a round."""
        # From the last look to the fork no other thread gets the interpreter, unless this one waits for something.
        sys.setswitchinterval(_ROUND_S)
        ran = [kept for kept in self.kept if kept.read() != kept.spent]
        # The last link of a chain may have ended unseen, with its follower started since: nobody ran then.
        new = [thread for thread in _unknown(self._sealing) if _kin(thread) in self._kin]
        until = time.monotonic() + _ROUND_S
        while (ran or new) and time.monotonic() < until:
            self._had_rounds = True
            for kept in ran:
                kept.activity = _settled(kept.thread, seconds=until - time.monotonic())
                kept.spent = kept.read()
            for thread in new:
                activity = _settled(thread, seconds=until - time.monotonic())
                if thread.is_alive():
                    self._sealing.threads.add(thread)
                    self.kept.append(_Kept(thread, activity, restarts=self._restarts(thread, activity)))
            self.kept = [kept for kept in self.kept if kept.thread.is_alive()]
            ran = [kept for kept in self.kept if kept.read() != kept.spent]
            # A timer that set the next one.
            new = _unknown(self._sealing)

    def resume(self) -> None:
        """After a fork, in both processes: let threads take turns as before."""
        sys.setswitchinterval(self._switch_interval)

    def wake(self) -> None:
        """In a worker: forget waiters that do not exist here, and start the threads that it needs."""
        if os.getpid() == self._pid:
            # No fork was possible: they are all here.
            self.resume()
            return
        if self._had_rounds:
            _sever(seals.open_descriptors() - self._before)
        for kept in self.kept:
            condition = kept.activity.condition
            if condition is not None:
                # notify() would wake the lock of a thread that is not here, and the one that is would sleep on.
                condition._waiters.clear()  # type: ignore[attr-defined]
        alive = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
        for kept in self.kept:
            if kept.thread.is_alive() or _has_successor(kept.thread, alive):
                continue
            if kept.restarts:
                start_again(kept.thread)
            elif kept.activity.condition is not None and not minds_its_process(kept.thread, kept=self._pid):
                _start_when_woken(kept.thread, kept.activity.condition)


def _start_when_woken(thread: threading.Thread, condition: threading.Condition) -> None:
    """Have the thread start, once, when something notifies the condition it slept at, as Event.set() does."""
    state = vars(condition)

    def wake(name: str) -> Callable[..., None]:
        def notify(*count: int) -> None:
            for one in ("notify", "notify_all"):
                state.pop(one, None)
            start_again(thread)
            getattr(condition, name)(*count)

        return notify

    for name in ("notify", "notify_all"):
        state[name] = wake(name)


def start_again(thread: threading.Thread) -> None:
    """Start a thread that the fork left behind, from its beginning, as the same object."""
    state = vars(thread)
    threading.Thread.__init__(
        thread,
        target=state.get("_target"),
        name=thread.name,
        args=state.get("_args", ()),
        kwargs=state.get("_kwargs"),
        daemon=thread.daemon,
    )
    thread.start()


def _kin(thread: threading.Thread) -> tuple[type, object]:
    """Return what a thread shares with the one that starts the next of its chain: its kind and its code."""
    run = getattr(thread, "function", None) or getattr(thread, "_target", None)
    return type(thread), getattr(run, "__code__", None) or getattr(run, "__func__", None) or type(run)


def _unknown(sealing: Sealing) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
        and thread not in sealing.threads
        and not isinstance(thread, threading._DummyThread)
    ]


def _fix_of(thread: threading.Thread) -> str:
    if thread.name.startswith("loguru-"):
        # Its queue is a pipe and a semaphore that two workers would share.
        return "add Loguru's sink without enqueue=True, which a function that serves one event at a time does not need"
    return "start it in the handler"


def _is_greened() -> bool:
    """Say whether gevent stands for `threading`: then a thread's ident is a greenlet's, and the kernel knows none of them."""
    monkey = sys.modules.get("gevent.monkey")
    is_patched = getattr(monkey, "is_module_patched", None)
    return is_patched is not None and bool(is_patched("threading"))


def _refuse_nameless(sealing: Sealing) -> None:
    if _is_greened():
        sealing.refuse(
            "gevent's monkey.patch_all() replaced threads and locks, which Dayfly needs unchanged: remove "
            "it, or use patch_all(thread=False)"
        )
        return
    known = {
        thread.ident for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)
    }
    for ident, frame in sys._current_frames().items():
        if ident in known:
            continue
        outermost = frame
        while outermost.f_back is not None:
            outermost = outermost.f_back
        code = outermost.f_code
        sealing.refuse(
            f"a thread without a Thread object ({code.co_qualname} in {code.co_filename}) started at init would not exist "
            "in a worker: start it with threading.Thread, or in the handler"
        )


def _settled(thread: threading.Thread, *, seconds: float) -> Activity:
    """Return what the thread does once it waits for something other than the interpreter, or in the end."""
    until = time.monotonic() + seconds
    clock = time.pthread_getcpuclockid(thread.ident or 0) if thread.is_alive() else None
    while True:
        spent = _spent(clock)
        time.sleep(_GLANCE_S)
        activity = look_at(thread)
        if activity.state != "works" and _spent(clock) == spent:
            return activity
        if time.monotonic() > until or not thread.is_alive():
            return Activity("works", activity.where, condition=activity.condition, queue=activity.queue)


def _spent(clock: int | None) -> float:
    if clock is None:
        return 0.0
    try:
        return time.clock_gettime(clock)
    except OSError:
        return -1.0


def _has_successor(thread: threading.Thread, alive: list[threading.Thread]) -> bool:
    """Say whether a library's own at-fork hook has started a thread in this one's place."""
    target = getattr(thread, "_target", None)
    return any(
        type(other) is type(thread)
        and getattr(other, "_target", None) == target
        and (target is not None or other.name == thread.name)
        for other in alive
    )


def _watch(
    thread: threading.Thread, activity: Activity
) -> tuple[Callable[[], bool], Callable[[float], object]]:
    queue = activity.queue
    if activity.counts_tasks and hasattr(queue, "all_tasks_done"):
        rest = unfinished(queue)
        return lambda: unfinished(queue) > rest, lambda seconds: wait_for_tasks(
            queue, but=rest, seconds=seconds
        )
    waits_at_condition = activity.condition is not None

    def is_busy() -> bool:
        return count_items(queue) > 0 or (waits_at_condition and thread.is_alive() and not is_waiting(thread))

    def wait(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while is_busy():
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
        return True

    return is_busy, wait


def _sever(numbers: frozenset[int]) -> None:
    """Cut this worker off from what a round in the zygote opened, which all workers share.

    Its owner finds a connection that the other side closed, and opens another. Unix sockets are left: the
    way to the supervisor is one.
    """
    import _socket

    ends: list[_socket.socket] = []
    for number in numbers:
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode):
            with_number = _socket.socket(-1, -1, -1, os.dup(number))
            family = with_number.family
            with_number.close()
            if family == _socket.AF_UNIX:
                continue
        elif seals.kind_of(number) not in ("eventpoll", "eventfd"):
            continue
        if not ends:
            ends += _socket.socketpair()
            ends[1].close()
        fds.replace(number, ends[0].fileno())
        os.set_inheritable(number, False)
    for end in ends:
        end.close()
