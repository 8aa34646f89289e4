"""What is known of a value while a handler is followed: parts of the event in it, and what of it outlives the event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Mapping

    from dayfly.scan.model import Place
    from dayfly.scan.source.project import PythonFile

# A part of the event: `event["body"]["user"]` is ("body", "user"), the whole event ().
Part = tuple[str, ...]
# A part of something kept: ("rows", "*") are the elements of an attribute. "*" begins what is known only at run time.
Field = tuple[str, ...]

_MOST = 60  # reads, parts and refs of one value; what is beyond adds nothing to a finding


class RootKind(StrEnum):
    """What keeps a value when the invocation is over."""

    GLOBAL = "global"
    CLASS = "class"
    DEFAULT = "default"
    FUNCTION = "function"  # an attribute of a function
    CACHE = "cache"  # of a memoising decorator
    ENVIRONMENT = "environment"
    FILE = "file"
    CONTEXT = "context"  # ContextVar, threading.local, keys bound to a logger
    MODULE = "module"  # an attribute of a library's module
    SETTING = "setting"  # of the process: locale, working directory, seed


@dataclass(frozen=True, slots=True)
class Root:
    """One such thing. `name` is what code calls it, `owner` the file that defines it, `line` where."""

    kind: RootKind
    owner: str
    name: str
    line: int = 0
    drawn: str = ""  # what of it was drawn at init: "random", "clock", "generator"
    is_rebindable: bool = False  # some function declares it global


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of a root; the empty field is the whole."""

    root: Root
    field: Field = ()

    def inner(self, name: str) -> Spot:
        return Spot(self.root, (*self.field, name)) if len(self.field) < 6 else self


@dataclass(frozen=True, slots=True)
class Read:
    """Something kept was read. `key` are the parts of the event that chose the element, `fresh` the fields of
    the root that this invocation had surely overwritten by then."""

    spot: Spot
    place: Place
    key: frozenset[Part] = frozenset()
    fresh: frozenset[Field] = frozenset()
    is_test: bool = False  # only whether it is there, or is None


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library: `boto3.client`, what it returns as `boto3.client()`."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class ModuleRef:
    """A module of the project."""

    file: PythonFile


@dataclass(frozen=True, eq=False, slots=True)
class ClassRef:
    """A class of the project."""

    file: PythonFile
    node: ast.ClassDef
    scope: Mapping[str, Value] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class FunctionRef:
    """A function of the project, with what it closes over and what it is bound to."""

    file: PythonFile
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    closure: Mapping[str, Value] | None = None
    owner: ClassRef | None = None
    bound: Value | None = None
    memo: Memo | None = None
    is_property: bool = False
    defaults: Mapping[str, Value] = field(default_factory=dict)
    is_of_init: bool = False  # made while the environment initialised: what it closes over stays


@dataclass(frozen=True, eq=False, slots=True)
class Memo:
    """The cache of a memoising decorator. `key` is a function that makes the key of the arguments, if one does."""

    name: str
    is_bounded: bool
    key: Value | None = None
    container: Value | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a project's class; `number` finds its attributes."""

    owner: ClassRef
    number: int


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open file under a temporary directory."""

    spot: Spot
    mode: str


Ref = External | ModuleRef | ClassRef | FunctionRef | Instance | OpenFile


_MAX_TEXT = 100_000  # characters; as the engine that follows events has it


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value.

    `parts` of the event it was made of; `reads` of kept things it was made of; `spots` that change when it is
    changed; `refs` what it may be; `text` its characters as far as known, `{}` for what is not; `items` what it
    holds under constant keys; `work` numbers of threads and tasks it stands for.
    """

    parts: frozenset[Part] = frozenset()
    reads: frozenset[Read] = frozenset()
    spots: frozenset[Spot] = frozenset()
    refs: tuple[Ref, ...] = ()
    text: str | None = None
    items: tuple[tuple[str, Value], ...] = ()
    work: frozenset[int] = frozenset()
    is_constant: bool = False
    is_unique: bool = False  # different at every invocation: a request id, a random name
    is_client: bool = False  # an SDK's client or session
    is_opaque: bool = False  # it went through something that only a run could tell
    truth: bool | None = None
    drawn: str = ""  # drawn while the environment initialised: "random", "clock", "generator"

    def __post_init__(self) -> None:
        # Forty lines that double a text are more than any memory: a long one is no longer known.
        if self.text is not None and len(self.text) > _MAX_TEXT:
            object.__setattr__(self, "text", None)
            object.__setattr__(self, "is_constant", False)

    def derived(self, *, keeps_spots: bool = False) -> Value:
        """What is computed of it: its data, but no longer the thing itself."""
        return Value(
            parts=self.parts,
            reads=self.reads,
            spots=self.spots if keeps_spots else frozenset(),
            work=self.work,
            is_unique=self.is_unique,
            is_client=self.is_client and keeps_spots,
            is_opaque=self.is_opaque,
            drawn=self.drawn,
        )

    def with_reads(self, reads: Iterable[Read]) -> Value:
        return replace(self, reads=_cut_reads(self.reads | frozenset(reads)))

    def item(self, name: str) -> Value | None:
        for key, value in self.items:
            if key == name:
                return value
        return None

    @property
    def externals(self) -> tuple[str, ...]:
        return tuple(ref.name for ref in self.refs if isinstance(ref, External))


BOUND_KEYS = Root(RootKind.CONTEXT, "", "the logger's keys")
ENVIRON = Root(RootKind.ENVIRONMENT, "", "os.environ")
NOTHING = Value()
CONSTANT = Value(is_constant=True)


_DECIDING = (
    "auth", "admin", "role", "user", "login", "logged", "tenant", "permission", "allowed", "verified", "trusted",
    "customer",
)  # fmt: skip


def is_deciding(root: Root) -> bool:
    """Whether its name says that it decides what a customer may do."""
    return any(word in root.name.lower() for word in _DECIDING)


def join(*values: Value) -> Value:
    """A value that may be any of these."""
    some = [value for value in values if value is not NOTHING]
    if not some:
        return NOTHING
    first = some[0]
    if len(some) == 1 and not first.is_constant and first.truth is None:
        return first
    if all(value is first for value in some) and len(some) == len(values):
        return first
    refs = tuple(dict.fromkeys(ref for value in some for ref in value.refs))[:12]
    texts = {value.text for value in values}
    drawn = {value.drawn for value in some}
    names = dict.fromkeys(key for value in some for key, _ in value.items)
    return Value(
        parts=_cut_parts(frozenset().union(*(value.parts for value in some))),
        reads=_cut_reads(frozenset().union(*(value.reads for value in some))),
        spots=frozenset().union(*(value.spots for value in some)),
        refs=refs,
        text=texts.pop() if len(texts) == 1 else next((one.text for one in some if one.text), None),
        items=tuple(
            (name, join(*(value.item(name) or NOTHING for value in some))) for name in list(names)[:_MOST]
        ),
        work=frozenset().union(*(value.work for value in some)),
        is_constant=all(value.is_constant for value in values),
        is_unique=any(value.is_unique for value in some),
        is_client=any(value.is_client for value in some),
        is_opaque=any(value.is_opaque for value in some),
        drawn=next((one for one in ("random", "generator", "seed", "clock") if one in drawn), ""),
    )


def mix(*values: Value) -> Value:
    """What is computed of all of these."""
    return join(*(value.derived() for value in values))


def _cut_parts(parts: frozenset[Part]) -> frozenset[Part]:
    return parts if len(parts) <= _MOST else frozenset({()})


def _cut_reads(reads: frozenset[Read]) -> frozenset[Read]:
    return reads if len(reads) <= _MOST else frozenset(sorted(reads, key=lambda one: one.place)[:_MOST])
