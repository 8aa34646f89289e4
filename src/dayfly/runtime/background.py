"""Names the work that a handler left behind: it would go on after the answer, and dies with its worker."""

from __future__ import annotations

import _thread
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from types import FrameType

MAX_NAMES = 8
_MAX_NAME = 100
# Short first: most have the interpreter again at once. The last is for a busy machine, and is paid where work is left.
_GLANCES_S = (0.0005, 0.0005, 0.001, 0.002, 0.004)
# A machine so busy that a thread waits longer than that for a processor; whoever has had one so long works.
_CHANCE_LIMIT_S = 0.25
_CHANCE_NS = 1_000_000
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.<>")


def threads_now() -> frozenset[threading.Thread]:
    """Return the threads there are before the handler is called."""
    return frozenset(threading.enumerate())


def background_work(before: Set[threading.Thread]) -> list[str]:
    """Name what still has something to do and was not there `before`: threads, and tasks of event loops.

    One name for each, MAX_NAMES at most: module and function, which are the code's. A thread's own name
    could hold a customer's data. Idle threads of pools and other threads that wait for work are none.
    """
    names: list[str] = []
    if _thread._count() > 0:
        names += _busy_threads(before)
    if "asyncio" in sys.modules:
        names += _pending_tasks()
    return names[:MAX_NAMES]


def clean(name: str) -> str:
    """Return a name with nothing in it but letters, digits and _.<>, cut to a length that a finding holds."""
    return "".join(letter for letter in name[: 4 * _MAX_NAME] if letter in _LETTERS)[:_MAX_NAME]


def _busy_threads(before: Set[threading.Thread]) -> list[str]:
    started = [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread is not threading.main_thread()
    ]
    if not started:
        return []
    # Loaded in the zygote, see `LastWords.prepare`.
    from dayfly.runtime.idleness import describe, run_time_ns

    busy = [thread for thread in started if _is_busy(thread)]
    ran = {thread: run_time_ns(thread.native_id) for thread in busy}
    for glance_s in _GLANCES_S:
        if not busy:
            return []
        # One that has just done its work, or been told to end, looks busy until it has had the interpreter again.
        time.sleep(glance_s)
        busy = _still_busy(busy)
    end = time.monotonic() + _CHANCE_LIMIT_S
    while any(not _had_a_chance(thread, ran[thread]) for thread in busy) and time.monotonic() < end:
        time.sleep(_GLANCES_S[-1])
        busy = _still_busy(busy)
    return [
        clean(_pool_work(sys._current_frames().get(thread.ident or 0)) or describe(thread)) for thread in busy
    ]


def _still_busy(threads: list[threading.Thread]) -> list[threading.Thread]:
    return [thread for thread in threads if thread.is_alive() and _is_busy(thread)]


def _had_a_chance(thread: threading.Thread, before_ns: int | None) -> bool:
    """Say whether a thread that had run for so long could have ended since: not if it waits for a processor."""
    from dayfly.runtime.idleness import run_time_ns, wants_processor

    now_ns = run_time_ns(thread.native_id)
    if before_ns is None or now_ns is None:
        return True
    return not wants_processor(thread.native_id) or now_ns - before_ns >= _CHANCE_NS


def _is_busy(thread: threading.Thread) -> bool:
    """Say whether something would be lost with a thread; the housekeeping of libraries would not."""
    from dayfly.runtime.idleness import count_items, look_at, minds_its_process

    if _pool_work(sys._current_frames().get(thread.ident or 0)) == "" or minds_its_process(thread):
        return False
    activity = look_at(thread)
    return activity.state != "waits" or count_items(activity.queue) > 0


def _pool_work(frame: FrameType | None) -> str | None:
    """Name the function that a pool's thread runs; "" if it runs none, None if the thread is no pool's."""
    function: object = None
    from dayfly.runtime.idleness import count_items

    while frame is not None:
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        if module == "concurrent.futures.thread" and code.co_name == "run":
            function = getattr(frame.f_locals.get("self"), "fn", None)
        elif module == "concurrent.futures.thread" and code.co_name == "_worker":
            items = count_items(frame.f_locals.get("work_queue"))
            return _name(function) or ("concurrent.futures.thread._worker" if items else "")
        elif module == "multiprocessing.pool" and code.co_name == "worker":
            return _name(frame.f_locals.get("func"))
        elif module == "multiprocessing.pool" and code.co_name.startswith("_handle_"):
            return ""
        frame = frame.f_back
    return None


def _name(function: object) -> str:
    if function is None:
        return ""
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"


def _pending_tasks() -> list[str]:
    tasks = sys.modules.get("asyncio.tasks")
    known: list[Iterable[object]] = [
        getattr(tasks, name, ()) for name in ("_all_tasks", "_scheduled_tasks", "_eager_tasks")
    ]
    names: list[str] = []
    for task in {id(task): task for group in known for task in list(group)}.values():
        is_done = getattr(task, "done", None)
        if is_done is None or is_done() or len(names) == MAX_NAMES:
            continue
        coroutine = getattr(task, "get_coro", lambda: None)()
        frame = getattr(coroutine, "cr_frame", None)
        module = frame.f_globals.get("__name__", "") if frame is not None else ""
        names.append(clean(f"{module}.{getattr(coroutine, '__qualname__', type(task).__qualname__)}"))
    return names
