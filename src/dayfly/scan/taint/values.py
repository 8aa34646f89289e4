"""The abstract values: what is known of a value of the program, and whose it is. Immutable; state is in the store."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from dayfly.scan.model import Step
    from dayfly.scan.source.project import PythonFile

Key: TypeAlias = "Scalar | tuple[Scalar, ...]"
Scalar: TypeAlias = str | bytes | int | float | complex | bool | None

NO_DANGERS: frozenset[Danger] = frozenset()
NO_CHARACTERS: frozenset[str] = frozenset()
# What a label keeps of its way, and a value of its labels: more is not read by anyone and costs at every join.
MAX_STEPS = 24
MAX_LABELS = 4
MAX_ALTERNATIVES = 8


@dataclass(frozen=True, slots=True)
class Trail:
    """The way of a label so far, newest step first."""

    step: Step
    previous: Trail | None
    length: int

    def steps(self) -> tuple[Step, ...]:
        found: list[Step] = []
        trail: Trail | None = self
        while trail is not None:
            found.append(trail.step)
            trail = trail.previous
        return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Label:
    """One source that has a say in a value, and the dangers it has been cleansed of since."""

    source: str
    trust: Trust = Trust.CALLER
    cleansed: frozenset[Danger] = NO_DANGERS
    trail: Trail | None = field(default=None, compare=False)


Taint: TypeAlias = tuple[Label, ...]
CLEAN_TAINT: Taint = ()


class Symbol:
    """The identity of an unknown value: two reads of `event["q"]` are the same symbol, so a check of one holds for both.

    `origin` is a symbol that this one is a piece of (characters of it, in the same case or another): what the
    origin lacks, this lacks. `mirrors` is one that is as harmless as this one; where `carries` is given, only of
    these dangers (the host of a URL was checked); where `besides` is given, it may hold these characters more (they
    were taken out before the check).
    """

    __slots__ = ("besides", "carries", "children", "mirrors", "origin")

    def __init__(
        self,
        origin: Symbol | None = None,
        mirrors: Symbol | None = None,
        carries: frozenset[Danger] | None = None,
        besides: frozenset[str] | None = None,
    ) -> None:
        self.origin = origin
        self.mirrors = mirrors
        self.carries = carries
        self.besides = besides
        self.children: dict[Hashable, Symbol] = {}

    def child(
        self,
        key: Hashable,
        *,
        is_piece: bool = False,
        is_mirror: bool = False,
        carries: frozenset[Danger] | None = None,
        besides: frozenset[str] | None = None,
    ) -> Symbol:
        """The symbol of what a pure operation named by `key` makes of this one; always the same."""
        try:
            return self.children[key]
        except KeyError:
            is_like = is_mirror or carries is not None or besides is not None
            made = Symbol(
                self if is_piece or is_mirror else None, self if is_like else None, carries, besides
            )
            self.children[key] = made
            return made


@dataclass(frozen=True, slots=True)
class Fact:
    """What a check has established of a symbol on the current path."""

    cleansed: frozenset[Danger] = NO_DANGERS
    lacks: frozenset[str] = NO_CHARACTERS
    starts: str = ""
    ends: str = ""

    def __or__(self, other: Fact) -> Fact:
        return Fact(
            self.cleansed | other.cleansed,
            self.lacks | other.lacks,
            self.starts or other.starts,
            self.ends or other.ends,
        )

    def __and__(self, other: Fact) -> Fact:
        return Fact(
            self.cleansed & other.cleansed,
            self.lacks & other.lacks,
            self.starts if self.starts == other.starts else "",
            self.ends if self.ends == other.ends else "",
        )


NO_FACT = Fact()
HARMLESS = Fact(EVERY_DANGER)
Facts: TypeAlias = "tuple[tuple[Symbol, Fact], ...]"


@dataclass(frozen=True, slots=True)
class Hole:
    """An unknown part of a text; without taint it is merely unknown. `lacks`: strings that do not occur in it."""

    taint: Taint
    symbol: Symbol
    lacks: frozenset[str] = NO_CHARACTERS


@dataclass(frozen=True, slots=True)
class Const:
    """A value known exactly."""

    value: Scalar

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Const) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Text:
    """A string (or bytes, spelt as Latin-1) of known and unknown parts; no two known parts are neighbours."""

    parts: tuple[str | Hole, ...]
    is_bytes: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A value of which at most the type is known: `kind` is a name of the knowledge's, "" where unknown.

    `path` says that it is a part of the event; `when_true`, `when_false` what follows once its truth is known.
    """

    kind: str = ""
    taint: Taint = CLEAN_TAINT
    symbol: Symbol = field(default_factory=Symbol)
    element_kind: str = ""
    path: tuple[str, ...] | None = None
    when_true: Facts = ()
    when_false: Facts = ()
    # A pattern's match, a compiled pattern: what it was made of.
    origin: tuple[Value, ...] = ()
    is_structure: bool = False  # may be a dict or list of the caller's making


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple. `rest` is the join of further items of unknown number."""

    items: tuple[Value, ...]
    rest: Value | None = None
    names: tuple[str, ...] = ()  # of a named tuple's fields


@dataclass(frozen=True, slots=True)
class Ref:
    """A mutable object in the store: `list`, `dict`, `set`, or `object` with its class."""

    location: int
    kind: str
    cls: Class | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """Something of a library, by its dotted name: a module, a function, a class, an object."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    file: PythonFile = field(compare=False)
    path: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where names are looked up: a module, a class body or one activation of a function."""

    identity: int
    parent: Scope | None
    file: PythonFile = field(compare=False)
    local: frozenset[str] = frozenset()
    is_module: bool = False
    is_class: bool = False
    outer: Mapping[str, str] = field(default_factory=dict, compare=False)  # name to "global" or "nonlocal"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project with its closure."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda = field(compare=False)
    scope: Scope
    identity: int
    defaults: tuple[Value, ...] = field(default=(), compare=False)
    keyword_defaults: tuple[tuple[str, Value], ...] = field(default=(), compare=False)
    owner: Class | None = field(default=None, compare=False)
    binding: str = ""  # "", "static", "class", "property"
    decorations: frozenset[str] = frozenset()  # "cache", "context manager"

    @property
    def name(self) -> str:
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project; its attributes are in the store. `kinds` are its bases of libraries."""

    location: int
    name: str
    scope: Scope = field(compare=False)
    bases: tuple[Value, ...] = field(default=(), compare=False)
    node: ast.ClassDef | None = field(default=None, compare=False)
    is_data: bool = False  # a dataclass, a typed named tuple
    fields: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """A function of the project with its first argument."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a built-in or library type, with its receiver."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A call with some arguments already given."""

    callee: Value
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Super:
    """What `super()` returns: attributes after `cls` in the order of resolution of `receiver`."""

    cls: Class
    receiver: Value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; never nested, never of one."""

    alternatives: tuple[Value, ...]


Value: TypeAlias = (
    Const
    | Text
    | Thing
    | Items
    | Ref
    | Name
    | Module
    | Function
    | Class
    | Bound
    | Method
    | Partial
    | Super
    | Choice
)

NONE = Const(None)
TRUE = Const(True)
FALSE = Const(False)
EMPTY = Const("")


@dataclass(frozen=True, slots=True)
class Series:
    """What a list, set, deque or iterator holds; `rest` joins further items of unknown number."""

    items: tuple[Value, ...] = ()
    rest: Value | None = None
    kind: str = "list"
    last: Value | None = None  # where more is known of the last one than of `rest`


@dataclass(frozen=True, slots=True)
class Table:
    """What a dict holds: known keys, those that may be absent, and the join of what lies under unknown keys."""

    entries: dict[Key, Value] = field(default_factory=dict)
    maybe: frozenset[Key] = frozenset()
    rest: Value | None = None
    rest_keys: Value | None = None
    factory: Value | None = None  # of a defaultdict
    kind: str = "dict"


def by_name(entries: Mapping[str, Value]) -> dict[Key, Value]:
    """Attributes or keywords, as the entries of a table."""
    return dict(entries.items())  # a wider type of keys


Content: TypeAlias = Series | Table

_numbers = count(1)


def fresh_number() -> int:
    """A number never given before in this process: locations and scopes."""
    return next(_numbers)


def boolean(when_true: Facts = (), when_false: Facts = ()) -> Thing:
    """An unknown truth."""
    return Thing("bool", when_true=when_true, when_false=when_false)


def unknown_text(taint: Taint = CLEAN_TAINT, symbol: Symbol | None = None, *, is_bytes: bool = False) -> Text:
    """A string of which nothing is known but its taint."""
    return Text((Hole(taint, symbol or Symbol()),), is_bytes)


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values it may be."""
    return value.alternatives if isinstance(value, Choice) else (value,)


def unite(*taints: Taint) -> Taint:
    """The labels of all; of the same source only what every one is cleansed of."""
    found: dict[tuple[str, Trust], Label] = {}
    only = [taint for taint in taints if taint]
    if not only:
        return CLEAN_TAINT
    if len(only) == 1:
        return only[0]
    for taint in only:
        for label in taint:
            key = (label.source, label.trust)
            known = found.get(key)
            if known is None:
                if len(found) < MAX_LABELS:
                    found[key] = label
            elif known.cleansed != label.cleansed:
                found[key] = replace(
                    known if len(known.cleansed) <= len(label.cleansed) else label,
                    cleansed=known.cleansed & label.cleansed,
                )
    return tuple(found.values())


def cleanse(taint: Taint, dangers: frozenset[Danger]) -> Taint:
    """The same labels, free of these dangers; none that are free of all."""
    if not dangers or not taint:
        return taint
    kept = (replace(label, cleansed=label.cleansed | dangers) for label in taint)
    return tuple(
        label for label in kept if label.trust is Trust.PREDICTABLE or not label.cleansed >= EVERY_DANGER
    )


def predictable(taint: Taint) -> Taint:
    """The labels that stay on a number: it can still be foretold."""
    return tuple(label for label in taint if label.trust is Trust.PREDICTABLE)


_NO_CLAIM = frozenset({Danger.TRUST})


def restore(taint: Taint) -> Taint:
    """The same labels as they came; whose word it is does not change by decoding it."""
    return tuple(replace(label, cleansed=label.cleansed & _NO_CLAIM) for label in taint)


def unquoted(value: Value) -> Value:
    """The value with its quotes perhaps gone: what `shlex.quote` has made of it holds no longer."""
    return map_taint(
        value,
        lambda taint: tuple(
            replace(label, cleansed=label.cleansed - {Danger.COMMAND})
            if Danger.COMMAND in label.cleansed
            else label
            for label in taint
        ),
    )


def add_step(taint: Taint, step: Step) -> Taint:
    """The same labels with one more step behind them."""
    return tuple(
        replace(label, trail=Trail(step, label.trail, (label.trail.length if label.trail else 0) + 1))
        if label.trail is None or (label.trail.length < MAX_STEPS and label.trail.step != step)
        else label
        for label in taint
    )


def map_taint(value: Value, change: Callable[[Taint], Taint]) -> Value:
    """The same scalar with other labels; containers in the store are left alone."""
    if isinstance(value, Text):
        if not any(isinstance(part, Hole) and part.taint for part in value.parts):
            return value
        return Text(
            tuple(
                part if isinstance(part, str) else Hole(change(part.taint), part.symbol, part.lacks)
                for part in value.parts
            ),
            value.is_bytes,
        )
    if isinstance(value, Thing):
        return replace(value, taint=change(value.taint)) if value.taint else value
    if isinstance(value, Choice):
        return Choice(tuple(map_taint(one, change) for one in value.alternatives))
    if isinstance(value, Items):
        rest = None if value.rest is None else map_taint(value.rest, change)
        return Items(tuple(map_taint(one, change) for one in value.items), rest, value.names)
    return value
