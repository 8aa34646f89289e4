"""Collects what the function's own code says: its constants and names, those of libraries, and its environment."""

from __future__ import annotations

import os
import sys
from types import FunctionType, ModuleType

from dayfly.runtime.guard.owncode import content_of, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.runtime.guard.places import Places

# A global collection larger than that is data.
_MANY_ITEMS = 10_000
_DEPTH = 4
# What the standard library writes code of has at most two line breaks.
_MANY_BREAKS = 2
_COLLECTIONS = (dict, list, tuple, set, frozenset)
# What the import system puts into every module.
_MACHINERY = frozenset(("__builtins__", "__spec__", "__loader__", "__cached__", "__file__", "__path__"))


def hosts_in(texts: list[str]) -> list[str]:
    """Return the hosts of the URLs among `texts`: that is all that a name look-up tells of one."""
    found: list[str] = []
    for text in texts:
        _, mark, rest = text.partition("://")
        if mark:
            for end in "/?#":
                rest = rest.partition(end)[0]
            rest = rest.rpartition("@")[2]
            host = rest.rpartition(":")[0] if rest.rpartition(":")[2].isdigit() else rest
            found.append(host.strip("[]"))
    return found


def function_modules(places: Places, libraries: frozenset[str]) -> list[ModuleType]:
    """Return the function's modules, without the `libraries` that lie beside them."""
    return [
        module
        for module, file in _modules()
        if places.is_functions(file) and _top(module.__name__) not in libraries
    ]


def choices_in(module: ModuleType) -> Iterator[str]:
    """Yield the texts in a module's collections, one in another too, in its classes' ones, and in its enums and Literals."""
    todo = _globals(module)
    while todo:
        value, depth = todo.pop()
        kind = type(value)
        if kind in _COLLECTIONS:
            if depth > _DEPTH or len(value) > _MANY_ITEMS:  # type: ignore[arg-type]
                continue
            items = [*value.keys(), *value.values()] if kind is dict else list(value)  # type: ignore[attr-defined, call-overload]
            yield from (item for item in items if type(item) is str)
            todo += [(item, depth + 1) for item in items if type(item) is not str]
        elif isinstance(value, type) and value.__module__ == module.__name__:
            members = vars(value).get("_member_map_")
            if type(members) is dict:
                yield from members
                yield from (text for one in members.values() if type(text := one._value_) is str)
            todo += [(item, depth + 1) for item in list(vars(value).values()) if type(item) in _COLLECTIONS]
        elif type(value).__module__ == "typing":
            todo.append((getattr(value, "__args__", None), depth + 1))


def named(modules: list[str], names: tuple[str, ...]) -> list[str]:
    """Return those of the modules that are among `names`, or below one of them that ends with a dot."""
    packages = tuple(name for name in names if name.endswith("."))
    return [name for name in modules if name in names or name.startswith(packages)]


def library_texts(names: tuple[str, ...]) -> Iterator[str]:
    """Yield the constants of those loaded modules that are `named`; some write docstrings into their code as well.

    The standard library writes none: its longer texts are left out, half of the time that all take.
    """
    modules = {module.__name__: module for module, _file in _modules()}
    for name in named(list(modules), names):
        texts = set(texts_in(modules[name]))
        is_standard = _top(name) in sys.stdlib_module_names
        yield from (text for text in texts if not is_standard or text.count("\n") <= _MANY_BREAKS)


def texts_in(module: ModuleType, names: set[str] | None = None) -> list[str]:
    """Return what a module's functions, classes and globals hold of texts; names into `names`, if given."""
    from dayfly.core.structure.trusted_literals import texts_of

    found: list[str] = []
    named = names.update if names is not None else found.extend
    named(vars(module))
    seen: set[int] = set()
    todo = _globals(module)
    while todo:
        value, depth = todo.pop()
        kind = type(value)
        if kind is str:
            found.append(value)  # type: ignore[arg-type]
            continue
        number = number_of(value)
        if number in seen or depth > _DEPTH:
            continue
        seen.add(number)
        if isinstance(value, FunctionType):
            # Its `__module__` may be another's: a decorator's.
            found += texts_of(value.__code__, names)
            # Not by its `__dict__`, which would be made for each.
            todo.append((getattr(value, "__wrapped__", None), depth + 1))
            todo += [(content_of(cell), depth + 1) for cell in value.__closure__ or ()]
        elif isinstance(value, type):
            if value.__module__ == module.__name__:
                entries = list(vars(value).items())
                named(name for name, _ in entries)
                todo += [(item, depth + 1) for _, item in entries]
        elif isinstance(value, (staticmethod, classmethod)):
            todo.append((value.__func__, depth + 1))
        elif kind is property:
            todo += [(value.fget, depth + 1), (value.fset, depth + 1)]  # type: ignore[attr-defined]
        elif kind in _COLLECTIONS and len(value) <= _MANY_ITEMS:  # type: ignore[arg-type]
            items = list(value.items()) if kind is dict else list(value)  # type: ignore[attr-defined, call-overload]
            todo += [(item, depth + 1) for item in items]
    return found


def _globals(module: ModuleType) -> list[tuple[object, int]]:
    return [(value, 0) for name, value in list(vars(module).items()) if name not in _MACHINERY]


def _modules() -> Iterator[tuple[ModuleType, str]]:
    for module in list(sys.modules.values()):
        if type(module) is ModuleType:
            file = vars(module).get("__file__")
            if type(file) is str:
                yield module, file


def _top(name: str) -> str:
    return name.partition(".")[0]


def is_beside(file: str, task: str, libraries: frozenset[str]) -> bool:
    """Say whether a file below the function's folder is one of the `libraries` that were installed there."""
    return file[len(task) :].partition("/")[0].removesuffix(".py") in libraries


def libraries_in(task: str) -> frozenset[str]:
    """Return the names of packages that an installer put into the function's folder, by what it wrote of them."""
    try:
        entries = os.listdir(task)
    except OSError:
        return frozenset()
    found: set[str] = set()
    for entry in entries:
        if entry.endswith(".dist-info"):
            found.add(entry.partition("-")[0].lower())
            try:
                with open(os.path.join(task, entry, "RECORD"), encoding="utf-8", errors="replace") as record:
                    found |= {line.partition(",")[0].partition("/")[0].removesuffix(".py") for line in record}
            except OSError:
                continue
    return frozenset(found)
