"""One scope: which names are bound to what, which attributes and keys are stored, what is called."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from dayfly.scan.source.project import PythonFile

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"

# Lambda extensions of AWS that answer on loopback with the function's role: secrets, parameters, configuration.
_EXTENSION = re.compile(r"/secretsmanager/get\b|/systemsmanager/parameters/get\b|localhost:2772")


class How(Enum):
    """What a binding takes of its expression."""

    WHOLE = auto()
    ITEM = auto()  # by position: unpacking
    ELEMENT = auto()  # iteration
    ENTERED = auto()  # with
    ADDED = auto()  # += and the like
    IMPORT = auto()
    FROM = auto()
    FUNCTION = auto()
    CLASS = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One way a name gets its value."""

    how: How
    node: ast.AST
    name: str = ""  # of what is imported
    index: int = 0


@dataclass(eq=False, slots=True)
class Scope:
    """The body of a module, class or function, without those within it."""

    file: PythonFile
    node: ast.AST
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    # name[key] = value, name.append(value), name.update(value)
    stores: dict[str, list[tuple[ast.expr | None, ast.expr]]] = field(default_factory=dict)
    attributes: list[tuple[ast.Attribute, ast.expr, How]] = field(default_factory=list)
    outer: set[str] = field(default_factory=set)  # global and nonlocal
    calls: list[ast.Call] = field(default_factory=list)
    loads: list[ast.Attribute] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)
    results: list[ast.expr] = field(default_factory=list)  # returned
    yields: list[ast.expr] = field(default_factory=list)
    functions: list[Definition] = field(default_factory=list)
    classes: list[ast.ClassDef] = field(default_factory=list)
    iterations: list[ast.expr] = field(default_factory=list)
    strings: list[ast.Constant] = field(default_factory=list)
    is_dynamic: bool = False  # looks up attributes by a name that is not constant


def bind(scope: Scope, name: str, binding: Binding) -> None:
    scope.bindings.setdefault(name, []).append(binding)


def _target(scope: Scope, target: ast.expr, value: ast.expr, how: How, index: int = 0) -> None:
    match target:
        case ast.Name():
            bind(scope, target.id, Binding(how, value, index=index))
        case ast.Starred():
            _target(scope, target.value, value, How.WHOLE)
        case ast.Tuple() | ast.List():
            for position, element in enumerate(target.elts):
                same_shape = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
                if how is How.WHOLE and same_shape:
                    _target(scope, element, value.elts[position], How.WHOLE)  # type: ignore[attr-defined]
                elif how is How.ENTERED or how is How.WHOLE:
                    _target(scope, element, value, How.ITEM, position)
                else:
                    _target(scope, element, value, how, position)
        case ast.Attribute():
            scope.attributes.append((target, value, how))
        case ast.Subscript(value=ast.Name(id=name)):
            scope.stores.setdefault(name, []).append((target.slice, value))
        case _:
            pass


def record(scope: Scope, node: ast.AST) -> None:
    match node:
        case ast.Assign():
            for target in node.targets:
                _target(scope, target, node.value, How.WHOLE)
        case ast.AnnAssign() if node.value is not None:
            _target(scope, node.target, node.value, How.WHOLE)
        case ast.AugAssign():
            _target(scope, node.target, node.value, How.ADDED)
        case ast.NamedExpr():
            _target(scope, node.target, node.value, How.WHOLE)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            _target(scope, node.target, node.iter, How.ELEMENT)
            scope.iterations.append(node.iter)
        case ast.withitem() if node.optional_vars is not None:
            _target(scope, node.optional_vars, node.context_expr, How.ENTERED)
        case ast.Import():
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                module = alias.name if alias.asname else alias.name.split(".")[0]
                bind(scope, name, Binding(How.IMPORT, node, module))
        case ast.ImportFrom():
            for alias in node.names:
                bind(scope, alias.asname or alias.name, Binding(How.FROM, node, alias.name))
        case ast.Global() | ast.Nonlocal():
            scope.outer.update(node.names)
        case ast.Return() if node.value is not None:
            scope.results.append(node.value)
        case ast.Yield() if node.value is not None:
            scope.yields.append(node.value)
        case ast.YieldFrom():
            scope.yields.append(node.value)
        case ast.Call():
            _record_call(scope, node)
        case ast.Attribute():
            scope.mentions.add(node.attr)
            if isinstance(node.ctx, ast.Load):
                scope.loads.append(node)
        case ast.Name():
            scope.mentions.add(node.id)
        case ast.Constant() if isinstance(node.value, str) and _EXTENSION.search(node.value):
            scope.strings.append(node)
        case _:
            pass


def _record_call(scope: Scope, node: ast.Call) -> None:
    scope.calls.append(node)
    match node.func:
        case ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "appendleft") if node.args:
            scope.stores.setdefault(name, []).append((None, node.args[0]))
        case ast.Attribute(value=ast.Name(id=name), attr="setdefault") if len(node.args) == 2:
            scope.stores.setdefault(name, []).append((node.args[0], node.args[1]))
        case ast.Attribute(value=ast.Name(id=name), attr="update"):
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    pairs = zip(argument.keys, argument.values, strict=True)
                    scope.stores.setdefault(name, []).extend((k, v) for k, v in pairs if k is not None)
            for keyword in node.keywords:
                if keyword.arg:
                    key = ast.copy_location(ast.Constant(keyword.arg), keyword.value)
                    scope.stores.setdefault(name, []).append((key, keyword.value))
        case ast.Name(id="getattr") if len(node.args) > 1:
            named = node.args[1]
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                scope.mentions.add(named.value)
            else:
                scope.is_dynamic = True
        case _:
            pass
