"""What goes on beside the handler: threads, tasks, children, and imports made on first use; pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.masking import Mask
    from dayfly.lab.plan.sightings import SeenThread, Sighting

# A thread still there after this many later invocations is there to stay, not late.
_LASTING = 2
_MAX_NAMED_IMPORTS = 12
# Modules that libraries load on first use, with no import statement of the function's that would name them.
_MAX_UNASKED_IMPORTS = 12


def find_late_work(sightings: Sequence[Sighting], *, mask: Mask) -> list[Loss]:
    """Return threads, asyncio tasks and child processes that were still at work after the answer."""
    count = len(sightings) - 1
    threads: dict[str, set[int]] = defaultdict(set)
    lasting: dict[str, set[int]] = defaultdict(set)
    example: dict[str, SeenThread] = {}
    tasks: dict[str, set[int]] = defaultdict(set)
    places: dict[str, str] = {}
    for sighting in sightings:
        for thread in sighting.threads:
            if not thread.invocation or thread.kind == "native":
                continue
            key = thread.target or thread.site or mask.hide(thread.name)
            example.setdefault(key, thread)
            if sighting.number == thread.invocation and not thread.is_waiting:
                threads[key].add(sighting.number)
            if sighting.number >= thread.invocation + _LASTING:
                lasting[key].add(sighting.number)
        for task in sighting.tasks:
            name, _, place = task.partition("\0")
            if sighting.number:
                tasks[name].add(sighting.number)
                places[name] = place
    losses: list[Loss] = []
    for key, thread in example.items():
        name = _thread_name(thread, mask)
        started = {t.invocation for s in sightings for t in s.threads if _key(t, mask) == key}
        if key in threads and not (key in lasting and len(started) == 1):
            losses.append(
                Loss("late-work", name, thread.site or thread.target, len(threads[key]), count,
                     "still running after the response; ended with the worker, unfinished")
            )  # fmt: skip
        elif key in lasting:
            what = "waits for work between invocations" if thread.is_waiting else "works between invocations"
            losses.append(
                Loss("thread", name, thread.site or thread.target, len(lasting[key]), count,
                     (
                         f"started by an invocation and kept, {what}; every worker starts its own, which ends "
                         "with the worker"
                     ))
            )  # fmt: skip
    for name, numbers in tasks.items():
        losses.append(
            Loss("late-work", f"asyncio task {mask.hide(name)}", places[name], len(numbers), count,
                 "pending after the response; a worker has no later invocation that would run it")
        )  # fmt: skip
    return losses + _children(sightings)


def _key(thread: SeenThread, mask: Mask) -> str:
    return thread.target or thread.site or mask.hide(thread.name)


def _thread_name(thread: SeenThread, mask: Mask) -> str:
    owner = thread.kind.partition(".")[0]
    suffix = f" of {owner}" if not thread.target and owner not in ("threading", "concurrent") else ""
    return f"thread {mask.hide(thread.name)!r}{suffix}"


def _children(sightings: Sequence[Sighting]) -> list[Loss]:
    count = len(sightings) - 1
    alive = [sighting.number for sighting in sightings if sighting.number and sighting.children]
    if not alive:
        return []
    places = [place for sighting in sightings for _, place in sighting.processes if place]
    return [
        Loss("process", "child processes", places[-1] if places else "", len(alive), count,
             "still running after the response; ended with the worker")
    ]  # fmt: skip


def find_init_threads(sightings: Sequence[Sighting], *, mask: Mask) -> list[Loss]:
    """Return threads that init started with Python code: a worker has copies of the native ones alone."""
    count = len(sightings) - 1
    return [
        Loss("thread", _thread_name(thread, mask), thread.site or thread.target, count, count,
             "started at init; a forked worker does not have it unless it is restarted there")
        for thread in sightings[0].threads
        if thread.kind != "native"
    ]  # fmt: skip


def find_lazy_imports(sightings: Sequence[Sighting]) -> list[Loss]:
    """Return modules that invocations imported first, by the import statements of own code that began it.

    Those that libraries load by themselves are named together, where no statement explains them.
    """
    count = len(sightings) - 1
    loaded = sum(len(sighting.modules) for sighting in sightings if sighting.number)
    if not loaded:
        return []
    statements: dict[str, tuple[str, int]] = {}
    unasked: list[str] = []
    for sighting in sightings[1:]:
        names = [name for name, _, _ in sighting.imports]
        for name, place, _ in sighting.imports:
            if not _is_parent(name, names):
                statements.setdefault(name, (place, sighting.number))
        if not names:
            unasked += [name for name in sighting.modules if not _is_parent(name, sighting.modules)]
    losses = [
        Loss("lazy-import", f"import {name}", place, count - number, count,
             "imported by the first invocation that needs it; every worker imports it again", prime=(name,))
        for name, (place, number) in list(statements.items())[:_MAX_NAMED_IMPORTS]
    ]  # fmt: skip
    rest = len(statements) - len(losses)
    detail = f", {rest} more import statements" if rest > 0 else ""
    losses.append(
        Loss("lazy-import", f"{loaded} module{'s' if loaded > 1 else ''} loaded after init{detail}", "", count - 1, count,
             "loaded by every worker anew", prime=tuple(unasked[:_MAX_UNASKED_IMPORTS]))
    )  # fmt: skip
    return losses


def _is_parent(name: str, names: Sequence[str]) -> bool:
    """Say whether importing another of the names imports this one."""
    return any(other.startswith(name + ".") for other in names)
