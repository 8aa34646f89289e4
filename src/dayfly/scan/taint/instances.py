"""Objects of the project's classes: `Class(…)`, data classes, members of enumerations."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import (
    attributes,
    calls,
    comparisons,
    expressions,
    formatting,
    library_calls,
)
from dayfly.scan.taint.characters import read_pattern
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.values import (
    HARMLESS,
    Bound,
    Class,
    Const,
    Items,
    Name,
    Ref,
    Symbol,
    Table,
    Text,
    Thing,
    by_name,
    map_taint,
    unknown_text,
)

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


_NUMBERS = {"int", "float", "bool", "UUID", "datetime", "date", "Decimal", "PositiveInt", "conint"}


def instantiate(
    machine: Machine, cls: Class, arguments: calls.Arguments, node: ast.AST | None, *, is_raw: bool = False
) -> Value:
    """`Class(…)`; what a metaclass makes of it unless `is_raw`."""
    caller = None if is_raw else attributes.metaclass_method(machine, cls, "__call__")
    if caller is not None:
        return calls.call(machine, Bound(caller, cls), arguments, node)
    if attributes.is_enum(machine, cls):
        value = arguments.get(0)
        if value is not None:
            for symbol in comparisons.symbols_of(value):
                machine.store.learn(symbol, HARMLESS)
        return _enum_by_value(machine, cls, value)
    kinds = attributes.kinds_of(machine, cls)
    if "typing.NamedTuple" in kinds or "typing.TypedDict" in kinds or "TypedDict" in kinds:
        values = _fields(machine, cls, arguments)
        if "typing.NamedTuple" in kinds:
            return Items(tuple(values.values()), None, tuple(values))
        return machine.new_dict(values)
    maker = attributes.find_in_class(machine, cls, "__new__")
    made = None
    if maker is not None:
        made = calls.call(
            machine, maker[0], replace(arguments, positional=[cls, *arguments.positional]), node
        )
        if not isinstance(made, (Thing, Name)) and not (isinstance(made, Ref) and made.cls == cls):
            return made  # of another type: it is not initialised
    ref = made if isinstance(made, Ref) else machine.allocate(Table(kind="object"), "object", cls)
    init = attributes.find_in_class(machine, cls, "__init__")
    if init is not None:
        calls.call(machine, Bound(init[0], ref), arguments, node)
        return ref
    if any(one.is_data for one in attributes.resolution_order(machine, cls)) or "pydantic.BaseModel" in kinds:
        values = _fields(machine, cls, arguments)
        machine.store.set(ref.location, Table(by_name(values), rest=arguments.keyword_rest, kind="object"))
        post = attributes.find_in_class(machine, cls, "__post_init__")
        if post is not None:
            calls.call(machine, Bound(post[0], ref), calls.Arguments(), node)
        return ref
    if kinds and (arguments.positional or arguments.keywords):
        entries: dict[str, Value] = {"args": Items(tuple(arguments.positional), arguments.rest)}
        entries.update(arguments.keywords)
        machine.store.set(ref.location, Table(by_name(entries), kind="object"))
    return ref


def _enum_by_value(machine: Machine, cls: Class, value: Value | None) -> Value:
    members = attributes.enum_members(machine, cls)
    for member in members:
        table = machine.table(member)
        if table is not None and isinstance(value, Const) and table.entries.get("value") == value:
            return member
    return join_all(members) if members else Thing()


def _fields(machine: Machine, cls: Class, arguments: calls.Arguments) -> dict[str, Value]:
    """The fields of a data class, by the generated `__init__`."""
    ordered: dict[str, Value | None] = {}
    for one in reversed(list(attributes.resolution_order(machine, cls))):
        table = machine.store.get(one.location)
        for name in one.fields:
            ordered.setdefault(name, None)
            if isinstance(table, Table) and name in table.entries:
                ordered[name] = table.entries[name]
    found: dict[str, Value] = {}
    for index, (name, default) in enumerate(ordered.items()):
        given = arguments.get(index, name)
        if given is not None:
            found[name] = _coerced(machine, cls, name, given)
        elif default is not None:
            found[name] = library_calls.field_default(machine, default)
        else:
            found[name] = Thing()
    return found


def _coerced(machine: Machine, cls: Class, name: str, value: Value) -> Value:
    """What a model's validation makes of a field's value: of the annotated type, or an exception."""
    if "pydantic.BaseModel" not in attributes.kinds_of(machine, cls):
        return value
    for one in attributes.resolution_order(machine, cls):
        for statement in one.node.body if one.node is not None else ():
            target = statement.target if isinstance(statement, ast.AnnAssign) else None
            if (
                not isinstance(statement, ast.AnnAssign)
                or not isinstance(target, ast.Name)
                or target.id != name
            ):
                continue
            shown = by_pattern(machine, statement, value)
            if shown is not None:
                return shown
            spelt = ast.unparse(statement.annotation).removesuffix(" | None").rpartition(".")[2]
            with machine.within(one.scope):
                inner = expressions.evaluate(machine, statement.annotation) if spelt.isidentifier() else None
            if isinstance(inner, Class) and attributes.is_enum(machine, inner):
                return attributes.enum_member(machine, inner, Thing())
            if spelt in _NUMBERS or spelt.startswith("Literal["):
                return Thing("int")
            if spelt in {"str", "EmailStr", "constr"}:
                text = formatting.to_text(machine, value)
                return text if isinstance(value, (Const, Text)) else map_taint(text, lambda taint: taint)
    return value


def by_pattern(machine: Machine, statement: ast.AnnAssign, value: Value) -> Value | None:
    """A text that a pattern of its field has been held against: `constr(pattern=…)`, `Field(pattern=…)`.

    Pydantic searches with an engine whose `$` is the very end; `regex` is its former name, matched from the start.
    https://docs.pydantic.dev/latest/concepts/fields/#string-constraints
    """
    found: tuple[str, str] | None = None
    for one in (statement.annotation, statement.value):
        for call in ast.walk(one) if one is not None else ():
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg in {"pattern", "regex"} and isinstance(keyword.value, ast.Constant):
                    found = (str(keyword.value.value), "search" if keyword.arg == "pattern" else "match")
    if found is None:
        return None
    pattern, how = found
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1] + "\\Z"
    symbol = Symbol()
    machine.store.learn(symbol, read_pattern(pattern, 0, how))
    return unknown_text(machine.taint_of(value), symbol)
