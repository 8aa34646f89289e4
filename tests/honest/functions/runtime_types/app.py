"""Types made for each event: rows with the fields of a table, enumerations, protocols, generic classes, proxies."""

import abc
import collections
import contextlib
import dataclasses
import enum
import functools
import inspect
import types
import typing

import attrs

COLUMNS = {"orders": ("id", "text", "total"), "customers": ("email", "name")}
T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value


@typing.runtime_checkable
class Priced(typing.Protocol):
    total: float


class Base(abc.ABC):
    registry = {}  # noqa: RUF012

    def __init_subclass__(cls, *, kind, **more):
        super().__init_subclass__(**more)
        cls.registry[kind] = cls

    @abc.abstractmethod
    def show(self): ...


def logged(function):
    @functools.wraps(function)
    def wrapper(*arguments, **named):
        bound = inspect.signature(function).bind(*arguments, **named)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    return wrapper


@contextlib.contextmanager
def opened(name):
    yield name


def handler(event, context):
    columns = COLUMNS[event["table"]]
    Row = collections.namedtuple("Row", columns, defaults=[""] * len(columns), rename=True)
    Record = dataclasses.make_dataclass(
        "Record",
        [(name, str, dataclasses.field(default="")) for name in columns],
        frozen=True,
        slots=True,
        namespace={"show": lambda self: ", ".join(dataclasses.astuple(self))},
    )
    Loose = attrs.make_class(
        "Loose", {name: attrs.field(default="") for name in columns}, frozen=True, order=True
    )
    Kind = enum.Enum("Kind", {name.upper(): name for name in columns})
    Plain = type("Plain", (Base,), {"show": lambda self: event["text"]}, kind=event["table"])
    Struct = types.new_class("Struct", (Box[str],), {}, lambda space: space.update(label=event["text"]))
    Settings = typing.TypedDict("Settings", {"text": str, "total": float})  # noqa: UP013
    values = {name: str(event.get(name, "")) for name in columns}

    @logged
    def placed(id="x", *, text=event["text"], total: float = 0.0):
        return f"{id} {text} {total:.2f}"

    @dataclasses.dataclass(order=True)
    class Line:
        title: str
        price: float = 1.0
        note: str = event["text"]

        def __post_init__(self):
            self.title = self.title.strip()

    with opened(event["text"]) as name:
        return {
            "row": Row(**values)._asdict(),
            "record": Record(**values).show(),
            "loose": attrs.asdict(attrs.evolve(Loose(**values), **{columns[0]: "z"})),
            "kinds": [kind.value for kind in Kind],
            "plain": Plain().show(),
            "struct": Struct("x").label,
            "settings": Settings(text=event["text"], total=1.0),
            "placed": placed(text=event["text"]),
            "line": dataclasses.asdict(max(Line(event["text"]), Line("a"))),
            "priced": isinstance(types.SimpleNamespace(total=1.0), Priced),
            "name": name,
            "hints": sorted(typing.get_type_hints(Line)),
        }
