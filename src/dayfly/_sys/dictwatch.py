"""Tells which dictionaries were changed, and what they held before, without a look at each.

CPython 3.12 and later call back before a watched dictionary changes (PyDict_Watch,
https://docs.python.org/3/c-api/dict.html#c.PyDict_AddWatcher): a change costs some 6 us once, no change nothing. CPython 3.11
numbers the versions of its dictionaries (PEP 509): reading the numbers of two thousand takes 0.1 ms. A change made with no
stack left for the call is told on standard error instead, and the next one again here. "Unsupported" is a return value.
"""

from __future__ import annotations

import atexit
import sys
from collections import deque
from itertools import repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Dictionary = dict[object, object]
    Changed = list[tuple[Dictionary, Dictionary]]

# PyDictObject of 3.11: object head (16), count of entries (8), version.
_VERSION_AT = 24
_HELD: list[object] = []
# PyDict_EVENT_ADDED, _MODIFIED and _DELETED: events that have a key.
_OF_A_KEY = 2
# A copy of a larger one would be noticed: such are caches, and not compared.
MANY_ENTRIES = 4096


def watcher() -> DictWatch | None:
    """Return what watches dictionaries here, found by trying; None where nothing does."""
    if sys.implementation.name != "cpython" or sys.abiflags:
        return None
    try:
        made: DictWatch = _Callbacks() if sys.version_info >= (3, 12) else _Versions()
    except (ImportError, AttributeError, OSError, RuntimeError):
        return None
    return made if _works(made) else None


def _works(watch: DictWatch) -> bool:
    one: Dictionary = {"a": 1}
    other: Dictionary = {"a": 1}
    watch.watch((one, other))
    one["b"] = 2
    is_seen = [(found is one, before) for found, before in watch.changed()] == [(True, {"a": 1})]
    watch.rest()
    if is_seen and not watch.changed():
        return True
    watch.close()
    return False


class _Callbacks:
    """Dictionaries that are watched while `is_on`: of each the first change is noted, until `rest`.

    `passed` has keys, by a dictionary's number, whose changes need not be noted.
    """

    def __init__(self) -> None:
        # Not `ctypes`, which makes forty classes of its own: 1.4 ms of every init.
        import _ctypes

        def kind(of: type, **attributes: object) -> Any:
            return type("", (of,), attributes)

        number, address, value = (kind(_ctypes._SimpleCData, _type_=code) for code in "iPO")
        # Functions that do not let go of the interpreter.
        flags = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI

        def api(name: str, *arguments: Any) -> Any:
            called = kind(_ctypes.CFuncPtr, _flags_=flags, _restype_=number)(_ctypes.dlsym(program, name))
            called.argtypes = arguments
            return called

        program = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # typeshed forgets the program itself
        # Of its four arguments the first three are taken: the rest lies in registers that nobody reads.
        prototype = kind(
            _ctypes.CFuncPtr, _flags_=flags, _restype_=number, _argtypes_=(number, address, address)
        )
        self._object = _ctypes.PyObj_FromPtr
        note = prototype(self._note)
        # It is called as long as there is a dictionary that says so, whoever else has forgotten it.
        _HELD.append(note)
        self._start = api("PyDict_Watch", number, value)
        self._stop = api("PyDict_Unwatch", number, value)
        self._number: int = api("PyDict_AddWatcher", prototype)(note)
        self._known: dict[int, Dictionary] = {}
        self._changed: Changed = []
        self.passed: dict[int, frozenset[object]] = {}
        self.is_on = True
        # When an interpreter ends it clears its modules, and there is nobody left to be called.
        self._end = api("PyDict_ClearWatcher", number)
        atexit.register(self.close)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._number >= 0:
            self._end(self._number)
            self._number = -1

    def _note(self, event: int, address: int, key: int) -> int:
        found = self._known.get(address) if self.is_on else None
        if found is not None:
            passed = self.passed.get(address)
            if passed is not None and event <= _OF_A_KEY and self._object(key) in passed:
                return 0
            self._stop(self._number, found)
            if len(found) <= MANY_ENTRIES:
                self._changed.append((found, dict.copy(found)))
        return 0

    def watch(self, dictionaries: Iterable[Dictionary]) -> None:
        """Watch these as well; each is kept alive."""
        given = list(dictionaries)
        new = dict(zip(map(id, given), given, strict=True))
        for number in self._known.keys() & new.keys():
            del new[number]
        self._known.update(new)
        # There are thousands, and init waits: a loop in C.
        deque(map(self._start, repeat(self._number), new.values()), maxlen=0)

    def changed(self) -> Changed:
        """Return each dictionary that may have changed since `rest`, with what it held then."""
        return self._changed

    def rest(self) -> None:
        """Take what every dictionary holds now for what it should hold."""
        while self._changed:
            self._start(self._number, self._changed.pop()[0])


class _Versions:
    """The same, of every change since `rest`."""

    def __init__(self) -> None:
        from ctypes import c_uint64

        self._cell = c_uint64
        self._dictionaries: list[Dictionary] = []
        self._copies: list[Dictionary] = []
        self._cells: list[c_uint64] = []
        self._seen: list[int] = []
        self._known: set[int] = set()
        # A version is the whole dictionary's.
        self.passed: dict[int, frozenset[object]] = {}
        self.is_on = True

    def watch(self, dictionaries: Iterable[Dictionary]) -> None:
        """Watch these as well; each is kept alive."""
        for one in dictionaries:
            if id(one) in self._known or len(one) > MANY_ENTRIES:
                continue
            self._known.add(id(one))
            cell = self._cell.from_address(id(one) + _VERSION_AT)
            self._dictionaries.append(one)
            self._copies.append(dict.copy(one))
            self._cells.append(cell)
            self._seen.append(cell.value)

    def changed(self) -> Changed:
        """Return each dictionary that may have changed since `rest`, with what it held then."""
        found = [(self._dictionaries[at], self._copies[at]) for at in self._moved()]
        return [(one, before) for one, before in found if len(one) <= 2 * MANY_ENTRIES]

    def rest(self) -> None:
        """Take what every dictionary holds now for what it should hold."""
        for at in self._moved():
            self._copies[at] = dict.copy(self._dictionaries[at])
            self._seen[at] = self._cells[at].value

    def close(self) -> None:
        """Nothing is called back here."""

    def _moved(self) -> list[int]:
        now = [cell.value for cell in self._cells]
        if now == self._seen:
            return []
        return [at for at, (old, new) in enumerate(zip(self._seen, now, strict=True)) if old != new]


if TYPE_CHECKING:
    # What a watcher is: both have the same methods.
    DictWatch = _Callbacks | _Versions
