"""Finds objects that init made, in one walk over the heap."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    Kind = TypeVar("Kind")


class Found:
    """Objects by class, as one walk found them."""

    __slots__ = ("_items",)

    def __init__(self, items: list[object]) -> None:
        self._items = items

    def of(self, *kinds: type[Kind]) -> list[Kind]:
        """Return the objects whose class is one of `kinds` or below it.

        type() and not isinstance(): a proxy's `__class__` would run function code here.
        """
        return [item for item in self._items if issubclass(type(item), kinds)]  # type: ignore[misc]

    def named(self, module: str, *names: str) -> list[object]:
        """Return the objects of classes of a module, if init loaded it."""
        return self.of(*classes((module, *names)))


def classes(*wanted: tuple[str, ...]) -> tuple[type, ...]:
    """Return the classes that init loaded, of modules with the names of some of theirs."""
    found = (getattr(sys.modules.get(module), name, None) for module, *names in wanted for name in names)
    return tuple(kind for kind in found if isinstance(kind, type))


# What there was before the function's code: how many objects are set aside, and the packages that were loaded.
_count = 0
_packages: frozenset[str] = frozenset()


def set_aside() -> None:
    """Leave what there is, before the function's code is loaded, out of collections and of walks.

    A seventh of a boto3 function's objects, and all that the collections of a small one's init would go through.
    """
    global _count, _packages
    gc.freeze()
    _count = gc.get_freeze_count()
    _packages = frozenset(map(_top, list(sys.modules)))


def reveal(modules: Iterable[str]) -> None:
    """Have walks find what code of these modules may have made: before `set_aside`, or hidden by the function's own freeze."""
    if gc.get_freeze_count() > _count or not _packages.isdisjoint(map(_top, modules)):
        gc.unfreeze()


def everything() -> list[object]:
    """Return all objects that the collector tracks, and freeze them: what is frozen is not listed."""
    gc.unfreeze()
    objects = gc.get_objects()
    gc.freeze()
    return objects


def _top(name: str) -> str:
    return name.partition(".")[0]


def find(kinds: Iterable[type], *, but: Iterable[type] = ()) -> Found:
    """Return the instances of `kinds` and of their subclasses, without those of `but`.

    Only classes written in Python: an instance of one refers to its class, and asking for referrers walks
    the heap in C (14 ms less in a boto3 function's init than looking at every object), the faster the fewer classes.
    Undoes a `gc.freeze()` of the function's own, which hides objects; the zygote freezes the heap again.
    """
    without = set(but)
    wanted = [kind for kind in dict.fromkeys(kinds) if kind not in without]
    for kind in wanted:
        below: list[type] = type.__subclasses__(kind)
        wanted += [child for child in below if child not in without and child not in wanted]
    if not wanted:
        return Found([])
    reveal(kind.__module__ for kind in wanted)
    ours = set(wanted)
    return Found([item for item in gc.get_referrers(*wanted) if type(item) in ours])
