"""Binds values to names, attributes, items and patterns of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import attributes, effects, expressions, items, names, promises
from dayfly.scan.taint.values import Const, Scope, add_step, map_taint

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def bind(
    machine: Machine, name: str, value: Value, scope: Scope | None = None, node: ast.AST | None = None
) -> None:
    """`name = value`."""
    here = scope or machine.here
    target = names.target_scope(here, name)
    if target.is_module and here is not target and here.outer.get(name) == "global" and node is not None:
        effects.record_global(machine, target, name, value, node)
    machine.store.set((target.identity, name), value)


def assign(machine: Machine, target: ast.expr, value: Value, node: ast.AST) -> None:
    """`target = value`."""
    machine.tick()
    if isinstance(target, (ast.Name, ast.Attribute)):
        promises.check(machine, target.id if isinstance(target, ast.Name) else target.attr, value, node)
    if isinstance(target, ast.Name):
        if machine.recorder is not None and machine.taint_of(value, is_shallow=True):
            step = machine.step(node)
            value = map_taint(value, lambda taint: add_step(taint, step))
        bind(machine, target.id, value, None, node)
    elif isinstance(target, ast.Attribute):
        holder = expressions.evaluate(machine, target.value)
        attributes.set_attribute(machine, holder, target.attr, value, node)
    elif isinstance(target, ast.Subscript):
        holder = expressions.evaluate(machine, target.value)
        if isinstance(target.slice, ast.Slice):
            taint = machine.taint_of(value)
            from dayfly.scan.taint.values import Thing

            items.set_item(machine, holder, Thing("int"), Thing("", taint), node)
        else:
            items.set_item(machine, holder, expressions.evaluate(machine, target.slice), value, node)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value, node)
    elif isinstance(target, (ast.Tuple, ast.List)):
        stars = [index for index, one in enumerate(target.elts) if isinstance(one, ast.Starred)]
        parts = items.spread(machine, value, len(target.elts), stars[0] if stars else None)
        for one, part in zip(target.elts, parts, strict=False):
            assign(machine, one, part, node)


def delete(machine: Machine, target: ast.expr) -> None:
    """`del target`."""
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
        holder = expressions.evaluate(machine, target.value)
        key = expressions.evaluate(machine, target.slice)
        effects.record_change(machine, holder, None, target, key)
        items.delete_item(machine, holder, key)
    elif isinstance(target, ast.Attribute):
        holder = expressions.evaluate(machine, target.value)
        attributes.set_attribute(machine, holder, target.attr, Const(None), target)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            delete(machine, one)
