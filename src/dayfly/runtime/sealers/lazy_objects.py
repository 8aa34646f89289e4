"""Lets objects sleep through the fork: in each worker the first use of one wakes it.

A sleeping object keeps its identity, so that whoever holds it goes on holding it; its class is one made
here, below its own, in which every use first calls what `lay` was given. Awake it has its own class back.
"""

from __future__ import annotations

from _thread import RLock, get_ident

from dayfly._sys import objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# One for all: sleepers are few, and what wakes one may touch another. Made before any fork and held by
# nobody in the zygote.
_lock = RLock()
_sleepers: dict[int, _Group] = {}
_classes: dict[type, type] = {}


class _Group:
    """Objects that wake together; the waker is the thread that is about it."""

    __slots__ = ("kinds", "objects", "rouse", "waker")

    def __init__(self, members: Sequence[object], rouse: Callable[[], None]) -> None:
        self.objects = list(members)
        self.kinds = [type(member) for member in members]
        self.rouse = rouse
        self.waker = 0


def lay(members: Sequence[object], rouse: Callable[[], None]) -> bool:
    """Put `members` to sleep together; the first use of one of them calls `rouse` and wakes them all.

    `rouse` sees them as they were; if it raises, they sleep on, the user of the object gets its exception,
    and the next use tries again. False, and all awake, where one of them cannot change its class.
    """
    group = _Group(members, rouse)
    done: list[object] = []
    for member, kind in zip(group.objects, group.kinds, strict=True):
        try:
            changed = objects.change_class(member, _sleeping(kind))
        except (TypeError, AttributeError):
            changed = False
        if not changed:
            for other in done:
                objects.change_class(other, type(other).__mro__[1])
                del _sleepers[id(other)]
            return False
        done.append(member)
        _sleepers[id(member)] = group
    return True


def is_asleep(item: object) -> bool:
    """Say whether `item` sleeps, without waking it."""
    return id(item) in _sleepers


def _wake(item: object) -> None:
    group = _sleepers.get(id(item))
    if group is None or group.waker == get_ident():
        return
    with _lock:
        if id(item) not in _sleepers:
            return
        group.waker = get_ident()
        try:
            group.rouse()
        finally:
            group.waker = 0
        for member, kind in zip(group.objects, group.kinds, strict=True):
            objects.change_class(member, kind)
            _sleepers.pop(id(member), None)


def _sleeping(kind: type) -> type:
    made = _classes.get(kind)
    if made is None:
        namespace: dict[str, object] = {
            "__slots__": (),
            "__module__": kind.__module__,
            "__qualname__": kind.__qualname__,
            "__doc__": kind.__doc__,
            "__getattribute__": _reader(kind),
            "__setattr__": _writer(kind),
            "__delattr__": _deleter(kind),
            # Nobody connects in order to say goodbye.
            "__del__": _leave,
        }
        if hasattr(kind, "__enter__"):
            # `with` asks the class, not the object.
            namespace["__enter__"] = _enterer(kind)
        made = _classes[kind] = type(kind)(kind.__name__, (kind,), namespace)
    return made


def _reader(kind: type) -> Callable[[object, str], object]:
    read: Callable[[object, str], object] = kind.__getattribute__  # type: ignore[assignment]

    def __getattribute__(self: object, name: str) -> object:
        # What isinstance(), repr() of a container or a debugger asks for is no use of the object.
        if not (name.startswith("__") and name.endswith("__")):
            _wake(self)
        return read(self, name)

    return __getattribute__


def _writer(kind: type) -> Callable[[object, str, object], None]:
    write: Callable[[object, str, object], None] = kind.__setattr__  # type: ignore[assignment]

    def __setattr__(self: object, name: str, value: object) -> None:
        _wake(self)
        write(self, name, value)

    return __setattr__


def _deleter(kind: type) -> Callable[[object, str], None]:
    delete: Callable[[object, str], None] = kind.__delattr__  # type: ignore[assignment]

    def __delattr__(self: object, name: str) -> None:
        _wake(self)
        delete(self, name)

    return __delattr__


def _enterer(kind: type) -> Callable[[object], object]:
    enter: Callable[[object], object] = kind.__enter__  # type: ignore[attr-defined]

    def __enter__(self: object) -> object:
        _wake(self)
        return enter(self)

    return __enter__


def _leave(_self: object) -> None:
    """Stand in for `__del__`."""
