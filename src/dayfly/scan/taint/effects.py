"""What outlives the invocation: changes of what is older than the handler's call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint.results import EffectKind
from dayfly.scan.taint.values import Class, Name, Ref, Thing

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Scope, Taint, Value


def record_change(
    machine: Machine,
    holder: Value,
    value: Value | None,
    node: ast.AST,
    key: Value | None = None,
    attribute: str = "",
) -> None:
    """A container, an object or a class is changed, or `os.environ` is."""
    recorder = machine.recorder
    if recorder is None:
        return
    taint: Taint = () if value is None else machine.taint_of(value)
    key_taint: Taint = () if key is None else machine.taint_of(key)
    if isinstance(holder, Name):
        if holder.dotted == "os.environ":
            recorder.add_effect(
                machine, EffectKind.ENVIRONMENT, f"os.environ{_key(key)}", node, taint, key_taint
            )
        return
    if isinstance(holder, Thing):
        return
    location = holder.location if isinstance(holder, (Ref, Class)) else 0
    if not location or not machine.is_old(location):
        return
    if location in machine.defaults:
        recorder.add_effect(
            machine, EffectKind.DEFAULT_STATE, machine.defaults[location], node, taint, key_taint
        )
    elif isinstance(holder, Class):
        target = f"{holder.name}.{attribute}" if attribute else holder.name
        recorder.add_effect(machine, EffectKind.CLASS_STATE, target, node, taint, key_taint)
    else:
        name, is_class = name_of(machine, location)
        if not name and isinstance(holder, Ref) and holder.kind == "object":
            name = holder.cls.name if holder.cls is not None else ""
        suffix = f".{attribute}" if attribute else _key(key)
        kind = EffectKind.CLASS_STATE if is_class or attribute else EffectKind.MODULE_STATE
        recorder.add_effect(machine, kind, f"{name}{suffix}", node, taint, key_taint)


def record_global(machine: Machine, scope: Scope, name: str, value: Value, node: ast.AST) -> None:
    """A name of a module is bound from within a function."""
    if machine.recorder is None:
        return
    machine.recorder.add_effect(
        machine, EffectKind.MODULE_STATE, f"{scope.file.module}.{name}", node, machine.taint_of(value), ()
    )


def name_of(machine: Machine, location: int) -> tuple[str, bool]:
    """The name under which an older object is reached, and whether that is an attribute of a class."""
    for scope in machine.scopes.values():
        for key, cell in machine.module_names(scope):
            if isinstance(cell, Ref) and cell.location == location:
                return f"{scope.file.module}.{key}", False
            if isinstance(cell, Class):
                table = machine.store.get(cell.location)
                entries = getattr(table, "entries", {})
                for attribute, value in entries.items():
                    if isinstance(value, Ref) and value.location == location:
                        return f"{cell.name}.{attribute}", True
    return "", False


def _key(key: Value | None) -> str:
    from dayfly.scan.taint.values import Const

    return f"[{key.value!r}]" if isinstance(key, Const) and isinstance(key.value, (str, int)) else ""
