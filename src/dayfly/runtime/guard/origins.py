"""Says whose code stands on a stack: an installed package's, the function's own, or nobody's that is known.

A code object's file name is what its author wrote there. So a name is believed only of code that the import system loaded from
that file, or that was there before the function's was; what `exec` ran otherwise belongs to whoever called it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import weakref
from _bisect import bisect_left
from types import CodeType, FunctionType

from dayfly.core.policy import FUNCTION, STRANGER
from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.owncode import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from dayfly.runtime.guard.places import Places

# The interpreter's and Dayfly's code does what others ask it to; "" says so of it.
TRANSPARENT = ""
# Who of those that do what others ask them to asks on his own account: Dayfly, or AWS's loop, to which others hand things.
_DAYFLY, _LOOP = "dayfly", "loop"
_AROUND_HANDLERS = owncode.GUARD + "bootstrap"
_FOLDERS = ("/site-packages/", "/dist-packages/")
# CPython's own limit of recursion.
_MANY_FRAMES = 1000
# Generated code that is remembered; a function that generates some for each event keeps no more.
_MANY_MADE = 20_000
_MANY_THREADS = 4096
_EXECUTES = frozenset(("exec", "eval"))


class Origins:
    """Whose code is whose. Made before the function's code is loaded: what is there then is believed.

    `libraries` are the names of packages that were installed into the function's folder. Unless it `is_strict`, file names are
    believed where they are a deployed file's: for processes in which nobody is expected to lie, and others execute modules.
    `early` is the code that is there, where somebody knows it.
    """

    def __init__(
        self,
        places: Places,
        libraries: frozenset[str],
        *,
        is_strict: bool = True,
        early: Sequence[CodeType] | None = None,
    ) -> None:
        self.places = places
        self._libraries = libraries
        self._is_strict = is_strict
        self._entries: list[str] = []
        codes = list(early_codes() if early is None else early) if is_strict else []
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            codes.append(frame.f_code)
            self._bottom = frame.f_code
            frame = frame.f_back
        known = {id(code): code for top in codes for code in within(top)}
        # Two texts of eight bytes each instead of a table: this is copied into no worker, but it is there in each.
        self._early = tuple(known[key] for key in sorted(known))
        ids = b"".join(key.to_bytes(8, sys.byteorder) for key in sorted(known))
        self._early_ids = memoryview(ids).cast("Q")
        # Modules' code and the file that it was read from, by the file's name in it; and by identity once somebody asked.
        self._loaded: dict[str, list[tuple[CodeType, str]]] = {}
        self._inner: dict[str, tuple[int, dict[int, str]]] = {}
        # What was executed otherwise, by identity: the code, so that no other one gets its number, and whose it is.
        self._made: dict[int, tuple[CodeType, str]] = {}
        self._owners: dict[int, tuple[CodeType, str]] = {}
        self._starters: dict[int, tuple[weakref.ref[threading.Thread], tuple[str, ...], str]] = {}

    def loads(self, code: CodeType, path: str) -> None:
        self._loaded.setdefault(code.co_filename, []).append((code, path))

    def makes(self, code: CodeType, frame: FrameType | None) -> None:
        """Somebody executes code that came from elsewhere: it is his, whatever its file name says."""
        if self._file_of(code):
            return
        owner = self.packages(frame, is_asking=True)
        if owner == (FUNCTION,) and frame is not None and not _names_execution(frame, self):
            # A finaliser or a callback that is nothing but `exec`, handed to the function by somebody.
            owner = (STRANGER,)
        if len(self._made) >= _MANY_MADE:
            for key in list(self._made)[: _MANY_MADE // 4]:
                del self._made[key]
                self._owners.pop(key, None)
        for one in within(code):
            self._made[id(one)] = (one, owner[0] if owner else STRANGER)
            self._owners.pop(id(one), None)

    def starts(self, thread: object, frame: FrameType, phase: str = "") -> str:
        """A thread is started: who did it, and when, counts for what it does. Returns whoever that is, first of all."""
        packages = self.packages(frame)
        if len(self._starters) >= _MANY_THREADS:
            for key in list(self._starters)[: _MANY_THREADS // 4]:
                del self._starters[key]
        if isinstance(thread, threading.Thread):
            self._starters[id(thread)] = (weakref.ref(thread), packages, phase)
        return packages[0] if packages else TRANSPARENT

    def packages(self, frame: FrameType | None, *, is_asking: bool = False) -> tuple[str, ...]:
        """Return whose code stands between an operation and the nearest frame of the function's, innermost first.

        `function` alone where nobody's does. () where only Dayfly asks, on its own account. `is_asking` ends at the first.
        """
        found: list[str] = []
        asks = ""
        last = frame
        for _ in range(_MANY_FRAMES):
            if frame is None:
                break
            owner = self.owner(frame.f_code)
            if owner == FUNCTION:
                return tuple(found) or (FUNCTION,)
            if owner and owner not in found:
                found.append(owner)
                if is_asking:
                    break
            elif not owner and not asks:
                asks = _asks(owncode.module_of(frame))
            last, frame = frame, frame.f_back
        else:
            # Nobody honest stands so deep.
            found.append(STRANGER)
        beginning = self._beginning(last) if frame is None else None
        for name in beginning[0] if beginning is not None else ():
            if name not in found and (name != FUNCTION or not found):
                found.append(name)
        is_main = last is not None and last.f_code is self._bottom
        if found or (asks == _DAYFLY and (is_main or beginning is not None)):
            # In a thread that nobody saw begin anybody may have called Dayfly.
            return tuple(found)
        # AWS's loop and the interpreter: what they call was handed to them. In a thread, by nobody knows whom.
        return (FUNCTION,) if is_main and not is_asking else (STRANGER,)

    def began(self, bottom: FrameType) -> str:
        """Return the phase in which the thread was started that begins with this frame, "" where nobody knows."""
        beginning = self._beginning(bottom)
        return beginning[1] if beginning is not None else ""

    def _beginning(self, bottom: FrameType | None) -> tuple[tuple[str, ...], str] | None:
        """Return who started the thread that begins with this frame, and in which phase; None where nobody knows."""
        if bottom is None or bottom.f_code.co_name != "_bootstrap":
            return None
        thread = bottom.f_locals.get("self")
        begun, packages, phase = self._starters.get(id(thread), (None, (), ""))
        return (packages, phase) if begun is not None and begun() is thread else None

    def owner(self, code: CodeType) -> str:
        """Return the package whose code this is, `function`, `?`, or "" for the interpreter's and Dayfly's."""
        known = self._owners.get(id(code))
        if known is not None:
            return known[1]
        made = self._made.get(id(code))
        if owncode.is_own(code):
            owner = TRANSPARENT
        else:
            owner = made[1] if made is not None else self._of_file(self._file_of(code))
        if len(self._owners) >= _MANY_MADE:
            self._owners.clear()
        self._owners[id(code)] = (code, owner)
        return owner

    def is_functions(self, code: CodeType) -> bool:
        return self.owner(code) == FUNCTION

    def _file_of(self, code: CodeType) -> str:
        """Return the file that code was loaded from, "" where that is not known."""
        name = code.co_filename
        at = bisect_left(self._early_ids, id(code))
        if at < len(self._early_ids) and self._early_ids[at] == id(code):
            return name
        if not self._is_strict:
            return name if self.places.is_deployed(name) else ""
        modules = self._loaded.get(name)
        if modules is None:
            return ""
        count, inner = self._inner.get(name, (0, {}))
        if count != len(modules):
            inner = {id(one): path for module, path in modules for one in within(module)}
            self._inner[name] = (len(modules), inner)
        return inner.get(id(code), "")

    def _of_file(self, name: str) -> str:
        if not name:
            return STRANGER
        if name.startswith(owncode.FOLDERS) or self.places.is_library(name):
            return TRANSPARENT
        for folder in _FOLDERS:
            _, found, rest = name.rpartition(folder)
            if found:
                return _top(rest)
        task = self.places.task
        if name.startswith(task):
            top = _first(name[len(task) :])
            return top if top in self._libraries else FUNCTION
        # Where the function has its libraries may be told to the interpreter by the function.
        for entry in self._entries:
            if name.startswith(entry):
                return _top(name[len(entry) :])
        self._entries = self._read_entries()
        return next((_top(name[len(entry) :]) for entry in self._entries if name.startswith(entry)), STRANGER)

    def _read_entries(self) -> list[str]:
        entries = {
            entry.rstrip("/") + "/" for entry in sys.path if isinstance(entry, str) and os.path.isabs(entry)
        }
        return sorted(
            (entry for entry in entries if entry != "/" and not entry.startswith(self.places.temporary)),
            key=len,
            reverse=True,
        )


def early_codes() -> list[CodeType]:
    return [item.__code__ for item in gc.get_objects() if type(item) is FunctionType]


def _names_execution(frame: FrameType, origins: Origins) -> bool:
    """Say whether the function's code in this frame says that it executes something, or asks the interpreter to."""
    return origins.owner(frame.f_code) != FUNCTION or not _EXECUTES.isdisjoint(frame.f_code.co_names)


def _asks(module: str) -> str:
    """Return who asks on his own account where code of this module of Dayfly's or AWS's client's runs, "" for nobody."""
    if module.startswith(owncode.GUARD):
        # What the guard has put around handlers and builtins is called by others.
        return _LOOP if module == _AROUND_HANDLERS else ""
    if module.partition(".")[0] == owncode.DAYFLY:
        return _DAYFLY
    return _LOOP if module.partition(".")[0] in owncode.CLIENT else ""


def _first(path: str) -> str:
    first, slash, _ = path.partition("/")
    return first if slash else first.partition(".")[0]


def _top(path: str) -> str:
    """Return the name under which what lies at a path below a search entry is imported."""
    top = _first(path)
    return TRANSPARENT if top in owncode.CLIENT else top
