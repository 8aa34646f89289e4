"""Lists the imports that lead to nothing that was scanned: what they do with an event is not followed."""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.source.imports import STANDARD, NamespacePackage, absolute_name
from dayfly.scan.template.looks import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from dayfly.scan.source.project import Project, PythonFile

_VERSION = "imports 1"
_MOST_PLACES = 20  # of one module
_HINT = "its code is not analysed: scan a folder that contains it (and its layers), or declare its package"
# An import under these handlers may fail.
_HANDLED = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class _Import:
    """One imported name.

    `attempt` is the line of the `try` that it stands in, 0 without one; `is_fallback` says that it is in its `except`.
    """

    level: int
    module: str
    name: str  # of `from module import name`
    line: int
    column: int
    attempt: int = 0
    is_fallback: bool = False


class _Kind(Enum):
    """Where an import leads."""

    KNOWN = "known"  # a file of the project, or the standard library
    THIRD_PARTY = "third-party"
    MISSING = "missing"


def list_missing(project: Project, *, memory: MutableMapping[str, str]) -> Iterator[Note]:
    """A note at every import of a module that nothing has, and one that names the third-party packages.

    `memory` holds what a file imports, by its content. Tests are left out: no event reaches them.
    """
    packages: set[str] = set()
    places: dict[tuple[str, str], list[Place]] = {}
    for file in project.own_files():
        if is_test(file.path):
            continue
        found = [(one, *_classify(project, file, one)) for one in _remembered(file, memory)]
        failed = Counter(
            one.attempt for one, kind, _ in found if kind is _Kind.MISSING and not one.is_fallback
        )
        works = {one.attempt for one, kind, _ in found if kind is not _Kind.MISSING and one.is_fallback}
        for one, kind, name in found:
            if kind is _Kind.THIRD_PARTY:
                packages.add(name.partition(".")[0])
            # The other branch of the `try` is there.
            is_spare = one.attempt and (not failed[one.attempt] if one.is_fallback else one.attempt in works)
            if kind is _Kind.MISSING and not is_spare:
                place = Place(file.path, one.line, one.column)
                places.setdefault((name, _reason(project, file, name)), []).append(place)
    for (name, reason), all_places in sorted(places.items()):
        shown = sorted(dict.fromkeys(all_places))
        more = (
            f" ({len(shown)} imports, the first {_MOST_PLACES} are listed)"
            if len(shown) > _MOST_PLACES
            else ""
        )
        for place in shown[:_MOST_PLACES]:
            yield Note(NoteKind.NOT_RESOLVED, f"imports {name}: {reason}{more}", place, _HINT)
    if packages:
        yield Note(NoteKind.THIRD_PARTY, ", ".join(sorted(packages, key=str.lower)), Place(""))


def _reason(project: Project, file: PythonFile, name: str) -> str:
    top = name.partition(".")[0]
    if "." in name and project.imports.find(top, seen_from=file) is not None:
        return f"{top} is in the scanned path, but it has no such module"
    if project.imports.is_ambiguous(top):
        return "a module of the project and a third-party package have this name: it was not analysed"
    return "the scanned path has no such module, and no dependency file lists it"


def _classify(project: Project, file: PythonFile, one: _Import) -> tuple[_Kind, str]:
    """Where an import leads, and the module's name."""
    imports = project.imports
    shown = absolute_name(file, ast.ImportFrom(module=one.module or None, names=[], level=one.level))
    package = imports.find_relative(one.level, one.module, seen_from=file)
    if package is not None:
        if package.is_dependency:
            return _Kind.THIRD_PARTY, shown
        is_bound = not isinstance(package, NamespacePackage) or one.name in ("", "*")
        if is_bound or imports.find_child(package, one.name) is not None:
            return _Kind.KNOWN, shown
        # A folder of the project may have the name of a package.
        is_foreign = not one.level and shown.partition(".")[0].lower() in project.declared
        return _Kind.THIRD_PARTY if is_foreign else _Kind.MISSING, f"{shown}.{one.name}".lstrip(".")
    if one.level:
        return _Kind.MISSING, shown
    top = shown.partition(".")[0]
    if top in STANDARD or top == "__main__":
        return _Kind.KNOWN, shown
    found = imports.find(top, seen_from=file)
    is_own = found is not None and not found.is_dependency and not isinstance(found, NamespacePackage)
    if found is not None and found.is_dependency:
        return _Kind.THIRD_PARTY, shown
    is_foreign = top.lower() in project.declared or top.lower() in project.well_known
    if is_foreign and not is_own and not imports.is_ambiguous(top):
        return _Kind.THIRD_PARTY, shown
    return _Kind.MISSING, shown


def _remembered(file: PythonFile, memory: MutableMapping[str, str]) -> list[_Import]:
    key = f"{_VERSION} {hashlib.sha256(file.data).hexdigest()}"
    if key not in memory:
        tree = file.tree
        found = list(_read(tree.body)) if tree is not None else []
        memory[key] = json.dumps(
            [
                [one.level, one.module, one.name, one.line, one.column, one.attempt, one.is_fallback]
                for one in found
            ]
        )
        file.forget()
    return [_Import(*row) for row in json.loads(memory[key])]


def _read(body: list[ast.stmt]) -> Iterator[_Import]:
    """The imports of a module that may run, those of its functions too."""
    waiting: list[tuple[ast.AST, int, bool]] = [(node, 0, False) for node in body]
    while waiting:
        node, attempt, is_fallback = waiting.pop()
        if isinstance(node, ast.If) and _is_for_types(node.test):
            waiting += [(one, attempt, is_fallback) for one in node.orelse]
            continue
        if isinstance(node, ast.Try) and any(_is_handled(one) for one in node.handlers):
            waiting += [(one, node.lineno, False) for one in node.body]
            waiting += [(one, node.lineno, True) for handler in node.handlers for one in handler.body]
            waiting += [(one, attempt, is_fallback) for one in (*node.orelse, *node.finalbody)]
            continue
        if isinstance(node, ast.expr):
            yield from (replace(one, attempt=attempt, is_fallback=is_fallback) for one in _called(node))
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                is_from = isinstance(node, ast.ImportFrom)
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                level = node.level if isinstance(node, ast.ImportFrom) else 0
                name = alias.name if is_from else ""
                yield _Import(level, module, name, node.lineno, node.col_offset + 1, attempt, is_fallback)
        waiting += [(one, attempt, is_fallback) for one in ast.iter_child_nodes(node)]


def _called(node: ast.expr) -> Iterator[_Import]:
    """Modules that an expression imports by a constant name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and len(one.args) == 1 and isinstance(one.args[0], ast.Constant):
            function = one.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            name = one.args[0].value
            if (
                called in ("import_module", "__import__")
                and isinstance(name, str)
                and name[:1] not in (".", "")
            ):
                yield _Import(0, name, "", one.lineno, one.col_offset + 1)


def _is_for_types(test: ast.expr) -> bool:
    return (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) == "TYPE_CHECKING"


def _is_handled(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(one, "id", getattr(one, "attr", "")) in _HANDLED for one in kinds)
