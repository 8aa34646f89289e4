"""Names that are looked up by their spelling: `globals()`, `vars(module)`, `sys.modules`, modules imported by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import modules, names
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.values import Class, Const, Module, Name, Ref, Thing, alternatives

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

KIND = "dayfly.Namespace"


def of(machine: Machine, holder: Value) -> Value | None:
    """`holder.__dict__`: what is written there is an attribute; None for what has none."""
    if isinstance(holder, (Name, Module)):
        return Thing(KIND, origin=(holder,))
    if isinstance(holder, Ref) and holder.kind == "object":
        return Ref(holder.location, "dict")
    if isinstance(holder, Class):
        return Ref(holder.location, "dict")
    return None


def of_module(machine: Machine) -> Value:
    """`globals()`."""
    scope = names.module_scope(machine.here)
    return Thing(KIND, origin=(Module(scope.file, scope.file.path),))


def of_function(machine: Machine) -> Value:
    """`locals()`; at the top of a module the same as `globals()`."""
    if machine.here.is_module:
        return of_module(machine)
    return machine.new_dict(dict(machine.module_names(machine.here)))


def get(machine: Machine, namespace: Thing, key: Value) -> Value:
    """`namespace[key]`: one attribute where the key is known, else any."""
    from dayfly.scan.taint import attributes

    holder = namespace.origin[0]
    found: list[Value] = []
    for one in alternatives(key):
        if isinstance(one, Const) and isinstance(one.value, str):
            found.append(attributes.get_attribute(machine, holder, one.value))
        elif isinstance(holder, Module):
            found += [value for _, value in machine.module_names(modules.load(machine, holder.file))]
        else:
            found.append(Thing("", machine.taint_of(one)))
    return join_all(found) if found else Thing()


def put(machine: Machine, namespace: Thing, key: Value, value: Value, node: ast.AST | None) -> None:
    """`namespace[key] = value`."""
    from dayfly.scan.taint import attributes

    for one in alternatives(key):
        if isinstance(one, Const) and isinstance(one.value, str) and node is not None:
            attributes.set_attribute(machine, namespace.origin[0], one.value, value, node)


def call(
    machine: Machine, namespace: Thing, name: str, arguments: Arguments, node: ast.AST | None
) -> Value | None:
    """A method of a namespace."""
    key = arguments.get(0)
    if name in {"get", "__getitem__", "setdefault", "pop"} and key is not None:
        return get(machine, namespace, key)
    if name in {"__setitem__", "setdefault"} and key is not None:
        value = arguments.get(1)
        if value is not None:
            put(machine, namespace, key, value, node)
        return Const(None)
    if name == "update":
        given = dict(arguments.keywords)
        table = machine.table(key) if key is not None else None
        if table is not None:
            given.update({one: value for one, value in table.entries.items() if isinstance(one, str)})
        for one, value in given.items():
            put(machine, namespace, Const(one), value, node)
        return Const(None)
    holder = namespace.origin[0]
    if isinstance(holder, Module):
        from dayfly.scan.taint import methods

        found = machine.module_names(modules.load(machine, holder.file))
        return methods.call_method(machine, machine.new_dict(dict(found)), name, arguments, node)
    return None


def import_by_name(
    machine: Machine, name: Value | None, package: Value | None = None, *, is_top: bool = False
) -> Value | None:
    """`importlib.import_module("…")`, `__import__("…")` and `sys.modules["…"]`, where the name is known."""
    if not isinstance(name, Const) or not isinstance(name.value, str) or machine.file is None:
        return None
    dotted = name.value
    if not dotted.startswith("."):
        return modules.find(machine, dotted, is_top=is_top) if dotted else None
    # Relative to a package, which is nearly always the file's own.
    around = package.value if isinstance(package, Const) else None
    own = machine.file.module if machine.file.is_package else machine.file.module.rpartition(".")[0]
    inner = dotted.lstrip(".")
    level = len(dotted) - len(inner)
    if around in (own, machine.file.module):
        file = machine.project.imports.find_relative(level, inner, seen_from=machine.file)
        return modules.of_file(machine, file)
    if isinstance(around, str) and level == 1:
        return modules.find(machine, f"{around}.{inner}")
    return None
