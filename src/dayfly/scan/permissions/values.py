"""What an expression can be, as far as AWS calls are concerned: texts, clients, resources, functions, objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from dayfly.scan.permissions.program import Class, Frame, Function
    from dayfly.scan.source.project import PythonFile


class Origin(StrEnum):
    """Why a value is not known."""

    EVENT = "the event"
    RUN_TIME = "run time"  # an answer of a service, a computation, an argument nobody gives
    ENVIRONMENT = "an environment variable"
    PLATFORM = "the platform"  # the account, the region


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece of text that only run time knows; `label` names it (an environment variable), or is empty."""

    origin: Origin
    label: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A template's reference, without its `${}`: `Orders`, `Orders.Arn`, `aws_s3_bucket.uploads.arn`."""

    expression: str


Part: TypeAlias = "str | Hole | Ref"


@dataclass(frozen=True, slots=True)
class Text:
    """A string, piece by piece."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> str | None:
        """The whole string, None where a piece of it is not known."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else; `origin` says where it came from."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dictionary: what its constant keys hold, what keys that are not constant hold, and those keys."""

    items: tuple[tuple[str, Values], ...]
    rest: Values
    names: Values = frozenset()


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple, set or generator: `items` by position where known, `rest` are further elements."""

    items: tuple[Values, ...]
    rest: Values


@dataclass(frozen=True, slots=True)
class External:
    """A name of a package that is not the function's own, as `boto3.client`."""

    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """What a call of a foreign name answers: `boto3.Session()`, `SSMProvider()`.

    `given` are its arguments, by name or position, where a later call depends on them.
    """

    name: str
    given: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A client of one service in botocore's spelling; "" where the service could not be told."""

    service: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A boto3 resource: its type ("" for the service itself) and its identifiers.

    `is_loaded`: it came with an answer, so that its attributes are there without a call.
    """

    service: str
    kind: str
    identifiers: tuple[tuple[str, Values], ...] = ()
    is_loaded: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """`bucket.objects` and what `.all()`, `.filter()` make of it."""

    owner: Resource
    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a client, or of a resource, not yet called. `operation` is as botocore spells it.

    `preset` are parameters that the object already carries (a table's name, a partial's arguments).
    `answer` is what the call gives, where that matters.
    """

    service: str
    operation: str
    preset: tuple[tuple[str, Values], ...] = ()
    answer: Values = frozenset()
    role: str = ""  # "", paginate, wait, presign, or the name of a transfer method


@dataclass(frozen=True, slots=True)
class Guess:
    """A method called on something unknown, which may be a client."""

    method: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of an object that this module knows (a session, a text), not yet called."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class Callable_:
    """A function of the project with the frame it was defined in; `receiver` is its first argument."""

    function: Function
    parent: Frame | None
    receiver: Value | None = None
    positional: tuple[Values, ...] = ()
    named: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True, slots=True)
class Type_:
    """A class of the project."""

    cls: Class


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project, told apart by what its constructor was given."""

    cls: Class
    given: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    file: PythonFile

    def __hash__(self) -> int:
        return id(self.file)


Value: TypeAlias = (
    "Text | Unknown | Mapping | Sequence | External | Made | Client | Resource | Collection | Operation | Guess"
    " | Method | Callable_ | Type_ | Instance | Module"
)
Values: TypeAlias = "frozenset[Value]"

NOTHING: Values = frozenset()
FROM_EVENT: Values = frozenset({Unknown(Origin.EVENT)})
FROM_RUN_TIME: Values = frozenset({Unknown(Origin.RUN_TIME)})
MOST_VALUES = 24  # of one expression; beyond it, the rest is "not known"

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


def text(value: str) -> Values:
    return frozenset({Text((value,))})


def hole(origin: Origin, label: str = "") -> Text:
    return Text((Hole(origin, label),))


def read_reference(expression: str) -> Text:
    """A template's text with `${…}` as pieces; the platform's own names are holes."""
    parts: list[Part] = []
    at = 0
    for match in _REFERENCE.finditer(expression):
        if match.start() > at:
            parts.append(expression[at : match.start()])
        inner = match[1].strip()
        parts.append(Hole(Origin.PLATFORM, inner) if inner.startswith("AWS::") else Ref(inner))
        at = match.end()
    if at < len(expression):
        parts.append(expression[at:])
    return Text(tuple(parts))


def as_texts(values: Values) -> list[Text]:
    """The values as texts, what is none as a hole; never empty."""
    out: list[Text] = []
    for value in values:
        if isinstance(value, Text):
            out.append(value)
        elif isinstance(value, Unknown):
            out.append(hole(value.origin))
        else:
            out.append(hole(Origin.RUN_TIME))
    if len(out) > 1:
        out = sorted(set(out), key=_order)[:MOST_VALUES]
    return out or [hole(Origin.RUN_TIME)]


def _order(value: Text) -> str:
    return "".join(
        one if isinstance(one, str) else f"\0{one.label if isinstance(one, Hole) else one}"
        for one in value.parts
    )


def constants(values: Values) -> list[str]:
    """Those values that are whole strings."""
    found = (value.constant for value in values if isinstance(value, Text))
    return sorted(one for one in found if one is not None)


def join(left: Values, right: Values) -> Values:
    """Every text of `left` followed by every text of `right`."""
    out = {merge((*a.parts, *b.parts)) for a in as_texts(left) for b in as_texts(right)}
    if len(out) > MOST_VALUES:
        return frozenset({hole(Origin.RUN_TIME)})
    return frozenset(out)


def merge(parts: tuple[Part, ...]) -> Text:
    """Neighbouring strings, and neighbouring holes of one origin, are one piece."""
    out: list[Part] = []
    for part in parts:
        last = out[-1] if out else None
        if isinstance(part, str) and isinstance(last, str):
            out[-1] = last + part
        elif isinstance(part, Hole) and isinstance(last, Hole) and part == last:
            continue
        elif part != "":
            out.append(part)
    return Text(tuple(out[:32]))


def each(values: Values, change: Callable[[Value], Values]) -> Values:
    """What `change` makes of every value."""
    return limited({one for value in values for one in change(value)})


def limited(values: set[Value]) -> Values:
    """As many as are kept; a set that is cut says that there is more."""
    if len(values) <= MOST_VALUES:
        return frozenset(values)
    kept = sorted(values, key=_rank)[:MOST_VALUES]
    return frozenset({*kept, Unknown(Origin.RUN_TIME)})


def _rank(value: Value) -> tuple[str, str]:
    """An order that is the same at every run and cheap: what is called of AWS comes first."""
    match value:
        case Client():
            return "0", value.service
        case Resource():
            return "0", f"{value.service} {value.kind}"
        case Operation():
            return "0", f"{value.service} {value.operation} {value.role}"
        case Text():
            return "1", _order(value)
        case Instance() | Type_():
            return "2", f"{value.cls.scope.file.path} {value.cls.node.lineno}"
        case Callable_():
            return "2", f"{value.function.scope.file.path} {value.function.node.lineno}"
        case External() | Made() | Method() | Guess() | Collection() | Module():
            return "3", type(value).__name__ + str(getattr(value, "name", ""))
        case _:
            return "4", type(value).__name__


def call_line(file: PythonFile, node: ast.AST) -> str:
    """The source line that `node` begins on, without its indentation."""
    line = getattr(node, "lineno", 0)
    return file.source_lines[line - 1].strip() if 0 < line <= len(file.source_lines) else ""
