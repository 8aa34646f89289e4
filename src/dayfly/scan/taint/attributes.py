"""Attributes: of objects and classes of the project, of modules, and of what libraries make."""

from __future__ import annotations

import math
import string
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import effects, events, library_calls
from dayfly.scan.taint.characters import HOST
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import Danger
from dayfly.scan.taint.values import (
    Bound,
    Choice,
    Class,
    Const,
    Function,
    Hole,
    Items,
    Method,
    Module,
    Name,
    Partial,
    Ref,
    Super,
    Table,
    Text,
    Thing,
    alternatives,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Scalar, Value

# What the interpreter's own modules hold on Linux.
_CONSTANTS: Mapping[str, Scalar] = {
    "os.sep": "/",
    "os.path.sep": "/",
    "os.linesep": "\n",
    "os.pathsep": ":",
    "os.curdir": ".",
    "os.pardir": "..",
    "os.name": "posix",
    "sys.byteorder": "little",
    "sys.maxsize": 2**63 - 1,
    "math.pi": math.pi,
    "math.e": math.e,
    "string.ascii_letters": string.ascii_letters,
    "string.ascii_lowercase": string.ascii_lowercase,
    "string.ascii_uppercase": string.ascii_uppercase,
    "string.digits": string.digits,
    "string.hexdigits": string.hexdigits,
    "string.octdigits": string.octdigits,
    "string.punctuation": string.punctuation,
    "string.whitespace": string.whitespace,
    "string.printable": string.printable,
    "typing.TYPE_CHECKING": False,
    "__debug__": True,
    "NotImplemented": None,
}
_HOST_DANGERS = frozenset({Danger.REQUEST, Danger.REDIRECT})
_REQUESTS = {"flask.Request", "bottle.Request"}
_CONSTRUCTORS = {
    "model_validate", "model_validate_json", "parse_obj", "parse_raw", "from_dict", "from_json", "_make",
}  # fmt: skip
PROPERTY = "dayfly.Property"
METACLASS = "<metaclass>"
# What `super()` reaches of `object` and `type` that says what an attribute, an object or a call is.
_OF_OBJECT = {"__setattr__", "__getattribute__", "__new__", "__call__"}
_ENUMS = {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}


def resolve(machine: Machine, name: Name) -> Value:
    """What a name of a library stands for, where the tables know."""
    dotted = machine.library.canonical(name.dotted)
    if dotted in _CONSTANTS:
        return Const(_CONSTANTS[dotted])
    rows = machine.library.attributes.get(dotted)
    if rows:
        return library_calls.make(machine, rows[0].result, machine.name_symbol(dotted), None, (), dotted)
    return name if dotted == name.dotted else Name(dotted)


def get_attribute(machine: Machine, value: Value, name: str) -> Value:
    """`value.name`."""
    if isinstance(value, Choice):
        return join_all(get_attribute(machine, one, name) for one in value.alternatives)
    if name == "__dict__":
        from dayfly.scan.taint import namespaces

        found = namespaces.of(machine, value)
        if found is not None:
            return found
    if isinstance(value, Module):
        return _module_attribute(machine, value, name)
    if isinstance(value, Name):
        stored = machine.store.value((value.dotted, name))
        return resolve(machine, Name(f"{value.dotted}.{name}")) if stored is None else stored
    if isinstance(value, Ref) and value.kind == "object":
        return _object_attribute(machine, value, name)
    if isinstance(value, Class):
        return class_attribute(machine, value, name)
    if isinstance(value, Thing):
        return thing_attribute(machine, value, name)
    if isinstance(value, Items) and name in value.names:
        return value.items[value.names.index(name)]
    if isinstance(value, Super):
        return _super_attribute(machine, value, name)
    if isinstance(value, (Function, Bound, Partial)):
        stored = machine.store.value((value, name)) if isinstance(value, Function) else None
        if stored is not None:
            return stored
        if name in {"__name__", "__qualname__"} and isinstance(value, Function):
            return Const(value.name)
        if name == "__wrapped__":
            return value
        if name == "func" and isinstance(value, Partial):
            return value.callee
        return Method(value, name)
    return Method(value, name)


def _module_attribute(machine: Machine, module: Module, name: str) -> Value:
    from dayfly.scan.taint import modules

    scope = modules.load(machine, module.file)
    value = machine.store.value((scope.identity, name))
    if value is not None:
        return value
    inner = machine.project.imports.find_child(module.file, name)
    if inner is not None and not inner.is_dependency:
        return Module(inner, inner.path)
    getter = machine.store.value((scope.identity, "__getattr__"))
    if getter is not None:
        from dayfly.scan.taint import calls

        return calls.call(machine, getter, calls.Arguments([Const(name)]), None)
    return Name(f"{module.file.module}.{name}")


def _object_attribute(machine: Machine, ref: Ref, name: str, *, is_raw: bool = False) -> Value:
    from dayfly.scan.taint import calls

    if ref.cls is not None and not is_raw:
        reader = find_in_class(machine, ref.cls, "__getattribute__")
        if reader is not None:
            return calls.call(machine, Bound(reader[0], ref), calls.Arguments([Const(name)]), None)
    table = machine.table(ref)
    own = table.entries.get(name) if table is not None else None
    cls = ref.cls
    if name == "__class__" and cls is not None:
        return cls
    if own is not None and table is not None and name not in table.maybe:
        return own
    found = find_in_class(machine, cls, name) if cls is not None else None
    inherited: Value | None = None
    if found is not None:
        inherited = bind_to(machine, found[0], ref, found[1])
    if own is not None:
        return join_all([own, inherited]) if inherited is not None else own
    if inherited is not None:
        return inherited
    if cls is not None:
        getter = find_in_class(machine, cls, "__getattr__")
        if getter is not None:
            return calls.call(machine, Bound(getter[0], ref), calls.Arguments([Const(name)]), None)
        for kind in kinds_of(machine, cls):
            for lineage in machine.library.lineage(kind):
                rows = machine.library.attributes.get(f"{lineage}.{name}")
                if rows:
                    symbol = machine.name_symbol(f"{lineage}.{name}")
                    return library_calls.make(machine, rows[0].result, symbol, ref, (), f"{lineage}.{name}")
    if table is not None and table.rest is not None:
        return table.rest
    return Method(ref, name)


def bind_to(machine: Machine, value: Value, receiver: Value, owner: Class) -> Value:
    """What a class attribute is, looked up on an instance."""
    if isinstance(value, Choice):
        return join_all(bind_to(machine, one, receiver, owner) for one in value.alternatives)
    if isinstance(value, Function):
        if value.binding == "static":
            return value
        if value.binding == "class":
            return Bound(
                value, receiver.cls if isinstance(receiver, Ref) and receiver.cls is not None else owner
            )
        if value.binding == "property":
            from dayfly.scan.taint import calls

            return calls.call(machine, Bound(value, receiver), calls.Arguments(), None)
        return Bound(value, receiver)
    if isinstance(value, Ref) and value.kind == "object" and value.cls is not None:
        getter = find_in_class(machine, value.cls, "__get__")
        if getter is not None:
            from dayfly.scan.taint import calls

            return calls.call(machine, Bound(getter[0], value), calls.Arguments([receiver, owner]), None)
    if isinstance(value, Thing) and value.kind == PROPERTY and value.origin:
        from dayfly.scan.taint import calls

        return calls.call(machine, value.origin[0], calls.Arguments([receiver]), None)
    return value


def resolution_order(machine: Machine, cls: Class) -> Iterator[Class]:
    """A class and its bases of the project, each once; depth first, the last mention of a shared base counts."""
    found: list[Class] = []

    def visit(one: Class, depth: int) -> None:
        if depth > 20:
            return
        if one in found:
            found.remove(one)
        found.append(one)
        for base in one.bases:
            for option in alternatives(base):
                if isinstance(option, Class):
                    visit(option, depth + 1)

    visit(cls, 0)
    yield from found


def kinds_of(machine: Machine, cls: Class) -> list[str]:
    """The classes of libraries that a class derives from."""
    return [
        machine.library.canonical(option.dotted)
        for one in resolution_order(machine, cls)
        for base in one.bases
        for option in alternatives(base)
        if isinstance(option, Name)
    ]


def find_in_class(
    machine: Machine, cls: Class, name: str, *, after: Class | None = None
) -> tuple[Value, Class] | None:
    """A class attribute and the class that has it."""
    is_reached = after is None
    for one in resolution_order(machine, cls):
        if is_reached:
            table = machine.store.get(one.location)
            if isinstance(table, Table) and name in table.entries:
                return table.entries[name], one
        elif one == after:
            is_reached = True
    return None


def class_attribute(machine: Machine, cls: Class, name: str) -> Value:
    """`Class.name`."""
    found = find_in_class(machine, cls, name)
    if found is not None:
        value, _ = found
        if isinstance(value, Function) and value.binding == "class":
            return Bound(value, cls)
        return value
    if name == "__name__":
        return Const(cls.name)
    if name == "__members__":
        return machine.new_dict(
            {member: class_attribute(machine, cls, member) for member in _member_names(machine, cls)}
        )
    if name in _CONSTRUCTORS:
        return Method(cls, name)
    inherited = metaclass_method(machine, cls, name)
    if inherited is not None:
        return bind_to(machine, inherited, cls, cls)
    getter = metaclass_method(machine, cls, "__getattr__")
    if getter is not None:
        from dayfly.scan.taint import calls

        return calls.call(machine, Bound(getter, cls), calls.Arguments([Const(name)]), None)
    for kind in kinds_of(machine, cls):
        return Name(f"{kind}.{name}")
    return Method(cls, name)


def metaclass_method(machine: Machine, cls: Class, name: str) -> Value | None:
    """What the class of a class says, where it is one of the project."""
    for one in resolution_order(machine, cls):
        metaclass = machine.store.value((one.location, METACLASS))
        if isinstance(metaclass, Class):
            found = find_in_class(machine, metaclass, name)
            return None if found is None else found[0]
    return None


def is_enum(machine: Machine, cls: Class) -> bool:
    return any(kind in _ENUMS for kind in kinds_of(machine, cls))


def _member_names(machine: Machine, cls: Class) -> list[str]:
    table = machine.store.get(cls.location)
    if not isinstance(table, Table):
        return []
    return [
        str(name)
        for name, value in table.entries.items()
        if isinstance(value, Ref) and value.kind == "object" and value.cls == cls
    ]


def enum_members(machine: Machine, cls: Class) -> tuple[Value, ...]:
    """The members of an enumeration."""
    return tuple(class_attribute(machine, cls, name) for name in _member_names(machine, cls))


def enum_member(machine: Machine, cls: Class, key: Value) -> Value:
    """`Colour["RED"]`, `Colour("red")`: one of the members, or an exception."""
    members = enum_members(machine, cls)
    return join_all(members) if members else Thing()


def _super_attribute(machine: Machine, value: Super, name: str) -> Value:
    receiver = value.receiver
    if name in _OF_OBJECT and not _is_overridden(machine, value, name):
        return Partial(Name(f"object.{name}"), () if name == "__new__" else (receiver,))
    cls = receiver.cls if isinstance(receiver, Ref) else receiver
    if isinstance(cls, Class):
        found = find_in_class(machine, cls, name, after=value.cls)
        if found is not None:
            return bind_to(machine, found[0], receiver, found[1])
        for kind in kinds_of(machine, cls):
            return Name(f"{kind}.{name}")
    return Name(f"object.{name}")


def _is_overridden(machine: Machine, value: Super, name: str) -> bool:
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Ref) else receiver
    return isinstance(cls, Class) and find_in_class(machine, cls, name, after=value.cls) is not None


def call_of_object(machine: Machine, name: str, given: Sequence[Value], node: ast.AST | None) -> Value | None:
    """What `object` and `type` themselves do, where a class of the project hands on to them."""
    if not given:
        return None
    receiver, rest = given[0], given[1:]
    word = rest[0].value if rest and isinstance(rest[0], Const) else None
    if name == "__setattr__" and len(rest) == 2 and isinstance(word, str):
        if isinstance(receiver, Ref) and receiver.kind == "object":
            table = machine.table(receiver) or Table(kind="object")
            entries = {**table.entries, word: rest[1]}
            machine.store.set(receiver.location, replace(table, entries=entries, maybe=table.maybe - {word}))
        return Const(None)
    if name == "__getattribute__" and isinstance(word, str) and isinstance(receiver, Ref):
        return _object_attribute(machine, receiver, word, is_raw=True)
    if name == "__new__" and isinstance(receiver, Class) and not kinds_of(machine, receiver):
        return machine.allocate(Table(kind="object"), "object", receiver)
    if name == "__call__" and isinstance(receiver, Class):
        from dayfly.scan.taint import calls, instances

        return instances.instantiate(machine, receiver, calls.Arguments(list(rest)), node, is_raw=True)
    return None


def thing_attribute(machine: Machine, value: Thing, name: str) -> Value:
    """An attribute of an object of a library, or of something unknown."""
    stored = machine.store.value((value.symbol, "attr", name))
    if stored is not None:
        return stored
    if name == "path" and value.kind in _REQUESTS and machine.route and not set("<{*:") & set(machine.route):
        return Thing("str", (), value.symbol.child(("attr", name)))  # a route without parameters: always this
    for kind in machine.library.lineage(value.kind):
        if library_calls.has_rows(machine, kind, name):
            break  # a method: what it is called on matters
        rows = machine.library.attributes.get(f"{kind}.{name}") or machine.library.attributes.get(f"{kind}.*")
        if rows:
            symbol = value.symbol.child(("attr", name))
            return library_calls.make(machine, rows[0].result, symbol, value, (), f"{kind}.{name}")
    if value.kind == "urllib.parse.ParseResult" and name in {"netloc", "hostname"}:
        symbol = value.symbol.child(("attr", name), carries=_HOST_DANGERS)
        return Text((Hole(value.taint, symbol, frozenset({HOST})),))
    if value.kind == "re.Match" and name == "string" and len(value.origin) == 3:
        return value.origin[2]
    if value.kind == "pathlib.Path" and value.origin:
        return library_calls.path_attribute(machine, value, name)
    if value.path is not None and not value.kind:
        return events.child(machine, value, name)
    symbol = value.symbol.child(("attr", name))
    return Thing("", value.taint, symbol, origin=(value, Const(name)), is_structure=value.is_structure)


def set_attribute(machine: Machine, target: Value, name: str, value: Value, node: ast.AST) -> None:
    """`target.name = value`."""
    targets = alternatives(target)
    for one in targets:
        effects.record_change(machine, one, value, node, attribute=name)
        if isinstance(one, Thing):
            before = machine.store.value((one.symbol, "attr", name)) if len(targets) > 1 else None
            machine.store.set(
                (one.symbol, "attr", name), value if before is None else join_all([before, value])
            )
            _check_assignment(machine, one, name, value, node)
        elif isinstance(one, Ref) and one.kind == "object":
            if _set_through_class(machine, one, name, value):
                continue
            table = machine.table(one) or Table(kind="object")
            old = table.entries.get(name) if len(targets) > 1 else None
            entries = {**table.entries, name: value if old is None else join_all([old, value])}
            machine.store.set(one.location, replace(table, entries=entries, maybe=table.maybe - {name}))
        elif isinstance(one, Class):
            content = machine.store.get(one.location)
            table = content if isinstance(content, Table) else Table(kind="class")
            machine.store.set(one.location, replace(table, entries={**table.entries, name: value}))
        elif isinstance(one, Function):
            machine.store.set((one, name), value)
        elif isinstance(one, Module):
            from dayfly.scan.taint import modules

            scope = modules.load(machine, one.file)
            effects.record_global(machine, scope, name, value, node)
            machine.store.set((scope.identity, name), value)
        elif isinstance(one, Name):
            machine.store.set((one.dotted, name), value)


def _set_through_class(machine: Machine, ref: Ref, name: str, value: Value) -> bool:
    """A property's setter or a descriptor's `__set__`."""
    from dayfly.scan.taint import calls

    if ref.cls is None:
        return False
    writer = find_in_class(machine, ref.cls, "__setattr__")
    if writer is not None:
        calls.call(machine, Bound(writer[0], ref), calls.Arguments([Const(name), value]), None)
        return True
    setter = find_in_class(machine, ref.cls, f"{name}.setter")
    if setter is not None:
        calls.call(machine, Bound(setter[0], ref), calls.Arguments([value]), None)
        return True
    found = find_in_class(machine, ref.cls, name)
    if found is not None and isinstance(found[0], Thing) and found[0].kind == PROPERTY:
        if len(found[0].origin) > 1:
            calls.call(machine, found[0].origin[1], calls.Arguments([ref, value]), None)
        return True
    if found is not None and isinstance(found[0], Ref) and found[0].cls is not None:
        descriptor = find_in_class(machine, found[0].cls, "__set__")
        if descriptor is not None:
            calls.call(machine, Bound(descriptor[0], found[0]), calls.Arguments([ref, value]), None)
            return True
    return False


def _check_assignment(machine: Machine, target: Thing, name: str, value: Value, node: ast.AST) -> None:
    """Attributes that are sinks: `response.headers = …` is a row named `type.attribute=`."""
    from dayfly.scan.taint import calls

    rows_names = [f"{kind}.{name}=" for kind in machine.library.lineage(target.kind)]
    library_calls.check_sinks(machine, rows_names, calls.Arguments([value]), target, node)


def call_special(
    machine: Machine, value: Value, name: str, arguments: Sequence[Value], node: ast.AST | None
) -> Value | None:
    """The result of a special method that a class of the project defines; None where it does not."""
    if not name or not isinstance(value, Ref) or value.cls is None:
        return None
    found = find_in_class(machine, value.cls, name)
    if found is None:
        return None
    from dayfly.scan.taint import calls

    return calls.call(machine, Bound(found[0], value), calls.Arguments(list(arguments)), node)


def library_item(machine: Machine, holder: Value, key: Value) -> Value:
    """An item of something named in a library: `os.environ["X"]`, or of a generic class `list[int]`."""
    if isinstance(holder, Name):
        if holder.dotted == "sys.modules":
            from dayfly.scan.taint import namespaces

            return namespaces.import_by_name(machine, key) or Thing("", machine.taint_of(key))
        if holder.dotted == "builtins" and isinstance(key, Const) and isinstance(key.value, str):
            return get_attribute(machine, holder, key.value)
        if holder.dotted == "os.environ":
            constant = key.value if isinstance(key, Const) else None
            written = machine.store.value(("os.environ", "item", constant))
            if written is not None:
                return written
            return unknown_text((), machine.name_symbol(f"os.environ[{constant!r}]"))
        return holder
    return Thing("", machine.taint_of(holder))
