"""What no dictionary of the function's own tells: lists and sets, and what functions carry along."""

from __future__ import annotations

import sys
import types
from _operator import is_
from collections import deque

from dayfly.runtime.guard.owncode import content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.guard.places import Places

    Reader = Callable[[object], tuple[object, ...]]

# Of the function's own modules; a longer list is a cache.
_MANY_ITEMS = 1000
_MANY_HELD = 4000
_SEQUENCES = (list, set, deque)


class Inner:
    """Lists, sets, defaults and closures of the function's own modules and classes, as they are now.

    Too dear to be compared after each event, and seldom wrong: it is asked once there is a suspicion.
    """

    def __init__(self, places: Places) -> None:
        self._held: list[tuple[str, object, Reader, tuple[object, ...]]] = []
        for name, module in list(sys.modules.items()):
            entries = getattr(module, "__dict__", None)
            file = entries.get("__file__") if type(entries) is dict else None
            if entries is None or type(file) is not str or not places.is_functions(file):
                continue
            for place, value in _values(name, entries):
                if len(self._held) >= _MANY_HELD:
                    return
                for read in (_carried, _closed_over) if isinstance(value, types.FunctionType) else (_items,):
                    self._held.append((place, value, read, read(value)))

    def changed(self) -> Iterator[tuple[str, bool, tuple[object, ...], tuple[object, ...]]]:
        """Yield what is not as it was, which it is from then on: place, whether it makes a function do otherwise, before, now."""
        for at, (place, value, read, before) in enumerate(self._held):
            now = read(value)
            if len(now) != len(before) or not all(map(is_, now, before)):
                self._held[at] = (place, value, read, now)
                yield place, read is _carried, before, now


def _values(name: str, entries: dict[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in list(entries.items()):
        place = f"{name}.{key}"
        if isinstance(value, _SEQUENCES):
            if len(value) <= _MANY_ITEMS:
                yield place, value
        elif isinstance(value, types.FunctionType):
            if value.__module__ == name:
                yield place, value
        elif isinstance(value, type) and value.__module__ == name:
            for inner, member in list(vars(value).items()):
                if isinstance(member, (types.FunctionType, *_SEQUENCES)):
                    yield f"{place}.{inner}", member


def _carried(value: object) -> tuple[object, ...]:
    assert isinstance(value, types.FunctionType)
    named = value.__kwdefaults__ or {}
    return (value.__code__, *(value.__defaults__ or ()), *named.keys(), *named.values())


def _closed_over(value: object) -> tuple[object, ...]:
    assert isinstance(value, types.FunctionType)
    return tuple(map(content_of, value.__closure__ or ()))


def _items(value: object) -> tuple[object, ...]:
    # By its own class's iterator: what a subclass says of itself is not asked.
    if isinstance(value, list):
        return tuple(list.__iter__(value))
    if isinstance(value, set):
        return tuple(sorted(set.__iter__(value), key=id))
    return tuple(deque.__iter__(value))  # type: ignore[arg-type]
