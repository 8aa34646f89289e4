"""Which names a function or class body binds, and what a name means where it is used."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.taint.values import Name, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


@dataclass(frozen=True, slots=True)
class Binding:
    """What a body binds and declares, and whether it is a generator."""

    local: frozenset[str]
    outer: Mapping[str, str]
    is_generator: bool


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def read_bindings(body: Iterable[ast.AST], parameters: Iterable[str] = ()) -> Binding:
    """The names that a body binds itself; bodies of inner functions are their own."""
    local: set[str] = set(parameters)
    outer: dict[str, str] = {}
    is_generator = False
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            local.add(node.name)
            pending.extend(node.decorator_list)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                local.add(node.id)
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            kind = "global" if isinstance(node, ast.Global) else "nonlocal"
            outer.update(dict.fromkeys(node.names, kind))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            local.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            local.add(node.name)
        elif isinstance(node, (ast.Yield, ast.YieldFrom)):
            is_generator = True
        elif isinstance(node, ast.MatchAs | ast.MatchStar):
            if node.name:
                local.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            local.add(node.rest)
        pending.extend(ast.iter_child_nodes(node))
    return Binding(frozenset(local - set(outer)), outer, is_generator)


def parameter_names(arguments: ast.arguments) -> list[str]:
    """All parameters in order."""
    found = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg:
        found.append(arguments.vararg.arg)
    found += [one.arg for one in arguments.kwonlyargs]
    if arguments.kwarg:
        found.append(arguments.kwarg.arg)
    return found


_BINDINGS: dict[int, tuple[ast.AST, Binding]] = {}


def function_bindings(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Binding:
    """As `read_bindings`, remembered per function."""
    known = _BINDINGS.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    made = read_bindings(body, parameter_names(node.args))
    if len(_BINDINGS) > 50_000:
        _BINDINGS.clear()
    _BINDINGS[id(node)] = (node, made)
    return made


def module_scope(scope: Scope) -> Scope:
    """The module that a scope lies in."""
    one = scope
    while not one.is_module and one.parent is not None:
        one = one.parent
    return one


def target_scope(scope: Scope, name: str) -> Scope:
    """The scope in which an assignment to `name` binds it."""
    declared = scope.outer.get(name)
    if declared == "global":
        return module_scope(scope)
    if declared == "nonlocal":
        one = scope.parent
        while one is not None and not one.is_module:
            if not one.is_class and name in one.local:
                return one
            one = one.parent
    return scope


def look_up(machine: Machine, scope: Scope, name: str) -> Value:
    """What a name means; a name that nothing binds is a built-in's or unknown, by that name."""
    one: Scope | None = target_scope(scope, name)
    is_first = True
    while one is not None:
        if is_first or not one.is_class:
            value = machine.store.value((one.identity, name))
            if value is not None:
                return value
        one, is_first = one.parent, False
    if name == "__builtins__":
        return Name("builtins")
    replaced = machine.store.value(("builtins", name))
    if replaced is not None:
        return replaced  # `builtins.int = str`
    if name not in _BUILT_IN:
        machine.risks += 1  # a name that nothing binds
    return Name(name)


_BUILT_IN = frozenset(dir(builtins))
