"""Searches the heap for functions that are nobody's, and says what holds them."""

from __future__ import annotations

import functools
import gc
import sys
import types

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.guard.code_identity import KnownCode
    from dayfly.runtime.guard.places import Places
    from dayfly.runtime.guard.pristine import Pristine

# Whoever is let in can replace these in their modules.
_get_objects, _get_referrers, _get_referents = gc.get_objects, gc.get_referrers, gc.get_referents
_collect, _freeze, _unfreeze, _current_frames = gc.collect, gc.freeze, gc.unfreeze, sys._current_frames
# Objects looked at behind one value, and steps from one to the next.
_MANY_OBJECTS = 200
_MANY_STEPS = 5
_MANY_OWNERS = 4
_ALL_FRAMES = 1 << 32
# Of objects made since init; to look through so many takes some 10 ms.
_MANY_FRESH = 100_000
# What holds no code.
DATA = frozenset((str, bytes, int, float, bool, complex, type(None), bytearray))
# What of a running generator or coroutine tells its code.
_RUNNING = ("gi_code", "cr_code", "ag_code")
_CONTAINERS: tuple[object, ...] = (dict, list, set, tuple, types.CellType)
MADE = "code created at run time"


class Heap:
    """The objects of this process: those of init are frozen, which tells them from what came later.

    `describe` says what a function is; `lasts`: the process goes on after it was searched.
    """

    def __init__(
        self,
        known: KnownCode,
        places: Places,
        pristine: Pristine,
        *,
        describe: Callable[[object], str],
        lasts: bool,
    ) -> None:
        self._known = known
        self._places = places
        self._pristine = pristine
        self._describe = describe
        self._lasts = lasts
        self._new: frozenset[int] | None = None

    def forget(self) -> None:
        self._new = None

    def foreign_code(self, value: object, *, is_suspect: bool) -> types.CodeType | None:
        """Return code behind a value that is neither the deployment's nor made of what was let pass."""
        if type(value) in DATA:
            return None
        if is_suspect and (code := _own_code(value)) is not None and not self._known.is_known(code):
            # Whoever is let in can make what is new look old.
            return code
        for code in _codes_behind(value, self._is_new):
            if not self._known.is_known(code):
                return code
        return None

    def _is_new(self, value: object) -> bool:
        """Say whether an object was made since init was done; what was there then may be whatever it is."""
        if self._new is None:
            # What was there is frozen, and not listed.
            self._new = frozenset(map(id, _get_objects()))
        return id(value) in self._new

    def search(self, *, is_thorough: bool) -> list[tuple[str, types.CodeType]]:
        """Return what holds functions that are nobody's, and their code; of very many objects only where it `is_thorough`."""
        # Garbage is held by nobody.
        _collect()
        fresh = _get_objects()
        if not is_thorough and len(fresh) > _MANY_FRESH:
            return []
        known: dict[types.CodeType, bool] = {}
        foreign: list[tuple[object, types.CodeType]] = []
        for one in fresh:
            code = _own_code(one)
            if code is None:
                continue
            if code not in known:
                known[code] = self._known.is_known(code)
            if not known[code]:
                foreign.append((one, code))
        if not foreign:
            return []
        new = set(map(id, fresh))
        running = self._running_values()
        # What there was at init is listed, too, and searched, once it is no longer frozen.
        _unfreeze()
        old = set(map(id, _get_objects())) - new
        old -= {id(fresh), id(foreign), id(known), id(running), *map(id, foreign)}
        holders = [(self._holder(one, old, running), code) for one, code in foreign[:_MANY_OWNERS]]
        if self._lasts:
            _freeze()
        return holders

    def _running_values(self) -> dict[int, str]:
        """Return the local variables of running code by their ids: no container holds those."""
        found: dict[int, str] = {}
        for frame in list(_current_frames().values()):
            for step in owncode.stack(frame, _ALL_FRAMES):
                code = step.f_code
                if not owncode.module_of(step).startswith(owncode.GUARD):
                    place = MADE
                    if self._known.is_of_file(code):
                        place = f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])} {code.co_name}"
                    for value in list(step.f_locals.values()):
                        found.setdefault(id(value), f"running {place}")
        return found

    def _holder(self, value: object, old: set[int], running: dict[int, str]) -> str:
        """Return what of init's holds an object, over a few steps; or running code, or else the interpreter itself."""
        seen: set[int] = set()
        level: list[object] = [value]
        for _ in range(_MANY_STEPS):
            for one in level:
                if (place := running.get(id(one))) is not None:
                    return place
            seen |= {id(one) for one in level} | {id(level)}
            following: list[object] = []
            for one in _get_referrers(*level):
                if id(one) in old:
                    return self._name(one, old)
                if id(one) not in seen and not isinstance(one, (types.ModuleType, types.FrameType)):
                    following.append(one)
            if not following:
                break
            level = following[:_MANY_OBJECTS]
        return "the interpreter"

    def _name(self, holder: object, old: set[int]) -> str:
        """Return what to call an object of init's: after the module, class or instance that it belongs to."""
        for _ in range(_MANY_STEPS):
            owner = self._pristine.owner_of(holder)
            if owner is not None:
                return owner.name
            kind = type(holder)
            if kind is types.FunctionType:
                return self._describe(holder)
            if kind not in _CONTAINERS:
                # By the name that it had at init: code that was let in can give it another.
                entries = next((one for one in _get_referents(kind.__dict__) if type(one) is dict), None)
                owner = self._pristine.owner_of(entries)
                return owner.name if owner is not None else "an object of init"
            above = [one for one in _get_referrers(holder) if id(one) in old]
            named = [one for one in above if self._pristine.owner_of(one) or type(one) not in _CONTAINERS]
            if not named and not above:
                break
            holder = (named or above)[0]
        return "an object of init"

    def foreign_threads(self, *, is_suspect: bool) -> Iterator[types.CodeType]:
        """Yield code that is nobody's of each thread that runs some; file names are believed unless `is_suspect`."""
        frames = _current_frames()
        if len(frames) == 1:
            return
        for frame in list(frames.values()):
            for code in (step.f_code for step in owncode.stack(frame, _ALL_FRAMES)):
                is_named = self._places.is_deployed(code.co_filename)
                if not (is_named and not is_suspect) and not self._known.is_known(code):
                    yield code
                    break


def _own_code(value: object) -> types.CodeType | None:
    if type(value) is types.FunctionType:
        return value.__code__
    if type(value) in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType):
        return next((code for name in _RUNNING if (code := getattr(value, name, None)) is not None), None)
    return None


def _codes_behind(value: object, is_new: Callable[[object], bool]) -> Iterator[types.CodeType]:
    """Yield the code of everything new that can be reached from a value in a few steps."""
    seen: set[int] = set()
    level: list[object] = [value]
    count = 0
    for _ in range(_MANY_STEPS):
        following: list[object] = []
        for one in level:
            if id(one) in seen or type(one) in DATA or isinstance(one, types.ModuleType):
                continue
            seen.add(id(one))
            count += 1
            if count > _MANY_OBJECTS:
                return
            if not is_new(one) and not isinstance(one, (types.MethodType, functools.partial)):
                continue
            if (code := _own_code(one)) is not None:
                yield code
            following += _behind(one)
        level = following


def _behind(value: object) -> list[object]:
    if isinstance(value, types.FunctionType):
        cells = [owncode.content_of(cell) for cell in value.__closure__ or ()]
        return [
            *cells,
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
            *value.__dict__.values(),
        ]
    return [one for one in _get_referents(value) if not isinstance(one, types.FrameType)]
