"""Names the work that a handler left behind: it would go on after the answer, and dies with its worker."""

from __future__ import annotations

import _thread
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from types import FrameType

MAX_NAMES = 8
_MAX_NAME = 100
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
    # Only a handler that started threads pays for looking at them.
    from dayfly.runtime.idleness import count_items, describe, look_at

    names: list[str] = []
    frames = sys._current_frames()
    for thread in started:
        activity = look_at(thread)
        if activity.state == "waits" and count_items(activity.queue) == 0:
            continue
        names.append(clean(_submitted(frames.get(thread.ident or 0)) or describe(thread)))
    return names


def _submitted(frame: FrameType | None) -> str:
    """Return the name of the function that a pool's thread is running, if it is one."""
    while frame is not None:
        item = frame.f_locals.get("self")
        function = getattr(item, "fn", None)
        if frame.f_code.co_name == "run" and type(item).__name__ == "_WorkItem" and callable(function):
            return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
        frame = frame.f_back
    return ""


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
