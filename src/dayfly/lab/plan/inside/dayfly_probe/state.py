"""Looks at what the function's own modules hold: sizes and kinds, never contents.

Walks module attributes, class attributes and attributes of module-level objects of own classes, one
level each, so that every entry has a name a person finds in the code.
"""

from __future__ import annotations

import collections
import sys
import types

from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_ENTRIES = 1000
# Not len(): a subclass may count in its own way, and that would run the function's code.
_COUNTS: dict[type, Callable[..., int]] = {
    kind: kind.__len__ for kind in (dict, list, set, bytearray, collections.deque)
}
_SCALARS = (str, bytes, int, float, complex)
_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    property,
    staticmethod,
    classmethod,
)


class Entry:
    """One named thing as it is now. `size` is -1 for what has none, `flag` None for what is no bool."""

    __slots__ = ("flag", "kind", "mark", "name", "size", "type_name")

    def __init__(
        self, name: str, kind: str, type_name: str, *, size: int = -1, flag: bool | None = None, mark: int = 0
    ) -> None:
        self.name = name
        self.kind = kind
        self.type_name = type_name
        self.size = size
        self.flag = flag
        # What changes when the thing does; stays in this process.
        self.mark = mark


def names_of(module: object) -> dict[str, object]:
    """Return a module's own names without asking it: a lazy module would import something."""
    try:
        names = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return dict(names) if isinstance(names, dict) else {}


def look_at_state(places: Places) -> dict[str, Entry]:
    """Return every entry by name, bounded."""
    found: dict[str, Entry] = {}
    for module_name, module in list(sys.modules.items()):
        names = names_of(module)
        if not places.relative(names.get("__file__")):
            continue
        for entry in _of_module(module_name, names, places):
            found[entry.name] = entry
            if len(found) >= _MAX_ENTRIES:
                return found
    return found


def look_at_flags() -> dict[str, bool]:
    """Return booleans anywhere, libraries included, whose name speaks of a cold start."""
    found: dict[str, bool] = {}
    for module_name, module in list(sys.modules.items()):
        for name, value in names_of(module).items():
            if type(value) is bool and isinstance(name, str) and "cold" in name.lower():
                found[f"{module_name}.{name}"] = value
    return found


def _of_module(module_name: str, names: dict[str, object], places: Places) -> Iterator[Entry]:
    for name, value in names.items():
        if name.startswith("__"):
            continue
        full = f"{module_name}.{name}"
        # type(), not isinstance(): a proxy answers the latter with code of its own.
        kind = type(value)
        if issubclass(kind, type):
            if _class_names(value).get("__module__") == module_name:
                yield from _attributes(full, _class_names(value))
            continue
        entry = _entry(full, value)
        if entry is None:
            continue
        yield entry
        if entry.kind == "object" and _is_own(kind, places):
            yield from _attributes(full, names_of(value))


def _class_names(owner: object) -> dict[str, object]:
    return dict(type.__dict__["__dict__"].__get__(owner))


def _is_own(owner: type, places: Places) -> bool:
    return bool(places.relative(names_of(sys.modules.get(owner.__module__)).get("__file__")))


def _attributes(prefix: str, values: dict[str, object]) -> Iterator[Entry]:
    for name, value in values.items():
        if name.startswith("__"):
            continue
        entry = _entry(f"{prefix}.{name}", value)
        if entry is not None:
            yield entry


def _entry(name: str, value: object) -> Entry | None:
    """Return the entry of a value, or None for code. Runs nothing of the value's own."""
    kind = type(value)
    type_name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if issubclass(kind, _CODE):
        return None
    if value is None:
        return Entry(name, "none", "None")
    if kind is bool:
        return Entry(name, "flag", "bool", flag=bool(value), mark=int(bool(value)))
    if issubclass(kind, _SCALARS):
        return Entry(name, "value", type_name, mark=hash(value) if kind in _SCALARS else id(value))
    for container, count in _COUNTS.items():
        if issubclass(kind, container):
            return Entry(name, "container", type_name, size=count(value), mark=id(value))
    if any(base.__module__.partition(".")[0] == "cachetools" for base in kind.__mro__):
        # A library's mapping; its count has no side effect.
        size = len(value)  # type: ignore[arg-type]
        return Entry(name, "container", type_name, size=size, mark=id(value))
    return Entry(name, "object", type_name, mark=id(value))
