"""Compares the worker with the initialised function after each event: what was planted in its memory, by what right.

Lazy initialisation, caches that grow and modules that are imported late are no attack: what counts is code. Code of the
deployment's files, and code that was made of texts the guard let pass, may stand anywhere but for Python's own built-in
functions. Where the guard saw the event bring structure to a sink, everything that changed is told, and the heap is
searched for functions that are nobody's.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import sys
import types

from dayfly.runtime.guard import pristine
from dayfly.runtime.guard.inner import Inner
from dayfly.runtime.guard.knowing import KnownCode
from dayfly.runtime.guard.pristine import MISSING, Change, Pristine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.guard.places import Places

# Whoever is let in can replace these in their modules.
_get_objects, _get_referrers, _get_referents = gc.get_objects, gc.get_referrers, gc.get_referents
_collect, _freeze, _unfreeze, _current_frames = gc.collect, gc.freeze, gc.unfreeze, sys._current_frames
# Objects looked at behind one value, and steps from one to the next.
_MANY_OBJECTS = 200
_MANY_STEPS = 5
_MANY_OWNERS = 4
_MANY_VALUES = 100_000
# Of objects made since init; to look through so many takes some 10 ms.
_MANY_FRESH = 100_000
_DATA = frozenset((str, bytes, int, float, bool, complex, type(None), bytearray))
_CODE_TYPES = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    functools.partial,
    type,
    staticmethod,
    classmethod,
    property,
)
# What of a running generator or coroutine tells its code.
_RUNNING = ("gi_code", "cr_code", "ag_code")
_OURS = "dayfly."
# What AWS's loop notes of each event in its own module.
_LOOP, _LOOP_STATE = "awslambdaric.bootstrap", "_GLOBAL_"
MADE = "code made at run time"


class Planted:
    """Something that an invocation left: `rule`, `place` (what was changed), `change` (from what to what).

    `code` is what a keyed hash of it is taken from; `is_certain` is False where it may be the function's own doing.
    """

    __slots__ = ("change", "code", "is_certain", "place", "rank", "rule")

    def __init__(
        self, rule: str, place: str, change: str, *, code: bytes = b"", is_certain: bool = True, rank: int = 0
    ) -> None:
        self.rule = rule
        self.place = place
        self.change = change
        self.code = code
        self.is_certain = is_certain
        # Least first, where there are more than can be told.
        self.rank = rank


class Comparison:
    """Compares this process with what it was when init was done.

    `digest` makes the keyed hash of a text, for values that must not be shown; `lasts`: it serves more than one event;
    `variables` as `Pristine` takes them.
    """

    def __init__(
        self,
        places: Places,
        digest: Callable[[str], str],
        *,
        lasts: bool,
        variables: dict[bytes, bytes] | None = None,
    ) -> None:
        self._places = places
        self._digest = digest
        self.known = KnownCode(places)
        self._pristine = Pristine(places, variables)
        self._inner = Inner(places)
        self._lasts = lasts
        self._process: dict[str, frozenset[str]] = {}
        self._new: frozenset[int] | None = None
        self._is_suspect = self._is_doubtful = False
        # Places that were told; in a process that goes on they are no news.
        self._told: list[str] = []
        # Entries that were not there at init: their names may be data.
        self._added: set[tuple[int, object]] = set()

    @property
    def is_watching(self) -> bool:
        """Say whether this interpreter lets its state be watched."""
        return self._pristine.is_watching

    def begin(self, *, is_first: bool) -> None:
        """An event is about to be served; `is_first`: this process has served none."""
        if is_first and self._lasts:
            self._process = _process_state()
            self._pristine.rest()
        self._pristine.start()

    def pause(self) -> None:
        """Notice nothing until the next event."""
        self._pristine.rest()

    def look(self, body: bytes, *, is_suspect: bool, is_doubtful: bool, is_sampled: bool) -> list[Planted]:
        """Return what the invocation with the event `body` left, the gravest first; what is left is taken as told.

        `is_suspect`: the event brought code to a sink, and it was let pass; `is_doubtful`: nobody knows who brought code;
        `is_sampled`: look as if it were doubtful. Once something was planted for certain, this process is suspect for good.
        """
        is_suspect = is_suspect or self._is_suspect
        is_calm = not (is_suspect or is_doubtful or is_sampled)
        self._is_doubtful = is_doubtful
        if is_calm and not self._lasts and not self._pristine.is_touched:
            # Hooks and threads of foreign code are not there without the code.
            return []
        self._new = None
        changes = list(self._pristine.changes())
        self._added |= {
            (id(one.owner), one.key)
            for one in changes
            if one.before is MISSING and one.owner.kind != pristine.HOOKS
        }
        is_polluting = bool(changes) and names_attributes(body)
        found: list[Planted] = []
        for change in changes:
            planted = self._judge(change, body, is_suspect=is_suspect, is_polluting=is_polluting)
            if planted is not None:
                found.append(planted)
        found += self._threads(is_suspect=is_suspect)
        self._is_suspect = is_suspect = is_suspect or any(one.is_certain for one in found)
        if is_suspect or is_doubtful:
            found += self._inner_changes(is_certain=is_suspect)
        if is_suspect or not is_calm:
            found += self._search(self._told + [one.place for one in found], is_certain=is_suspect)
        if (is_suspect or is_doubtful) and self._lasts:
            found += self._beside_memory(is_certain=is_suspect)
        self._new = None
        if self._lasts:
            self._pristine.rest()
        news = [one for one in found if one.place not in self._told]
        if self._lasts:
            self._told += [one.place for one in news]
        return sorted(news, key=lambda one: one.rank)

    # ---- what changed -----------------------------------------------------------------------

    def _judge(self, change: Change, body: bytes, *, is_suspect: bool, is_polluting: bool) -> Planted | None:
        owner, before, after = change.owner, change.before, change.after
        is_new = before is MISSING
        if owner.name.startswith(_OURS) and owner.kind in (pristine.MODULE, pristine.CLASS, pristine.OWN):
            # Nobody has to change these, whoever he is.
            return None if is_new else self._planted("runtime.patched", change, rank=0)
        foreign = self._foreign_code(after, is_suspect=is_suspect) if after is not MISSING else None
        if foreign is not None:
            patches = owner.kind == pristine.CLASS or owner.kind == pristine.HOOKS or _is_code(before)
            return self._planted(
                "residue.code", change, code=foreign.co_code, is_certain=is_suspect or patches, rank=0
            )
        if owner.kind == pristine.MODULE and owner.name == "builtins" and not is_new:
            return self._planted("residue.builtin", change, rank=0)
        if owner.name == _LOOP and str(change.key).startswith(_LOOP_STATE):
            return None
        is_brought = is_polluting and type(after) in _DATA and _is_in(_text(after), body)
        was_there = not is_new and (id(owner), change.key) not in self._added
        if is_brought and was_there and before is not None:
            return self._planted("residue.data", change, rank=2)
        if was_there and _is_code(before) and type(change.key) is str and f'"{change.key}"'.encode() in body:
            # Code of the function's own did it, but the event may have told it which.
            return self._planted("residue.code", change, is_certain=is_suspect, rank=1)
        if not (is_suspect or self._is_doubtful) or (is_new and owner.kind not in _ADDED):
            # Something filled itself for the first time, or goes on as functions do.
            return None
        rule = _RULES.get(owner.kind, "residue.data")
        rank = 1 if owner.kind in _RULES else 3 if owner.is_own else 2
        if _is_code(before) or _is_code(after):
            rule, rank = ("residue.code" if rule == "residue.data" else rule), 1
        if not is_suspect and (before is None or rank > 2):
            return None
        return self._planted(rule, change, is_certain=is_suspect, rank=rank)

    def _planted(
        self, rule: str, change: Change, *, code: bytes = b"", is_certain: bool = True, rank: int
    ) -> Planted:
        owner, key = change.owner, change.key
        if owner.kind == pristine.HOOKS:
            place = owner.name
        elif (id(owner), key) in self._added:
            # Whoever adds a name chooses it.
            place = f"{owner.name}.<new>"
        else:
            place = f"{owner.name}.{key.decode('utf-8', 'replace') if isinstance(key, bytes) else key}"
        words = f"{self.describe(change.before)} -> {self.describe(change.after)}"
        return Planted(rule, place, words, code=code, is_certain=is_certain, rank=rank)

    def describe(self, value: object) -> str:
        """Return what a value is, in words that hold nothing of it: place for code, kind and keyed hash for data."""
        if value is MISSING or value is None:
            return "nothing" if value is MISSING else "None"
        kind = type(value)
        if kind is types.FunctionType:
            code = value.__code__  # type: ignore[attr-defined]
            if not self._places.is_deployed(code.co_filename) or not self.known.is_known(code):
                return MADE
            file = "/".join(code.co_filename.rsplit("/", 2)[-2:])
            return f"{file}:{code.co_firstlineno} {code.co_name}"
        if kind is types.BuiltinFunctionType:
            return f"built-in {value.__name__}"  # type: ignore[attr-defined]
        if kind is types.ModuleType:
            return "a module"
        if isinstance(value, type):
            return "a class"
        if kind in _DATA:
            return f"{kind.__name__} {self._digest(repr(value))}"
        return "an object"

    # ---- code -------------------------------------------------------------------------------

    def _foreign_code(self, value: object, *, is_suspect: bool) -> types.CodeType | None:
        """Return code behind a value that is neither the deployment's nor made of what was let pass."""
        if type(value) in _DATA:
            return None
        if is_suspect and (code := _own_code(value)) is not None and not self.known.is_known(code):
            # Whoever is let in can make what is new look old.
            return code
        for code in _codes_behind(value, self._is_new):
            if not self.known.is_known(code):
                return code
        return None

    def _is_new(self, value: object) -> bool:
        """Say whether an object was made since init was done; what was there then may be whatever it is."""
        if self._new is None:
            # What was there is frozen, and not listed.
            self._new = frozenset(map(id, _get_objects()))
        return id(value) in self._new

    def _threads(self, *, is_suspect: bool) -> Iterator[Planted]:
        frames = _current_frames()
        if len(frames) == 1:
            return
        for frame in list(frames.values()):
            while frame is not None:
                code = frame.f_code
                is_named = self._places.is_deployed(code.co_filename)
                if not (is_named and not is_suspect) and not self.known.is_known(code):
                    yield Planted("residue.thread", "a thread", MADE, code=code.co_code)
                    break
                frame = frame.f_back  # type: ignore[assignment]

    def _inner_changes(self, *, is_certain: bool) -> Iterator[Planted]:
        """Compare lists, sets, defaults and closures; in doubt, where only data changed, nobody can say who did it."""
        for place, is_code, before, now in self._inner.changed():
            is_code = is_code or any(_is_code(one) for one in (*before, *now))
            if is_code or is_certain:
                words = f"{self._described(before)} -> {self._described(now)}"
                rule = "residue.code" if is_code else "residue.data"
                yield Planted(rule, place, words, is_certain=is_certain, rank=1 if is_code else 3)

    def _described(self, values: tuple[object, ...]) -> str:
        return f"{len(values)} {self._digest(' '.join(self.describe(one) for one in values))}"

    def _beside_memory(self, *, is_certain: bool) -> Iterator[Planted]:
        """Compare what the kernel keeps for this process."""
        now = _process_state()
        for name, rule in _STATES.items():
            before = self._process.get(name, frozenset())
            more = now.get(name, frozenset()) - before
            if more:
                words = f"{len(before)} -> {len(now[name])}"
                code = "".join(more).encode()
                yield Planted(rule, name, words, code=code, is_certain=is_certain, rank=2)
        self._process = now

    def _search(self, told: list[str], *, is_certain: bool) -> Iterator[Planted]:
        """Look for functions that are nobody's among what was made since init, and for what holds them."""
        # Garbage is held by nobody.
        _collect()
        fresh = _get_objects()
        if not is_certain and len(fresh) > _MANY_FRESH:
            return
        known: dict[types.CodeType, bool] = {}
        foreign: list[tuple[object, types.CodeType]] = []
        for one in fresh:
            code = _own_code(one)
            if code is None:
                continue
            if code not in known:
                known[code] = self.known.is_known(code)
            if not known[code]:
                foreign.append((one, code))
        if not foreign:
            return
        new = set(map(id, fresh))
        running = self._running_values()
        # What there was at init is listed, too, and searched, once it is no longer frozen.
        _unfreeze()
        old = set(map(id, _get_objects())) - new
        old -= {id(fresh), id(foreign), id(known), id(running), *map(id, foreign)}
        holders = [(self._holder(one, old, running), code) for one, code in foreign[:_MANY_OWNERS]]
        if self._lasts:
            _freeze()
        for holder, code in holders:
            if not any(place == holder or place.startswith(f"{holder}.") for place in told):
                told.append(holder)
                yield Planted(
                    "residue.code", holder, f"holds {MADE}", code=code.co_code, is_certain=is_certain, rank=1
                )

    def _running_values(self) -> dict[int, str]:
        """Return the local variables of running code by their ids: no container holds those."""
        found: dict[int, str] = {}
        for frame in list(_current_frames().values()):
            step: types.FrameType | None = frame
            while step is not None:
                code = step.f_code
                if not code.co_filename.endswith(_OWN_FILES):
                    place = MADE
                    if self._places.is_deployed(code.co_filename) and self.known.is_known(code):
                        place = f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])} {code.co_name}"
                    for value in list(step.f_locals.values()):
                        found.setdefault(id(value), f"running {place}")
                step = step.f_back
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
                return self.describe(holder)
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


def _process_state() -> dict[str, frozenset[str]]:
    state: dict[str, frozenset[str]] = {}
    try:
        state["the working directory"] = frozenset((os.getcwd(),))
        listed = os.listdir("/proc/self/fd")
        # The one that is open for listing them is closed by now.
        state["descriptors"] = frozenset(
            number for number in listed if os.path.lexists(f"/proc/self/fd/{number}")
        )
    except OSError:
        pass
    try:
        children = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        state["child processes"] = frozenset(("alive" if children is None else str(children.si_pid),))
    except ChildProcessError:
        state["child processes"] = frozenset()
    return state


_STATES = {
    "the working directory": "residue.directory",
    "descriptors": "residue.descriptor",
    "child processes": "residue.process",
}
_CONTAINERS: tuple[object, ...] = (dict, list, set, tuple, types.CellType)
_OWN_FILES = ("/guard/residue.py", "/guard/guarding.py")
# Where something new is news; a new module is judged when it is imported.
_ADDED = (pristine.HOOKS, pristine.ENVIRONMENT)
_RULES = {
    pristine.HOOKS: "residue.hook",
    pristine.ENVIRONMENT: "residue.environment",
    pristine.MODULES: "residue.module",
}


def names_attributes(body: bytes) -> bool:
    """Say whether an event names attributes that lead from a value to code: `__globals__`, `__class__`, and so on.

    As a key, or in a value that is nothing but names (`user.__class__.rate`): in a text about Python they are words.
    """
    if b"__" not in body and b"\\u005" not in body:
        return False
    try:
        todo: list[object] = [json.loads(body)]
    except (ValueError, RecursionError):
        return False
    names: list[str] = []
    for _ in range(_MANY_VALUES):
        if not todo:
            break
        value = todo.pop()
        if isinstance(value, dict):
            names += value
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str) and "__" in value and not any(map(str.isspace, value)):
            names.append(value)
    return any(_is_attribute(f"__{part}__") for name in names if "__" in name for part in name.split("__"))


def _is_attribute(name: str) -> bool:
    return name.isidentifier() and any(
        hasattr(kind, name) for kind in (types.FunctionType, type, types.ModuleType)
    )


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else repr(value)


def _is_in(text: str, body: bytes) -> bool:
    return bool(text) and json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass") in body


def _is_code(value: object) -> bool:
    return isinstance(value, _CODE_TYPES)


def _own_code(value: object) -> types.CodeType | None:
    if type(value) is types.FunctionType:
        return value.__code__
    if type(value) in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType):
        for name in _RUNNING:
            code = getattr(value, name, None)
            if code is not None:
                return code  # type: ignore[no-any-return]
    return None


def _codes_behind(value: object, is_new: Callable[[object], bool]) -> Iterator[types.CodeType]:
    """Yield the code of everything new that can be reached from a value in a few steps."""
    seen: set[int] = set()
    level: list[object] = [value]
    count = 0
    for _ in range(_MANY_STEPS):
        following: list[object] = []
        for one in level:
            if id(one) in seen or type(one) in _DATA or isinstance(one, types.ModuleType):
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
        cells = [_content(cell) for cell in value.__closure__ or ()]
        return [
            *cells,
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
            *value.__dict__.values(),
        ]
    return [one for one in _get_referents(value) if not isinstance(one, types.FrameType)]


def _content(cell: object) -> object:
    try:
        return cell.cell_contents  # type: ignore[attr-defined]
    except ValueError:
        return None
