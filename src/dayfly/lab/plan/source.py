"""Answers questions about the function's own source from its syntax tree; runs none of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Maker:
    """A function that assigns a module's global name."""

    name: str
    where: str
    takes_arguments: bool


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
