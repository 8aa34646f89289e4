"""Code that the program makes of constant texts: `exec("…")` and `eval("…")` are read as if they stood there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint.values import NONE, Const, Ref, Scope, alternatives, fresh_number

if TYPE_CHECKING:
    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_MAX_TEXT = 20_000


def run(machine: Machine, arguments: Arguments, node: ast.AST | None, *, is_expression: bool) -> Value | None:
    """What `eval` or `exec` makes of a constant text; None where it is none, or no Python."""
    text = arguments.get(0)
    if not isinstance(text, Const) or not isinstance(text.value, (str, bytes)) or node is None:
        return None
    tree = _parse(machine, text.value, node, is_expression=is_expression)
    if tree is None:
        return None
    given = arguments.get(1)
    names = next((one for one in alternatives(given) if isinstance(one, Ref)), None) if given else None
    scope = machine.here
    if names is not None:
        scope = Scope(fresh_number(), None, machine.here.file, frozenset(), is_module=True)
        table = machine.table(names)
        for key, value in table.entries.items() if table is not None else ():
            machine.store.set((scope.identity, key), value)
    from dayfly.scan.taint import expressions, items, statements
    from dayfly.scan.taint import names as bindings

    with machine.within(scope):
        if isinstance(tree, ast.Expression):
            return expressions.evaluate(machine, tree.body)
        statements.run_block(machine, tree.body)
        if names is not None:
            for name in sorted(bindings.read_bindings(tree.body).local):
                made = machine.store.value((scope.identity, name))
                if made is not None:
                    items.set_item(machine, names, Const(name), made, None, is_new=True)
    return NONE


def _parse(
    machine: Machine, text: str | bytes, node: ast.AST, *, is_expression: bool
) -> ast.Expression | ast.Module | None:
    if len(text) > _MAX_TEXT:
        return None
    key = (id(node), text)
    if key not in machine.texts:
        machine.texts[key] = _read(text, node, is_expression=is_expression)
    return machine.texts[key]


def _read(text: str | bytes, node: ast.AST, *, is_expression: bool) -> ast.Expression | ast.Module | None:
    try:
        tree = ast.parse(text.strip(), mode="eval") if is_expression else ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # Nothing of it has a place in a file but the call that runs it.
    for one in ast.walk(tree):
        if isinstance(one, (ast.expr, ast.stmt, ast.excepthandler, ast.pattern)):
            ast.copy_location(one, node)
    return tree if isinstance(tree, (ast.Expression, ast.Module)) else None
