"""Names what an invocation started and did not wait for: threads and asyncio tasks."""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

MAX_NAMES = 8
_MAX_CHARACTERS = 100
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.<>")


def running() -> set[object]:
    """Return the threads that live and the asyncio tasks that are not done, in any loop."""
    found: set[object] = set(threading.enumerate())
    tasks = sys.modules.get("asyncio.tasks")
    for name in ("_scheduled_tasks", "_eager_tasks"):
        # Not all_tasks(): it wants a loop, and a task may wait in one that does not run.
        for task in list(getattr(tasks, name, ())):
            if not task.done():
                found.add(task)
    return found


def background_work(before: AbstractSet[object]) -> list[str]:
    """Return what runs now and is not in `before`, by the qualified names of its code.

    Never by a thread's or a task's own name: the function may have made it from an event.
    """
    names = {_name(item) for item in running() - before}
    return sorted(names)[:MAX_NAMES]


def _name(item: object) -> str:
    if isinstance(item, threading.Thread):
        target = getattr(item, "_target", None) or type(item).run
    else:
        target = item.get_coro()  # type: ignore[attr-defined]
    # A partial or a callable object has no name of its own; a bound method has its function's.
    if not hasattr(target, "__qualname__"):
        target = getattr(target, "func", type(target))
    module = getattr(target, "__module__", None)
    if module is None:
        # A coroutine knows its frame, and that the module's names.
        frame = getattr(target, "cr_frame", None)
        module = frame.f_globals.get("__name__", "") if frame is not None else ""
    text = f"{module}.{getattr(target, '__qualname__', '')}".strip(".")
    return "".join(char if char in _ALLOWED else "?" for char in text)[:_MAX_CHARACTERS]
