"""Answers questions about the function's own source from its syntax tree; runs none of it."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Maker:
    """A function that assigns a module's global name."""

    name: str
    where: str
    takes_arguments: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement inside a function: its `sketch` has no arguments and no texts, it `binds` a name and `uses` others.

    `can_move`: it makes an object from nothing but names of the module, or from local ones that are made so, and
    would make the same one at init.
    """

    function: str
    sketch: str
    can_move: bool
    binds: str
    uses: frozenset[str]


class Source:
    """The modules of one package folder, parsed when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trees: dict[str, tuple[str, ast.Module] | None] = {}

    def line_of(self, name: str) -> str:
        """Return `file:line` where `module.attribute` is first bound, "" where unknown."""
        found = self._find(name)
        if found is None:
            return ""
        path, tree, parts = found
        body: list[ast.stmt] = tree.body
        for part in parts[:-1]:
            owner = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == part), None)
            if owner is None:
                # An attribute of an object: the line that binds the object.
                return _line(path, _binding(body, part))
            body = owner.body
        return _line(path, _binding(body, parts[-1]))

    def maker_of(self, name: str) -> Maker | None:
        """Return the only module-level function that assigns `module.attribute` by `global`, if one does."""
        found = self._find(name)
        if found is None or len(found[2]) != 1:
            return None
        path, tree, (attribute,) = found
        makers = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _assigns(node, attribute)
        ]
        if len(makers) != 1:
            return None
        only = makers[0]
        is_callable = isinstance(only, ast.FunctionDef) and not _needs_arguments(only.args)
        return Maker(only.name, f"{path}:{only.lineno}", not is_callable)

    def function(self, name: str) -> Maker | None:
        """Return `module.function` itself, where it is a function at the module's top level."""
        found = self._find(name)
        if found is None or len(found[2]) != 1:
            return None
        path, tree, (function,) = found
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == function:
                return Maker(function, f"{path}:{node.lineno}", _needs_arguments(node.args))
        return None

    def statement(self, where: str, types: Mapping[str, str]) -> Statement | None:
        """Return the innermost simple statement of a function at `file:line`; `types` are those of the function's names.

        None where there is none, or the file cannot be read.
        """
        path, _, line = where.rpartition(":")
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        known = self._find(".".join([*parts, "_"]))
        if known is None or known[0] != path:
            return None
        function = _innermost(known[1], int(line))
        if function is None:
            return None
        node = next(
            (
                one
                for one in ast.walk(function)
                if isinstance(one, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return | ast.withitem)
                and _spans(one, int(line))
            ),
            None,
        )
        if node is None:
            return None
        is_made = _is_made_of(node, function, known[1]) and _is_object(node, types)
        names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
        return Statement(
            function=function.name,
            sketch=_sketch(node),
            can_move=is_made,
            binds=next((one.id for one in names if isinstance(one.ctx, ast.Store)), ""),
            uses=frozenset(one.id for one in names if isinstance(one.ctx, ast.Load)),
        )

    def _find(self, name: str) -> tuple[str, ast.Module, list[str]] | None:
        """Return path, tree and the names after the module of the longest module that `name` begins with."""
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:count])
            if module not in self._trees:
                self._trees[module] = self._parse(parts[:count])
            known = self._trees[module]
            if known is not None:
                return known[0], known[1], parts[count:]
        return None

    def _parse(self, parts: list[str]) -> tuple[str, ast.Module] | None:
        base = self._folder.joinpath(*parts)
        for path in (base.with_name(base.name + ".py"), base / "__init__.py"):
            try:
                tree = ast.parse(path.read_bytes())
            except (OSError, SyntaxError, ValueError):
                continue
            return str(path.relative_to(self._folder)), tree
        return None


_Function = ast.FunctionDef | ast.AsyncFunctionDef
# What objects without resources are made of: making those at init would save nothing, or keep what has to be new.
_PLAIN_MODULES = ("builtins", "_io", "io", "datetime", "decimal", "uuid", "collections")
_MAX_SKETCH = 60


def _spans(node: ast.AST, line: int) -> bool:
    inner = node.context_expr if isinstance(node, ast.withitem) else node
    return getattr(inner, "lineno", line + 1) <= line <= (getattr(inner, "end_lineno", None) or 0)


def _innermost(tree: ast.Module, line: int) -> _Function | None:
    found = [node for node in ast.walk(tree) if isinstance(node, _Function) and _spans(node, line)]
    return max(found, key=lambda node: node.lineno, default=None)


def _is_made_of(node: ast.AST, function: _Function, tree: ast.Module) -> bool:
    """Say whether a statement binds one name to what a call makes of names that the module has after init."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is None or not any(isinstance(inner, ast.Call) for inner in ast.walk(value)):
        return False
    if any(isinstance(inner, ast.Await | ast.Yield | ast.NamedExpr) for inner in ast.walk(value)):
        return False
    local = {inner.arg for inner in ast.walk(function.args) if isinstance(inner, ast.arg)}
    made: dict[str, list[ast.Assign]] = {}
    for inner in ast.walk(function):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            local.add(inner.id)
        if (
            isinstance(inner, ast.Assign)
            and len(inner.targets) == 1
            and isinstance(inner.targets[0], ast.Name)
        ):
            made.setdefault(inner.targets[0].id, []).append(inner)
    declared = {name for inner in ast.walk(function) if isinstance(inner, ast.Global) for name in inner.names}
    known = _names_of(tree.body) | set(dir(builtins))

    def is_fixed(expression: ast.AST, depth: int) -> bool:
        for inner in ast.walk(expression):
            if not isinstance(inner, ast.Name) or not isinstance(inner.ctx, ast.Load):
                continue
            if inner.id in local - declared:
                sources = made.get(inner.id, [])
                if len(sources) != 1 or not depth or not is_fixed(sources[0].value, depth - 1):
                    return False
            elif inner.id not in known:
                return False
        return True

    return is_fixed(value, 3)


def _names_of(body: list[ast.stmt]) -> set[str]:
    """Return the names that a module's own statements bind."""
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, _Function | ast.ClassDef):
            names.add(statement.name)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.alias):
                names.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names


def _is_object(node: ast.AST, types: Mapping[str, str]) -> bool:
    """Say whether the name that a statement binds is an object of some library, and no plain data."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return False
    kind = types.get(targets[0].id, "")
    return bool(kind) and kind.rpartition(".")[0] not in _PLAIN_MODULES


class _Elided(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.args = [ast.Name("…")] if node.args or node.keywords else []
        node.keywords = []
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Name("…") if isinstance(node.value, str | bytes) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name("…")


def _sketch(node: ast.AST) -> str:
    """Return the statement in one line, without arguments and texts: they may be secrets."""
    copied = _Elided().visit(
        ast.parse(
            ast.unparse(node) if not isinstance(node, ast.withitem) else f"with {ast.unparse(node)}: ..."
        )
    )
    text = " ".join(ast.unparse(copied).removesuffix("...").split())
    return text if len(text) <= _MAX_SKETCH else text[: _MAX_SKETCH - 1] + "…"


def _binding(body: list[ast.stmt], name: str) -> ast.AST | None:
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return node
        pending += reversed(list(ast.iter_child_nodes(node)))
    return None


def _line(path: str, node: ast.AST | None) -> str:
    return f"{path}:{node.lineno}" if isinstance(node, ast.Name) else ""


def _assigns(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    is_global = any(isinstance(node, ast.Global) and name in node.names for node in ast.walk(function))
    return is_global and any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
        for node in ast.walk(function)
    )


def _needs_arguments(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    keywords = sum(default is None for default in arguments.kw_defaults)
    return positional > 0 or keywords > 0
