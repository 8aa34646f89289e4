"""Objects of the standard library that the engine keeps exactly: deques, namedtuples, queues, buffers, sections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dayfly.scan.taint import packaged_files, texts
from dayfly.scan.taint.values import (
    EMPTY,
    NONE,
    Class,
    Const,
    Items,
    Name,
    Scope,
    Symbol,
    Table,
    Thing,
    Value,
    boolean,
    by_name,
    fresh_number,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine

_MAX_JSON = 20_000
_DOCUMENT = (Name("json.loads"),)


def create(machine: Machine, name: str, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """An object of a class that is modelled; None for any other name."""
    maker = _MAKERS.get(name)
    return None if maker is None else maker(machine, arguments)


def load_json(machine: Machine, text: str | bytes) -> Value:
    """What a constant JSON text holds."""
    if len(text) > _MAX_JSON:
        return Thing()
    try:
        return from_python(machine, json.loads(text))
    except (ValueError, RecursionError):
        return Thing()


def from_python(machine: Machine, value: object) -> Value:
    """A value of our own as one of the program's."""
    if isinstance(value, dict):
        made = machine.new_dict()
        entries = {str(key): from_python(machine, one) for key, one in value.items()}
        machine.store.set(made.location, Table(by_name(entries)))
        return made
    if isinstance(value, list):
        return machine.new_list([from_python(machine, one) for one in value])
    if value is None or isinstance(value, (str, int, float)):
        return Const(value)
    return Thing()


def json_value(machine: Machine, text: Value, symbol: Symbol) -> Value:
    """A structure read from a text that is not known."""
    path = text.path if isinstance(text, Thing) else None
    taint = machine.taint_of(text)
    if path is not None and taint:
        return Thing("", taint, symbol, path=(*path, "<json>"), origin=_DOCUMENT, is_structure=True)
    return Thing("", taint, symbol, origin=_DOCUMENT, is_structure=True)


def _deque(machine: Machine, arguments: Arguments) -> Value:
    from dayfly.scan.taint import items

    value = arguments.get(0)
    series = items.iterate(machine, value) if value is not None else None
    return machine.new_list(series.items if series else (), series.rest if series else None)


def _queue(machine: Machine, arguments: Arguments) -> Value:
    return machine.new_list((), None, "queue")


def _stack(machine: Machine, arguments: Arguments) -> Value:
    return machine.new_list((), None, "lifo")


def _ordered_dict(machine: Machine, arguments: Arguments) -> Value:
    from dayfly.scan.taint import items

    made = machine.new_dict(arguments.keywords, arguments.keyword_rest)
    value = arguments.get(0)
    if value is not None:
        items.update(machine, made, value)
    return made


def _chain_map(machine: Machine, arguments: Arguments) -> Value:
    from dayfly.scan.taint import items

    made = machine.new_dict()
    for one in reversed(arguments.positional):
        items.update(machine, made, one)
    return made


def _defaultdict(machine: Machine, arguments: Arguments) -> Value:
    from dayfly.scan.taint import items

    made = machine.allocate(Table(factory=arguments.get(0), kind="dict"), "dict")
    value = arguments.get(1)
    if value is not None:
        items.update(machine, made, value)
    return made


def _namespace(machine: Machine, arguments: Arguments) -> Value:
    cls = Class(fresh_number(), "SimpleNamespace", _EMPTY_SCOPE)
    table = Table(by_name(arguments.keywords), rest=arguments.keyword_rest, kind="object")
    return machine.allocate(table, "object", cls)


def _namedtuple(machine: Machine, arguments: Arguments) -> Value:
    name, fields = arguments.get(0), arguments.get(1)
    words: list[str] = []
    if isinstance(fields, Const) and isinstance(fields.value, str):
        words = fields.value.replace(",", " ").split()
    elif fields is not None:
        series = machine.series(fields)
        found = series.items if series is not None else ()
        words = [str(one.value) for one in found if isinstance(one, Const)]
        words = words or [
            str(one.items[0].value)
            for one in found
            if isinstance(one, Items) and one.items and isinstance(one.items[0], Const)
        ]
    shown = str(name.value) if isinstance(name, Const) else "namedtuple"
    cls = Class(fresh_number(), shown, _EMPTY_SCOPE, (Name("typing.NamedTuple"),), None, True, tuple(words))
    machine.store.set(cls.location, Table(kind="class"))
    return cls


def _field(machine: Machine, arguments: Arguments) -> Value:
    made = Thing("dataclasses.Field", (), Symbol())
    for name, value in arguments.keywords.items():
        machine.store.set((made.symbol, "attr", name), value)
    return made


def _buffer(machine: Machine, arguments: Arguments) -> Value:
    made = Thing("dayfly.Buffer", (), Symbol())
    machine.store.set((made.symbol, "attr", "text"), arguments.get(0) or EMPTY)
    return made


def _context_variable(machine: Machine, arguments: Arguments) -> Value:
    made = Thing("dayfly.Variable", (), Symbol())
    default = arguments.keywords.get("default")
    if default is not None:
        machine.store.set((made.symbol, "attr", "value"), default)
    return made


def _sections(machine: Machine, arguments: Arguments) -> Value:
    made = Thing("dayfly.Sections", (), Symbol())
    machine.store.set((made.symbol, "attr", "sections"), machine.new_dict())
    return made


def call_object(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    """A method of one of the objects above."""
    method = _METHODS.get(receiver.kind)
    return None if method is None else method(machine, receiver, name, arguments)


def _buffer_method(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    key = (receiver.symbol, "attr", "text")
    before = machine.store.value(key) or EMPTY
    if name == "write":
        value = arguments.get(0)
        if value is not None:
            both = [EMPTY if one == Const(b"") else one for one in (before, value)]
            machine.store.set(key, texts.concatenate(both))
        return Thing("int")
    if name in {"getvalue", "read", "readline", "getbuffer"}:
        return before
    if name in {"readlines"}:
        return machine.new_list([], before)
    if name in {"truncate"}:
        machine.store.set(key, EMPTY)
        return NONE
    return NONE


def _variable_method(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    key = (receiver.symbol, "attr", "value")
    if name == "set":
        machine.store.set(key, arguments.get(0) or NONE)
        return Thing("contextvars.Token")
    if name == "get":
        value = machine.store.value(key)
        default = arguments.get(0)
        return value if value is not None else default if default is not None else Thing()
    return NONE


def _section_method(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    from dayfly.scan.taint import items

    holder = machine.store.value((receiver.symbol, "attr", "sections"))
    if holder is None:
        return None
    section, option = arguments.get(0), arguments.get(1)
    if name == "add_section" and section is not None:
        items.set_item(machine, holder, section, machine.new_dict(), None, is_new=True)
        return NONE
    if name == "set" and section is not None and option is not None:
        value = arguments.get(2) or NONE
        inner = items.get_item(machine, holder, section, None)  # type: ignore[arg-type]
        if machine.table(inner) is None:
            inner = machine.new_dict()
            items.set_item(machine, holder, section, inner, None, is_new=True)
        items.set_item(machine, inner, option, value, None, is_new=True)
        return NONE
    if name in {"get", "getint", "getfloat", "getboolean", "__getitem__"} and section is not None:
        if name in {"getint", "getfloat", "getboolean"}:
            return Thing(name.removeprefix("get").replace("boolean", "bool"))
        inner = items.get_item(machine, holder, section, None)  # type: ignore[arg-type]
        return inner if option is None else items.get_item(machine, inner, option, None)  # type: ignore[arg-type]
    if name in {"has_section", "has_option"}:
        return boolean()
    if name == "read_dict" and section is not None:
        items.update(machine, holder, section)
        return NONE
    if name in {"read", "read_string"} and section is not None:
        text = section.value if name == "read_string" and isinstance(section, Const) else None
        if name == "read":
            text = packaged_files.read_text(machine.project, section)
        if isinstance(text, str):
            for title, options in packaged_files.read_sections(text).items():
                inner = machine.new_dict({key: Const(value) for key, value in options.items()})
                items.set_item(machine, holder, Const(title), inner, None, is_new=True)
            return NONE
    if name in {"read_string", "read_file"}:
        taint = machine.taint_of(section) if section is not None else ()
        if taint:
            items.update(machine, holder, Thing("", taint))
        return NONE
    return Thing("", machine.taint_of(holder))


_METHODS: Mapping[str, Callable[[Machine, Thing, str, Arguments], Value | None]] = {
    "dayfly.Buffer": _buffer_method,
    "dayfly.Variable": _variable_method,
    "dayfly.Sections": _section_method,
    "dayfly.Signature": lambda machine, receiver, name, arguments: receiver,
}


class _NoFile:
    """Stands for the file of classes that no file defines."""

    path = ""
    module = ""


_EMPTY_SCOPE = Scope(0, None, _NoFile(), is_module=True)  # type: ignore[arg-type]

_MAKERS: Mapping[str, Callable[[Machine, Arguments], Value]] = {
    "collections.deque": _deque,
    "collections.OrderedDict": _ordered_dict,
    "collections.Counter": _ordered_dict,
    "collections.UserDict": _ordered_dict,
    "collections.ChainMap": _chain_map,
    "collections.defaultdict": _defaultdict,
    "collections.namedtuple": _namedtuple,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "types.MappingProxyType": _ordered_dict,
    "queue.Queue": _queue,
    "queue.SimpleQueue": _queue,
    "asyncio.Queue": _queue,
    "multiprocessing.Queue": _queue,
    "queue.LifoQueue": _stack,
    "dataclasses.field": _field,
    "io.StringIO": _buffer,
    "io.BytesIO": _buffer,
    "contextvars.ContextVar": _context_variable,
    "configparser.ConfigParser": _sections,
    "configparser.RawConfigParser": _sections,
    "configparser.SafeConfigParser": _sections,
}
