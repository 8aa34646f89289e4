"""`def` and `class`: functions with their closures, decorators, classes with their attributes."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import assignment, attributes, calls, expressions, names, statements
from dayfly.scan.taint.knowledge.model import Decoration
from dayfly.scan.taint.machine import UnreachableError
from dayfly.scan.taint.values import (
    Class,
    Const,
    Function,
    Method,
    Name,
    Partial,
    Ref,
    Scope,
    Table,
    Thing,
    by_name,
    fresh_number,
)

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_DATA = {
    "dataclasses.dataclass",
    "pydantic.dataclasses.dataclass",
    "attr.s",
    "attr.define",
    "attrs.define",
    "attrs.frozen",
}
_BINDINGS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "functools.cached_property": "property",
    "abc.abstractproperty": "property",
}


def define_function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`def`."""
    defaults = tuple(expressions.evaluate(machine, one) for one in node.args.defaults)
    keyword_defaults = tuple(
        (one.arg, expressions.evaluate(machine, default))
        for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    )
    for value in (*defaults, *(value for _, value in keyword_defaults)):
        if isinstance(value, Ref):
            machine.defaults[value.location] = node.name
    plain = Function(node, machine.here, fresh_number(), defaults, keyword_defaults)
    made: Value = plain
    machine.created[id(node)] = machine.raw[id(node)] = plain
    name = node.name
    for decorator in reversed(node.decorator_list):
        if isinstance(decorator, ast.Attribute) and decorator.attr in {"setter", "deleter"}:
            name = f"{node.name}.{decorator.attr}"
            continue
        made = _decorate(machine, decorator, made)
    machine.created[id(node)] = made
    if name != node.name:
        machine.store.set((machine.here.identity, name), made)
        return True
    assignment.bind(machine, name, made)
    return True


def _decorate(machine: Machine, node: ast.expr, function: Value) -> Value:
    """What a decorator makes of a function or class."""
    called = node.func if isinstance(node, ast.Call) else node
    target = expressions.evaluate(machine, called)
    dotted = _library_name(machine, target)
    if dotted is not None:
        return _decorate_by_library(machine, dotted, function)
    if isinstance(target, (Thing, Method)):
        if isinstance(node, ast.Call):
            for one in node.args:
                expressions.evaluate(machine, one)
        return function
    decorator = expressions.evaluate(machine, node) if isinstance(node, ast.Call) else target
    if isinstance(decorator, (Thing, Method, Const)):
        return function
    inner = _library_name(machine, decorator)
    if inner is not None:
        return _decorate_by_library(machine, inner, function)
    try:
        made = calls.call(machine, decorator, calls.Arguments([function]), node)
    except UnreachableError:
        return function
    # A decorator that cannot be followed is taken for one that calls what it decorates.
    return function if isinstance(made, Thing) or made == Const(None) else made


def _library_name(machine: Machine, value: Value) -> str | None:
    if isinstance(value, Name):
        return machine.library.canonical(value.dotted)
    if isinstance(value, Method) and isinstance(value.receiver, Name):
        return machine.library.canonical(f"{value.receiver.dotted}.{value.name}")
    if isinstance(value, Partial):
        return _library_name(machine, value.callee)
    return None


def _decorate_by_library(machine: Machine, dotted: str, function: Value) -> Value:
    if isinstance(function, Class):
        return replace(function, is_data=True) if dotted in _DATA else function
    if not isinstance(function, Function):
        return function
    if dotted in _BINDINGS:
        return replace(function, binding=_BINDINGS[dotted])
    rows = machine.library.decorators.get(dotted, ())
    for row in rows:
        if row.decoration is Decoration.CACHE:
            return replace(function, decorations=function.decorations | {"cache"})
        if row.decoration is Decoration.CONTEXT_MANAGER:
            return replace(function, decorations=function.decorations | {"context manager"})
        if row.decoration is Decoration.EVENT_OBJECT and row.type:
            return replace(function, decorations=function.decorations | {f"event:{row.type}"})
    return function


def define_class(machine: Machine, node: ast.ClassDef) -> bool:
    """`class`."""
    bases = tuple(
        expressions.evaluate(machine, base) for base in node.bases if not isinstance(base, ast.Starred)
    )
    keywords = {one.arg: expressions.evaluate(machine, one.value) for one in node.keywords if one.arg}
    binding = names.read_bindings(node.body)
    scope = Scope(
        fresh_number(), machine.here, machine.here.file, binding.local, is_class=True, outer=binding.outer
    )
    location = fresh_number()
    fields = tuple(
        one.target.id
        for one in node.body
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and not ast.unparse(one.annotation).startswith(("ClassVar", "typing.ClassVar"))
    )
    made = Class(location, node.name, scope, bases, node, False, fields)
    machine.store.set(location, Table(kind="class"))
    metaclass = keywords.pop("metaclass", None)
    if isinstance(metaclass, Class):
        machine.store.set((location, attributes.METACLASS), metaclass)
    with machine.within(scope):
        statements.run_block(machine, node.body)
    entries: dict[str, Value] = {}
    for name in sorted(binding.local):
        for key in (name, f"{name}.setter"):
            value = machine.store.value((scope.identity, key))
            if isinstance(value, Function):
                value = replace(value, owner=made)
            if value is not None:
                entries[key] = value
    machine.store.set(location, Table(by_name(entries), kind="class"))
    if attributes.is_enum(machine, made):
        entries = {name: _member(machine, made, name, value) for name, value in entries.items()}
        machine.store.set(location, Table(by_name(entries), kind="class"))
    for name, value in entries.items():
        attributes.call_special(machine, value, "__set_name__", [made, Const(name)], node)
    hook = next(
        (
            found[0]
            for base in bases
            if isinstance(base, Class)
            for found in [attributes.find_in_class(machine, base, "__init_subclass__")]
            if found is not None
        ),
        None,
    )
    if hook is not None:
        calls.call(machine, hook, calls.Arguments([made], keywords), node)
    decorated: Value = made
    for decorator in reversed(node.decorator_list):
        decorated = _decorate(machine, decorator, decorated)
    assignment.bind(machine, node.name, decorated)
    machine.created[id(node)] = decorated
    return True


def _member(machine: Machine, cls: Class, name: str, value: Value) -> Value:
    if name.startswith("_") or isinstance(value, (Function, Class)) or "." in name:
        return value
    table = Table({"name": Const(name), "value": value}, kind="object")
    return machine.allocate(table, "object", cls)
