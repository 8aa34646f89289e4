"""Gives every worker epoll sets, eventfds, timers and signal descriptors of its own, as event loops in C use them.

Comes after the sealers of all other descriptors: an epoll set is filled with what the worker has by then. One that
waits for something that is not the worker's own is named by that.
"""

from __future__ import annotations

from dayfly._sys import descriptions, waitables
from dayfly.runtime import seal as seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

_KINDS = ("eventfd", "timerfd", "signalfd", "inotify", "eventpoll")


def seal(found: Found, sealing: Sealing) -> None:
    """Have every worker make what init made; `seal.reasons_not_to_fork` names what cannot be made anew."""
    numbers: dict[str, list[int]] = {}
    for number in sorted(seals.open_descriptors() - sealing.own - sealing.descriptors):
        kind = seals.kind_of(number)
        if kind in _KINDS:
            numbers.setdefault(kind, []).append(number)
    if not numbers or descriptions.has_children():
        return
    told = waitables.read_fdinfo([number for of_kind in numbers.values() for number in of_kind])
    fills: list[Callable[[], None]] = []
    for kind, of_kind in numbers.items():
        for group in descriptions.group(of_kind, is_same=descriptions.are_one_description):
            if group[0] not in told:
                continue
            made = _describe(kind, group, told[group[0]])
            if made is None:
                continue
            if isinstance(made, waitables.EpollSet):
                fills.append(made.fill)
            sealing.descriptors.update(group)
            sealing.private(made.make)
    for fill in fills:
        # Sets may wait for each other.
        sealing.private(fill)


def _describe(
    kind: str, numbers: list[int], told: dict[str, list[str]]
) -> (
    waitables.Counter
    | waitables.Timer
    | waitables.SignalDescriptor
    | waitables.Watch
    | waitables.EpollSet
    | None
):
    if kind == "eventfd":
        return waitables.Counter(numbers, told)
    if kind == "timerfd":
        return waitables.Timer(numbers, told)
    if kind == "signalfd":
        return waitables.SignalDescriptor(numbers, told)
    if kind == "inotify":
        return None if any(name.startswith("inotify") for name in told) else waitables.Watch(numbers)
    waits = waitables.read_waits(told)
    if waits is None:
        return None
    made = waitables.EpollSet(numbers, waits)
    try:
        made.try_once()
    except OSError:
        return None
    return made
