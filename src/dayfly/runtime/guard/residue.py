"""Compares the worker with the initialised function after each event: what was planted in its memory, by what right.

Lazy initialisation, caches that grow and modules that are imported late are no attack: what counts is code. Code of the
deployment's files, and code that was made of texts the guard let pass, may stand anywhere but for Python's own built-in
functions. Where the guard saw the event bring structure to a sink, everything that changed is told, and the heap is
searched for functions that are nobody's.
"""

from __future__ import annotations

import functools
import json
import types

from dayfly.runtime.guard import pristine
from dayfly.runtime.guard.attributes import names_attributes
from dayfly.runtime.guard.code_identity import KnownCode
from dayfly.runtime.guard.heap import DATA, MADE, Heap
from dayfly.runtime.guard.inner import Inner
from dayfly.runtime.guard.kernelstate import FUNCTIONS_OWN, STATES, process_state
from dayfly.runtime.guard.pristine import MISSING, Change, Pristine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.guard.places import Places

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
_OURS = "dayfly."
# Shorter values are in any event.
_FEW_CHARACTERS = 2
_MANY_ADDED = 10_000
# Places of what was found, in a process that goes on.
_MANY_TOLD = 1_000


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


class Added:
    """Which entries of which dictionaries were not there at init; of very many no more than that there are some."""

    __slots__ = ("_by_owner",)

    def __init__(self) -> None:
        self._by_owner: dict[int, set[int] | None] = {}

    def note(self, change: Change) -> None:
        known = self._by_owner.setdefault(id(change.owner), set())
        if known is not None:
            # No reference to what the function's cache may drop.
            known.add(hash(change.key))
            if len(known) > _MANY_ADDED:
                self._by_owner[id(change.owner)] = None

    def __contains__(self, change: Change) -> bool:
        known = self._by_owner.get(id(change.owner), set())
        return known is None or hash(change.key) in known


class Comparison:
    """Compares this process with what it was when init was done.

    `digest` makes the keyed hash of a text, for values that must not be shown; `lasts`: it serves more than one event;
    `emptied` are the temporary directories that are nobody else's, `variables` as `Pristine` takes them.
    """

    def __init__(
        self,
        places: Places,
        digest: Callable[[str], str],
        *,
        lasts: bool,
        emptied: tuple[str, ...] = (),
        variables: dict[bytes, bytes] | None = None,
    ) -> None:
        self._places = places
        self._digest = digest
        self.known = KnownCode(places)
        self._pristine = Pristine(places, variables)
        self._inner = Inner(places)
        self._heap = Heap(self.known, places, self._pristine, describe=self.describe, lasts=lasts)
        self._lasts = lasts
        self._emptied = emptied
        self._process: dict[str, frozenset[str]] = {}
        self._is_suspect = self._is_doubtful = False
        self._searches = True
        # Places that were told; in a process that goes on they are no news.
        self._told: list[str] = []
        # Entries that were not there at init: their names may be data.
        self._added = Added()

    @property
    def is_watching(self) -> bool:
        return self._pristine.is_watching

    def begin(self) -> None:
        """An event is about to be served, the first of this process."""
        if self._lasts:
            self._process = process_state(self._emptied)
            self._pristine.rest()
        self._pristine.start()

    def pause(self) -> None:
        self._pristine.rest()

    def look(
        self,
        body: bytes,
        *,
        is_suspect: bool,
        is_doubtful: bool,
        is_sampled: bool,
        has_made_code: bool = True,
    ) -> list[Planted]:
        """Return what the invocation with the event `body` left, the gravest first; what is left is taken as told.

        `is_suspect`: the event brought code to a sink, and it was let pass; `is_doubtful`: nobody knows who brought code;
        `is_sampled`: look as if it were doubtful; `has_made_code`: code was made of more than files and texts that were judged.
        Once something was planted for certain, this process is suspect for good.
        """
        # What an earlier event's code left nothing of is not blamed on whoever comes next.
        is_suspect = is_suspect or self._is_suspect
        is_calm = not (is_suspect or is_doubtful or is_sampled)
        self._is_doubtful = is_doubtful
        if is_calm and not self._lasts and not has_made_code and not self._pristine.is_touched:
            # Threads of foreign code are not there without the code.
            return []
        self._heap.forget()
        # Where nobody's code was made, none is to be found: to search takes a dozen milliseconds after a first boto3.client().
        self._searches = has_made_code or self._lasts or not is_calm
        changes = list(self._pristine.changes())
        for change in changes:
            if change.before is MISSING and change.owner.kind != pristine.HOOKS:
                self._added.note(change)
        is_polluting = bool(changes) and names_attributes(body)
        found: list[Planted] = []
        for change in changes:
            planted = self._judge(change, body, is_suspect=is_suspect, is_polluting=is_polluting)
            if planted is not None:
                found.append(planted)
        for code in self._heap.foreign_threads(is_suspect=is_suspect) if self._searches else ():
            found.append(Planted("residue.thread", "a thread", MADE, code=code.co_code))
        is_suspect = is_suspect or any(one.is_certain for one in found)
        if is_suspect or is_doubtful:
            found += self._inner_changes(is_certain=is_suspect)
        if is_suspect or not is_calm:
            found += self._held([one.place for one in found], is_certain=is_suspect)
        if (is_suspect or is_doubtful) and self._lasts:
            found += self._beside_memory(is_certain=is_suspect)
        self._is_suspect = self._is_suspect or any(one.is_certain for one in found)
        if self._lasts:
            # What a thread changes until the next event is there is found after that.
            self._pristine.rest()
            self._pristine.start()
        news = [one for one in found if one.place not in self._told]
        if self._lasts:
            self._told = [*self._told, *(one.place for one in news)][:_MANY_TOLD]
        return sorted(news, key=lambda one: one.rank)

    def _judge(self, change: Change, body: bytes, *, is_suspect: bool, is_polluting: bool) -> Planted | None:
        owner, before, after = change.owner, change.before, change.after
        is_new = before is MISSING
        if owner.name.startswith(_OURS) and not is_new and (owner.kind == pristine.OWN or _is_code(before)):
            # Nobody has to change these, whoever he is.
            return self._planted("runtime.patched", change, rank=0)
        foreign = None
        if after is not MISSING and self._searches:
            foreign = self._heap.foreign_code(after, is_suspect=is_suspect)
        if foreign is not None:
            patches = owner.kind == pristine.CLASS or owner.kind == pristine.HOOKS or _is_code(before)
            return self._planted(
                "residue.code", change, code=foreign.co_code, is_certain=is_suspect or patches, rank=0
            )
        if owner.kind == pristine.MODULE and owner.name == "builtins" and not is_new:
            return self._planted("residue.builtin", change, rank=0)
        is_brought = is_polluting and type(after) in DATA and _is_in(_text(after), body)
        was_there = not is_new and change not in self._added
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
        # Libraries note what they found out once; of code of files nobody can say that the event's code did it.
        is_lazy = before is None and not owner.is_own and owner.kind in _LAZY
        return self._planted(rule, change, is_certain=is_suspect and not is_lazy, rank=3 if is_lazy else rank)

    def _planted(
        self, rule: str, change: Change, *, code: bytes = b"", is_certain: bool = True, rank: int
    ) -> Planted:
        owner, key = change.owner, change.key
        if owner.kind == pristine.HOOKS:
            place = owner.name
        elif change in self._added:
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
            if not self.known.is_of_file(code):
                return MADE
            file = "/".join(code.co_filename.rsplit("/", 2)[-2:])
            return f"{file}:{code.co_firstlineno} {code.co_name}"
        if kind is types.BuiltinFunctionType:
            return f"built-in {value.__name__}"  # type: ignore[attr-defined]
        if kind is types.ModuleType:
            return "a module"
        if isinstance(value, type):
            return "a class"
        if kind in DATA:
            return f"{kind.__name__} {self._digest(repr(value))}"
        return "an object"

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

    def _held(self, told: list[str], *, is_certain: bool) -> Iterator[Planted]:
        """Search the heap; what holds something is told once, and not again where it was found in its place."""
        told = self._told + told
        for holder, code in self._heap.search(is_thorough=is_certain):
            if not any(place == holder or place.startswith(f"{holder}.") for place in told):
                told.append(holder)
                yield Planted(
                    "residue.code", holder, f"holds {MADE}", code=code.co_code, is_certain=is_certain, rank=1
                )

    def _beside_memory(self, *, is_certain: bool) -> Iterator[Planted]:
        now = process_state(self._emptied)
        for name, rule in STATES.items():
            if not is_certain and name in FUNCTIONS_OWN:
                continue
            before = self._process.get(name, frozenset())
            more = now.get(name, frozenset()) - before
            if more:
                words = f"{len(before)} -> {len(now[name])}"
                code = "".join(more).encode()
                yield Planted(rule, name, words, code=code, is_certain=is_certain, rank=2)
        self._process = now


# Where something new is news; a new module is judged when it is imported.
_ADDED = (pristine.HOOKS, pristine.ENVIRONMENT)
# Where None is what was not asked for yet.
_LAZY = (pristine.MODULE, pristine.CLASS)
_RULES = {
    pristine.HOOKS: "residue.hook",
    pristine.ENVIRONMENT: "residue.environment",
    pristine.MODULES: "residue.module",
}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else repr(value)


def _is_in(text: str, body: bytes) -> bool:
    return (
        len(text) >= _FEW_CHARACTERS
        and json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass") in body
    )


def _is_code(value: object) -> bool:
    return isinstance(value, _CODE_TYPES)
