"""What the interpreter knows of a value: where it comes from, what it is if constant, what it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from dayfly.scan.source.project import PythonFile

_MOST = 8  # names or functions that one value may refer to
UNKNOWN = "\0"  # a part of a text that is not known

Constant = str | bytes | int | float | bool | tuple[object, ...] | None


class Kind(StrEnum):
    """Where a value comes from."""

    ENVIRONMENT = "the whole environment"
    CREDENTIAL = "a credential"
    HOST = "facts about the host"
    ARGUMENT = "its arguments"
    REMOTE = "downloaded data"
    DECODED = "decoded text"
    COMPUTED = "text that was put together"
    CONSTANT = "a part of a constant"


class Label(NamedTuple):
    """One origin; `what` names it in code's words (`os.environ`, `~/.aws/credentials`)."""

    kind: Kind
    what: str


class Absent:
    """No constant."""


ABSENT = Absent()


@dataclass(eq=False)
class Function:
    """A function or lambda of the code that is read; `bound` is the instance that a method belongs to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    file: PythonFile
    frame: Frame
    bound: Instance | None = None

    @property
    def name(self) -> str:
        return "lambda" if not hasattr(self.node, "name") else str(self.node.name)


@dataclass(eq=False)
class Class:
    name: str
    frame: Frame
    bases: tuple[Value, ...] = ()


@dataclass(eq=False)
class Instance:
    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Frame:
    """Names of one scope and the scope around it. `is_class`: methods do not see its names."""

    file: PythonFile
    parent: Frame | None = None
    names: dict[str, Value] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)  # declared global or nonlocal
    is_class: bool = False
    cls: Class | None = None  # whose method runs here

    @property
    def module(self) -> Frame:
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame


Local = Function | Class | Instance


@dataclass(frozen=True, slots=True)
class Value:
    """An abstract value.

    `const` is its constant or ABSENT; `sketch` the known parts of a text with UNKNOWN for the others; `names` the
    dotted names of foreign things that it may be (`os.environ`, `requests.Session()` for what a call returns);
    `local` functions, classes and instances of the code itself.
    """

    labels: frozenset[Label] = frozenset()
    const: Constant | Absent = ABSENT
    sketch: str = ""
    names: frozenset[str] = frozenset()
    local: tuple[Local, ...] = ()

    @property
    def is_constant(self) -> bool:
        return not isinstance(self.const, Absent)

    @property
    def text(self) -> str:
        """What is known of it as text."""
        if isinstance(self.const, str):
            return self.const
        if isinstance(self.const, bytes):
            return self.const.decode("utf-8", "replace")
        return self.sketch or UNKNOWN

    def has(self, *kinds: Kind) -> bool:
        return any(label.kind in kinds for label in self.labels)

    def with_labels(self, labels: Iterable[Label]) -> Value:
        return replace(self, labels=self.labels | frozenset(labels))


NOTHING = Value()


def constant(value: Constant, labels: Iterable[Label] = ()) -> Value:
    sketch = value if isinstance(value, str) else ""
    return Value(labels=frozenset(labels), const=value, sketch=sketch)


def named(*names: str, labels: Iterable[Label] = (), sketch: str = "") -> Value:
    return Value(names=frozenset(names[:_MOST]), labels=frozenset(labels), sketch=sketch)


def join(values: Iterable[Value]) -> Value:
    """What may be any of these; a constant only where all agree."""
    found = [value for value in values if value is not NOTHING]
    if not found:
        return NOTHING
    if len(found) == 1:
        return found[0]
    first = found[0]
    is_same = all(type(one.const) is type(first.const) and one.const == first.const for one in found)
    local: list[Local] = []
    for value in found:
        local += [one for one in value.local if not any(one is other for other in local)]
    return Value(
        labels=frozenset().union(*(one.labels for one in found)),
        const=first.const if is_same else ABSENT,
        sketch=next((one.sketch for one in found if one.sketch), ""),
        names=frozenset(sorted(frozenset().union(*(one.names for one in found)))[:_MOST]),
        local=tuple(local[:_MOST]),
    )


def labels_of(values: Iterable[Value]) -> frozenset[Label]:
    return frozenset().union(*(value.labels for value in values))
