"""Reads what a file adds to `sys.path`, as far as it is written as constants. No I/O."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.source.naming import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dayfly.scan.source.project import PythonFile

# Where Lambda unpacks a function's code, its working directory, and layers:
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
TASK = "/var/task"
OPT = "/opt"
_WORTH_READING = re.compile(rb"sys\s*\.\s*path|addsitedir|from\s+sys\s+import[^\n]*\bpath\b")
_HERE = "/\0"  # before paths of the project, which are not Lambda's
_SAME = frozenset(
    {
        "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.fspath", "str",
        "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath",
    }
)  # fmt: skip
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser", "__str__", "__fspath__"})
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Addition:
    """One entry of `sys.path`: relative to the scanned root, or below `TASK` or `OPT`."""

    path: str
    is_first: bool


def read_search_path(file: PythonFile) -> Iterable[Addition]:
    """What a file adds, in its order; an entry that is made at run time is left out."""
    if not _WORTH_READING.search(file.data):
        return ()
    tree = file.tree
    return tuple(_Reader(file, tree).additions()) if tree is not None else ()


class _Reader:
    def __init__(self, file: PythonFile, tree: ast.Module) -> None:
        self._file = file
        self._tree = tree
        self._names: dict[str, str] = {}
        self._values: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._names.update((one.asname, one.name) for one in node.names if one.asname)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                self._names.update(
                    (one.asname or one.name, f"{node.module}.{one.name}") for one in node.names
                )
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Name):
                    self._values.setdefault(target.id, node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self._values.setdefault(node.target.id, node.value)

    def additions(self) -> Iterator[Addition]:
        for node in ast.walk(self._tree):
            for value, is_first in self._added(node):
                path = self._text(value, 0)
                if path is not None and (meant := self._meant(path)) is not None:
                    yield Addition(meant, is_first)

    def _added(self, node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
        if isinstance(node, ast.Call):
            called = self._dotted(node.func)
            if called in ("sys.path.append", "site.addsitedir") and node.args:
                yield node.args[0], False
            elif called == "sys.path.insert" and len(node.args) == 2:
                yield node.args[1], True
            elif called == "sys.path.extend" and node.args:
                yield from ((one, False) for one in _elements(node.args[0]))
        elif isinstance(node, ast.AugAssign) and self._dotted(node.target) == "sys.path":
            yield from ((one, False) for one in _elements(node.value))
        elif isinstance(node, ast.Assign) and any(
            self._dotted(one.value if isinstance(one, ast.Subscript) else one) == "sys.path"
            for one in node.targets
        ):
            left = node.value.left if isinstance(node.value, ast.BinOp) else node.value
            yield from ((one, True) for one in _elements(left))
            if isinstance(node.value, ast.BinOp):
                yield from ((one, False) for one in _elements(node.value.right))

    def _dotted(self, node: ast.expr) -> str:
        return dotted(node, self._names)

    def _meant(self, path: str) -> str | None:
        path = posixpath.normpath(path)
        if path.startswith(_HERE):
            inner = path[len(_HERE) :].lstrip("/")
            return inner or "."
        if not path.startswith("/"):
            path = posixpath.normpath(posixpath.join(TASK, path))
        return path if path.startswith((TASK, OPT)) else None

    def _text(self, node: ast.expr, depth: int) -> str | None:
        """The path that an expression is, absolute ones of the project after `_HERE`; None where it is not known."""
        if depth > _MAX_DEPTH:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id="__file__"):
                return f"{_HERE}/{self._file.path}"
            case ast.Name(id=name) if name in self._values:
                return self._text(self._values[name], depth + 1)
            case ast.JoinedStr(values=values):
                return self._joined(values, "", depth)
            case ast.FormattedValue(value=value):
                return self._text(value, depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right], "", depth)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined([left, right], "/", depth)
            case ast.Attribute(value=value, attr="parent"):
                return self._parent(self._text(value, depth + 1))
            case ast.Subscript(
                value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(count))
            ) if 0 <= count <= _MAX_DEPTH:
                path = self._text(value, depth + 1)
                for _ in range(count + 1):
                    path = self._parent(path)
                return path
            case ast.Subscript(value=value, slice=ast.Constant(value="LAMBDA_TASK_ROOT")):
                return TASK if self._dotted(value) == "os.environ" else None
            case ast.Attribute():
                return ".." if self._dotted(node) == "os.pardir" else None
            case ast.Call():
                return self._called(node, depth)
            case _:
                return None

    def _called(self, node: ast.Call, depth: int) -> str | None:
        called = self._dotted(node.func)
        if called in ("os.getcwd", "pathlib.Path.cwd"):
            return TASK
        if called in ("os.environ.get", "os.getenv"):
            name = node.args[0] if node.args else None
            return TASK if isinstance(name, ast.Constant) and name.value == "LAMBDA_TASK_ROOT" else None
        if called == "os.path.dirname" and node.args:
            return self._parent(self._text(node.args[0], depth + 1))
        if called == "os.path.join" or (called in _SAME and len(node.args) > 1):
            return self._joined(node.args, "/", depth)
        if called in _SAME:
            return self._text(node.args[0], depth + 1) if node.args else "."
        if isinstance(node.func, ast.Attribute):
            path = self._text(node.func.value, depth + 1)
            if node.func.attr in _SAME_METHODS:
                return path
            if node.func.attr == "joinpath" and path is not None:
                rest = self._joined(node.args, "/", depth)
                return posixpath.join(path, rest) if rest is not None else None
        return None

    def _joined(self, nodes: Iterable[ast.expr], separator: str, depth: int) -> str | None:
        parts = [self._text(node, depth + 1) for node in nodes]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or not known:
            return None
        return posixpath.join(*known) if separator else "".join(known)

    def _parent(self, path: str | None) -> str | None:
        return posixpath.dirname(posixpath.normpath(path)) if path is not None else None


def _elements(node: ast.expr) -> Iterable[ast.expr]:
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else ()
