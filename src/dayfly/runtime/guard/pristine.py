"""What the initialised function holds in memory, watched: modules, classes, the function's own tables, and hooks."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from _operator import is_
from itertools import chain, repeat

from dayfly._sys import dictwatch
from dayfly.runtime.guard.owncode import number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.guard.places import Places

    Dictionary = dict[object, object]

MISSING = object()
# Where Dayfly keeps what the guard goes by; what other modules of its keep is theirs to change.
_GUARDS = ("dayfly.runtime.guard.", "dayfly.core.structure.")
_IMMUTABLE = 1 << 8
# Tables within tables of the function's own modules.
_DEPTH = 3
_MANY_TABLES = 2000
# What AWS's loop sets for every event: a variable, and in its own module names that begin so.
_VARIABLE, _LOOP, _LOOP_STATE = b"_X_AMZN_TRACE_ID", "awslambdaric.bootstrap", "_GLOBAL_"
# What the interpreter itself says of a class, whatever its metaclass says.
_namespace, _qualname, _flags = (
    vars(type)[name].__get__ for name in ("__dict__", "__qualname__", "__flags__")
)
# Kinds of what is watched; `own` are tables that the function's own modules hold.
MODULE, CLASS, OWN, ENVIRONMENT, MODULES, HOOKS = "module", "class", "own", "environment", "modules", "hooks"


class Owner:
    """A dictionary that is watched: what it is to Python, its name, and whether it is the function's own."""

    __slots__ = ("is_own", "kind", "name")

    def __init__(self, kind: str, name: str, *, is_own: bool) -> None:
        self.kind = kind
        self.name = name
        self.is_own = is_own


class Change:
    """One entry that an invocation changed; `before` or `after` is MISSING where there was none."""

    __slots__ = ("after", "before", "key", "owner")

    def __init__(self, owner: Owner, key: object, before: object, after: object) -> None:
        self.owner = owner
        self.key = key
        self.before = before
        self.after = after


class Pristine:
    """The state of a process before its event. `is_watching` is False where nothing here can be watched.

    `variables` are the environment's, where `os.environ` does not hold them itself.
    """

    def __init__(self, places: Places, variables: dict[bytes, bytes] | None = None) -> None:
        self._watch = dictwatch.watcher()
        self.is_watching = self._watch is not None
        # Named when somebody asks: there are thousands, and hardly one changes.
        self._unnamed: dict[int, tuple[str, str, bool]] = {}
        self._classes: dict[int, tuple[object, str]] = {}
        self._owners: dict[int, Owner] = {}
        self._hooks: list[tuple[str, Callable[[], list[object]]]] = _hook_places()
        if self._watch is not None:
            classes = _classes()
            # A class's `__dict__` is a view of the one that is watched, and refers to nothing else.
            watched: list[Dictionary] = gc.get_referents(*map(_namespace, classes))
            named_in = map(dict.get, watched, repeat("__module__"))
            named = zip(named_in, map(_qualname, classes), strict=True)
            self._classes = dict(zip(map(number_of, watched), named, strict=True))
            for kind, name, is_own, entries in _dictionaries(places, variables):
                number = number_of(entries)
                if number not in self._unnamed:
                    self._unnamed[number] = (kind, name, is_own)
                    watched.append(entries)
                    self._watch.passed.update(_set_each_time(kind, name, entries))
            self._watch.watch(watched)
            self._watch.is_on = False
        self._held = [read() for _, read in self._hooks]

    def start(self) -> None:
        if self._watch is not None:
            self._watch.rest()
            self._watch.is_on = True

    def rest(self) -> None:
        """Take what there is now for what there should be, and notice nothing until `start`."""
        if self._watch is not None:
            self._watch.is_on = False
        self._held = [read() for _, read in self._hooks]

    @property
    def is_touched(self) -> bool:
        return self._watch is not None and (bool(self._watch.changed()) or any(self._moved_hooks()))

    def changes(self) -> Iterator[Change]:
        """Yield what is not as it was at `start`, and hooks that were not there at the last `rest`."""
        if self._watch is None:
            return
        # While one looks, lazy attributes of the function's may fill themselves.
        for entries, before in list(self._watch.changed()):
            owner = self.owner_of(entries)
            assert owner is not None
            passed = self._watch.passed.get(number_of(entries), ())
            for key, now in list(dict.items(entries)):
                was = before.get(key, MISSING)
                if was is not now and key not in passed:
                    yield Change(owner, key, was, now)
            for key, was in before.items():
                if key not in passed and not dict.__contains__(entries, key):
                    yield Change(owner, key, was, MISSING)
        for name, was_held, held in self._moved_hooks():
            owner = Owner(HOOKS, name, is_own=False)
            for at, one in enumerate(held):
                if not any(map(is_, [one] * len(was_held), was_held)):
                    yield Change(owner, at, MISSING, one)

    def _moved_hooks(self) -> Iterator[tuple[str, list[object], list[object]]]:
        """Yield names of hooks that are not as they were at the last `rest`, what they were and what they are."""
        for (name, read), was_held in zip(self._hooks, self._held, strict=True):
            held = read()
            if len(held) != len(was_held) or not all(map(is_, held, was_held)):
                yield name, was_held, held

    def owner_of(self, entries: object) -> Owner | None:
        number = number_of(entries)
        found = self._owners.get(number)
        if found is not None:
            return found
        if (named := self._classes.get(number)) is not None:
            found = Owner(CLASS, ".".join(map(str, named)), is_own=False)
        elif (unnamed := self._unnamed.get(number)) is not None:
            kind, name, is_own = unnamed
            found = Owner(kind, name, is_own=is_own)
        if found is not None:
            self._owners[number] = found
        return found


def _dictionaries(
    places: Places, variables: dict[bytes, bytes] | None
) -> Iterator[tuple[str, str, bool, Dictionary]]:
    """Yield what is watched beside classes: its kind, its name, and whether it is the function's own."""
    own: list[tuple[str, Dictionary]] = []
    for name, module in list(sys.modules.items()):
        entries = getattr(module, "__dict__", None)
        if type(entries) is not dict:
            continue
        file = entries.get("__file__")
        is_own = type(file) is str and places.is_functions(file)
        yield MODULE, name, is_own, entries
        if is_own:
            own.append((name, entries))
        elif name.startswith(_GUARDS):
            for key, value in list(dict.items(entries)):
                if type(value) is dict and not key.startswith("__"):
                    yield OWN, f"{name}.{key}", False, value
    environment = os.environ._data if variables is None else variables  # type: ignore[attr-defined]
    yield ENVIRONMENT, "os.environ", False, environment  # type: ignore[misc]
    yield MODULES, "sys.modules", False, sys.modules  # type: ignore[misc]
    count = 0
    modules = frozenset(name for name, _ in own)
    for _ in range(_DEPTH):
        inner: list[tuple[str, Dictionary]] = []
        for name, entries in own:
            for key, value in list(dict.items(entries)):
                if type(key) is not str or key.startswith("__"):
                    continue
                if isinstance(value, dict):
                    inner.append((f"{name}.{key}", value))
                elif (
                    type(value).__module__ in modules
                    and type(found := getattr(value, "__dict__", None)) is dict
                ):
                    inner.append((f"{name}.{key}", found))
        for name, entries in inner:
            count += 1
            if count > _MANY_TABLES:
                return
            yield OWN, name, True, entries
        own = inner


def _set_each_time(kind: str, name: str, entries: Dictionary) -> Iterator[tuple[int, frozenset[object]]]:
    """Yield a dictionary's number and the keys in it that AWS's loop sets for every event, where it is such a one."""
    if kind == ENVIRONMENT:
        yield number_of(entries), frozenset((_VARIABLE,))
    elif kind == MODULE and name == _LOOP:
        yield number_of(entries), frozenset(key for key in entries if str(key).startswith(_LOOP_STATE))


def _classes() -> list[type]:
    found: dict[int, type] = {}
    level: list[type] = [object]
    while level:
        found.update(zip(map(number_of, level), level, strict=True))
        below: list[type] = list(chain.from_iterable(map(type.__subclasses__, level)))
        level = [
            kind for number, kind in zip(map(number_of, below), below, strict=True) if number not in found
        ]
    return [kind for kind in found.values() if not _flags(kind) & _IMMUTABLE]


def _hook_places() -> list[tuple[str, Callable[[], list[object]]]]:
    # The module `signal` makes an Enum's member of each: twenty times the time.
    low_level = importlib.import_module("_signal")
    numbers = tuple(sorted(low_level.valid_signals()))
    return [
        ("sys.meta_path", lambda: list(sys.meta_path)),
        ("sys.path_hooks", lambda: list(sys.path_hooks)),
        ("gc.callbacks", lambda: list(gc.callbacks)),
        ("signal handlers", lambda: list(map(low_level.getsignal, numbers))),
        ("the tracer", lambda: [sys.gettrace(), sys.getprofile()]),
        # Which they are is told to nobody.
        ("exit functions", lambda: [atexit._ncallbacks()]),
    ]
