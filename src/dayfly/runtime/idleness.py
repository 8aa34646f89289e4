"""Tells threads that wait from threads that work, by their frames and by the system call they are in."""

from __future__ import annotations

import os
import sys
import threading

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _queue
    from types import CodeType, FrameType
    from typing import Literal, TypeGuard

    State = Literal["waits", "sleeps", "works"]

# Numbers of futex and of the two sleeping calls: https://www.man7.org/linux/man-pages/man2/syscall.2.html
_CALLS = {"x86_64": ({202}, {35, 230}), "aarch64": ({98}, {101, 115})}
_SLEEPERS = ("hrtimer_nanosleep", "common_nsleep", "common_nsleep_timens", "do_nanosleep")
_FUTEX_TIMEOUT = 4  # the fourth argument, after the call's number
_DEPTH = 64


class Activity:
    """What a thread does: it waits for something without end, sleeps for some time, or works.

    A thread that takes from a queue waits, with a time limit or without. `condition` is what it waits at
    and `queue` what it takes from, where that can be seen; `lock` names a lock it holds meanwhile.
    """

    __slots__ = ("condition", "counts_tasks", "lock", "queue", "state", "where")

    def __init__(
        self,
        state: State,
        where: str,
        *,
        condition: threading.Condition | None = None,
        queue: object = None,
        counts_tasks: bool = False,
        lock: str = "",
    ) -> None:
        self.state = state
        self.where = where
        self.condition = condition
        self.queue = queue
        self.counts_tasks = counts_tasks
        self.lock = lock


def look_at(thread: threading.Thread) -> Activity:
    """Say what `thread` does at this moment.

    A thread that waits for the interpreter only looks as if it slept: look again after it has had the chance to run.
    """
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return Activity("works", "")
    frames = [frame]
    while (above := frames[-1].f_back) is not None and len(frames) < _DEPTH:
        frames.append(above)
    own = [one for one in frames if not _is_standard(one.f_code)] or frames[-1:]
    where = f"{own[0].f_code.co_filename}:{own[0].f_lineno}"
    state, condition, queue = _waiting(frames, thread.native_id or 0)
    if state == "works":
        return Activity("works", where)
    return Activity(
        state,
        where,
        condition=condition,
        queue=queue if queue is not None else _visible_queue(own[0]),
        counts_tasks=any("task_done" in one.f_code.co_names for one in own),
        lock=_held_lock(own, thread, condition, may_await_one="acquire" in frames[0].f_code.co_names),
    )


def is_waiting(thread: threading.Thread) -> bool:
    """Say quickly, from its innermost frame alone, whether a thread is in a wait for a condition."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code is threading.Condition.wait.__code__


def count_items(queue: object) -> int:
    """Return how many items wait in a queue, without its lock: whoever holds that may not be there any more."""
    if _is_simple_queue(queue):
        return queue.qsize()
    items = getattr(queue, "queue", ())
    return len(items) if hasattr(items, "__len__") else 0


def minds_its_process(thread: threading.Thread, *, kept: int = 0) -> bool:
    """Say whether the thread's owner remembers the process it started it in, to start it again elsewhere.

    `kept` is that process, if it is not this one.
    """
    target = getattr(thread, "_target", None)
    owners = [thread, getattr(target, "__self__", None)]
    for cell in getattr(target, "__closure__", None) or ():
        try:
            owners.append(cell.cell_contents)
        except ValueError:
            # Not filled.
            continue
    pid = kept or os.getpid()
    return any(
        "pid" in name and value == pid
        for owner in owners
        for name, value in list(getattr(owner, "__dict__", {}).items())
        if type(value) is int
    )


def describe(thread: threading.Thread) -> str:
    """Name a thread by what it runs: module and function of its target. Never by data."""
    target = getattr(thread, "_target", None)
    while (inner := getattr(target, "func", None)) is not None:
        target = inner
    run = target if target is not None else type(thread).run
    owner = getattr(run, "__self__", None)
    module = getattr(run, "__module__", None) or type(owner).__module__
    name = getattr(run, "__qualname__", None) or type(run).__qualname__
    return f"{module}.{name}"


def run_time_ns(native_id: int | None) -> int | None:
    """Return for how many nanoseconds a thread of this process has had a processor, None where that is not told.

    The first number of /proc/PID/task/TID/schedstat: https://docs.kernel.org/scheduler/sched-stats.html
    """
    try:
        return int(proc.read_file(f"/proc/self/task/{native_id}/schedstat").split(None, 1)[0])
    except (OSError, ValueError, IndexError):
        return None


def wants_processor(native_id: int | None) -> bool:
    """Say whether a thread of this process runs, or waits for nothing but a processor."""
    try:
        stat = proc.read_file(f"/proc/self/task/{native_id}/stat")
    except OSError:
        return False
    return stat[stat.rfind(b")") + 2 :].startswith(b"R")


def _waiting(frames: list[FrameType], native_id: int) -> tuple[State, threading.Condition | None, object]:
    """Return how the thread waits, at which condition, and from which queue it takes."""
    innermost = frames[0]
    if innermost.f_code is threading.Condition.wait.__code__:
        condition = innermost.f_locals.get("self")
        if not isinstance(condition, threading.Condition):
            return "works", None, None
        for frame in frames[1:4]:
            if frame.f_code.co_name == "get" and "not_empty" in frame.f_code.co_names:
                return "waits", condition, frame.f_locals.get("self")
        return ("waits" if innermost.f_locals.get("timeout") is None else "sleeps"), condition, None
    if innermost.f_code.co_filename == threading.__file__ and innermost.f_code is not _RUN:
        # join, and whatever else of threading nobody has thought of.
        return "works", None, None
    call = _system_call(native_id)
    names = _names_called(innermost)
    if call == "futex":
        # Neither how long nor at what can be read: the call in the frame tells whether it was given a limit.
        call = "futex without end" if _is_called_bare(innermost) else "futex for a while"
    if call == "futex without end" and names & {"get", "acquire"}:
        return "waits", None, None
    if call == "futex for a while" and names & {"get", "acquire"}:
        return ("waits" if "get" in names else "sleeps"), None, None
    if call == "sleep" and "sleep" in names:
        return "sleeps", None, None
    return "works", None, None


def _system_call(native_id: int) -> str:
    calls = _CALLS.get(os.uname().machine)
    if calls is None:
        return ""
    try:
        fields = proc.read_file(f"/proc/self/task/{native_id}/syscall").split()
    except OSError:
        return _place_of_rest(native_id)
    if len(fields) <= _FUTEX_TIMEOUT or not fields[0].isdigit():
        return ""
    futex, sleeps = calls
    number = int(fields[0])
    if number in futex:
        return "futex without end" if int(fields[_FUTEX_TIMEOUT], 16) == 0 else "futex for a while"
    return "sleep" if number in sleeps else ""


def _place_of_rest(native_id: int) -> str:
    """Return what a thread waits in by the kernel function it sleeps at.

    In a process that is not dumpable `syscall` may not be read by its own user, and `wchan` may.
    """
    try:
        place = proc.read_file(f"/proc/self/task/{native_id}/wchan").decode("ascii", "replace")
    except OSError:
        return ""
    # futex_wait_queue_me up to Linux 5.15, futex_wait_queue, futex_do_wait from 6.16.
    if place.startswith("futex_"):
        return "futex"
    return "sleep" if place in _SLEEPERS else ""


def _is_called_bare(frame: FrameType) -> bool:
    """Say whether the call that the frame is in was made without arguments."""
    if frame.f_code is _RUN:
        thread = frame.f_locals.get("self")
        return not getattr(thread, "_args", None) and not getattr(thread, "_kwargs", None)
    # 0.2 ms; only threads that wait in a call of C's are looked at so closely.
    import opcode

    at = frame.f_lasti
    code = frame.f_code.co_code
    return at >= 0 and code[at] == opcode.opmap["CALL"] and code[at + 1] == 0


def _names_called(frame: FrameType) -> set[str]:
    names = set(frame.f_code.co_names)
    if frame.f_code is _RUN:
        # A thread whose target is written in C, a queue's get say, has no frame of its own.
        target = getattr(frame.f_locals.get("self"), "_target", None)
        names = {getattr(target, "__name__", "")}
    return names


def _held_lock(
    frames: list[FrameType],
    thread: threading.Thread,
    condition: threading.Condition | None,
    *,
    may_await_one: bool,
) -> str:
    """Return the name of a lock the thread seems to hold, as far as its frames show any."""
    import _thread

    awaited = None if condition is None else getattr(condition, "_lock", None)
    locked: dict[int, str] = {}
    for frame in frames:
        for name, value in _visible(frame):
            lock = getattr(value, "_lock", value) if isinstance(value, threading.Condition) else value
            if lock is awaited:
                continue
            if isinstance(lock, _thread.LockType) and lock.locked():
                locked[id(lock)] = name
            elif isinstance(lock, _thread.RLock) and f"owner={thread.ident} " in repr(lock):
                return name
    if may_await_one and condition is None and len(locked) == 1:
        return ""
    return next(iter(locked.values()), "")


def _visible(frame: FrameType) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in list(frame.f_locals.items()):
        found.append((name, value))
        if name == "self":
            # vars() and not getattr(): a property would run function code here.
            found += [
                (f"self.{key}", item)
                for key, item in list(getattr(value, "__dict__", {}).items())
                # Up to 3.12 a Thread holds this one for as long as it lives; a fork lets go of it.
                if key != "_tstate_lock"
            ]
    globals_ = frame.f_globals
    found += [(name, globals_[name]) for name in frame.f_code.co_names if name in globals_]
    return found


def _visible_queue(frame: FrameType) -> object:
    return next((value for _, value in _visible(frame) if _is_simple_queue(value)), None)


def _is_simple_queue(value: object) -> TypeGuard[_queue.SimpleQueue[object]]:
    # Where nobody loaded its module there is none.
    module = sys.modules.get("_queue")
    return module is not None and isinstance(value, module.SimpleQueue)


def _is_standard(code: CodeType) -> bool:
    return code.co_filename in (threading.__file__, getattr(sys.modules.get("queue"), "__file__", None))


_RUN = threading.Thread.run.__code__
