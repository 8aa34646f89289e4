"""The files a handler reaches by its imports: their functions, classes and frames."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.permissions.scopes import Binding, Definition, How, Scope, bind, record
from dayfly.scan.source.imports import absolute_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.permissions.values import Values
    from dayfly.scan.source.project import Project, PythonFile

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(eq=False)
class Function:
    """A function of the project."""

    scope: Scope
    node: Definition
    cls: Class | None
    is_decorated: bool = False
    is_property: bool = False
    is_static: bool = False
    is_class_method: bool = False

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")

    @property
    def parameters(self) -> list[ast.arg]:
        arguments = self.node.args
        return [*arguments.posonlyargs, *arguments.args]


@dataclass(eq=False)
class Class:
    """A class of the project."""

    scope: Scope
    node: ast.ClassDef
    methods: dict[str, Function] = field(default_factory=dict)


@dataclass(eq=False)
class Frame:
    """A scope with what is known of its parameters (or of variables that are looked at one value at a time)."""

    scope: Scope
    parent: Frame | None
    given: dict[str, Values] = field(default_factory=dict)
    function: Function | None = None
    is_overlay: bool = False  # same scope as its parent, some names fixed
    is_open: bool = False  # how the function is called is not known


_TRIVIAL = {
    "staticmethod",
    "classmethod",
    "property",
    "cached_property",
    "lru_cache",
    "cache",
    "wraps",
    "override",
}


def decorator_name(node: ast.expr) -> str:
    """The last word of a decorator."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class FileFacts:
    """One file's scopes; the same for every handler that reaches it."""

    def __init__(self, file: PythonFile, tree: ast.Module) -> None:
        self.file = file
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, Class] = {}
        # What is kept under a name that a function itself does not bind: module-level state.
        self.kept: dict[str, list[tuple[Scope, ast.expr | None, ast.expr]]] = {}
        self.late: dict[str, list[tuple[Scope, Binding]]] = {}  # bound under `global`
        self.imports: list[ast.Import | ast.ImportFrom | ast.Call] = []
        self.scope = self._read(tree)

    def _read(self, tree: ast.AST) -> Scope:
        scope = Scope(self.file, tree)
        pending = [*_body(tree)]
        while pending:
            node = pending.pop()
            if isinstance(node, (*DEFINITIONS, ast.ClassDef)):
                if isinstance(node, ast.ClassDef):
                    scope.classes.append(node)
                    bind(scope, node.name, Binding(How.CLASS, node))
                    pending.extend([*node.decorator_list, *node.bases, *(k.value for k in node.keywords)])
                    self._class(node)
                else:
                    scope.functions.append(node)
                    arguments = node.args
                    pending.extend(
                        [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
                    )
                    if not isinstance(node, ast.Lambda):
                        bind(scope, node.name, Binding(How.FUNCTION, node))
                        pending.extend(node.decorator_list)
                    self._function(node)
                continue
            if isinstance(node, ast.If) and _is_main(node.test):
                pending.extend(node.orelse)  # Lambda imports the module: what runs by hand does not run
                continue
            record(scope, node)
            if isinstance(node, ast.Import | ast.ImportFrom) or (
                isinstance(node, ast.Call) and decorator_name(node) in ("import_module", "__import__")
            ):
                self.imports.append(node)
            pending.extend(ast.iter_child_nodes(node))
        self._keep(scope)
        if isinstance(tree, ast.Lambda):
            scope.results.append(tree.body)
        scope.calls.sort(key=lambda call: (call.lineno, call.col_offset))
        return scope

    def _class(self, node: ast.ClassDef) -> None:
        scope = self._read(node)
        cls = self.classes[node] = Class(scope, node)
        for inner in scope.functions:
            if not isinstance(inner, ast.Lambda):
                self.functions[inner].cls = cls
                cls.methods[inner.name] = self.functions[inner]

    def _keep(self, scope: Scope) -> None:
        """Notes what a scope does to names of its module."""
        for name, stores in scope.stores.items():
            if isinstance(scope.node, ast.Module) or name not in scope.bindings or name in scope.outer:
                self.kept.setdefault(name, []).extend((scope, key, value) for key, value in stores)
        for name in scope.outer:
            for binding in scope.bindings.get(name, ()):
                self.late.setdefault(name, []).append((scope, binding))

    def _function(self, node: Definition) -> None:
        scope = self._read(node)
        decorators = (
            [] if isinstance(node, ast.Lambda) else [decorator_name(one) for one in node.decorator_list]
        )
        self.functions[node] = Function(
            scope,
            node,
            None,
            is_decorated=any(name not in _TRIVIAL for name in decorators),
            is_property=any(name in ("property", "cached_property") for name in decorators),
            is_static="staticmethod" in decorators,
            is_class_method="classmethod" in decorators,
        )


class Reader:
    """Reads each file of a project once, however many handlers reach it."""

    def __init__(self) -> None:
        self._facts: dict[str, FileFacts] = {}

    def read(self, file: PythonFile) -> FileFacts | None:
        """The file's scopes; None where it has no tree."""
        if file.path not in self._facts:
            if file.tree is None:
                return None
            self._facts[file.path] = FileFacts(file, file.tree)
        return self._facts[file.path]


class Program:
    """Scopes of the files that one module reaches by its imports; only the authors' own files."""

    def __init__(self, project: Project, start: PythonFile, reader: Reader) -> None:
        self.project = project
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, Class] = {}
        self.facts: dict[str, FileFacts] = {}  # by path
        self.frames: dict[str, Frame] = {}  # of modules, by path
        self.external: dict[str, tuple[PythonFile, ast.AST]] = {}  # packages that are not the authors' own
        self.dynamic: list[tuple[PythonFile, ast.AST]] = []  # imports of a name that is not constant
        self.files: list[PythonFile] = []
        queue = [start]
        while queue:
            file = queue.pop()
            facts = None if file.path in self.frames else reader.read(file)
            if facts is None:
                continue
            self.files.append(file)
            self.facts[file.path] = facts
            self.frames[file.path] = Frame(facts.scope, None)
            self.functions.update(facts.functions)
            self.classes.update(facts.classes)
            queue.extend(self._imported(facts))

    def _imported(self, facts: FileFacts) -> Iterator[PythonFile]:
        file = facts.file
        for node in facts.imports:
            if isinstance(node, ast.ImportFrom):
                origin = self.find_from(node, file)
                base = absolute_name(file, node)
                if origin is not None:
                    yield origin
                elif node.level == 0:
                    self._note_external(base, node, file)
                for alias in node.names:
                    inner = self.find_child(origin, alias.name) if origin is not None else None
                    if inner is not None:
                        yield inner
                    elif origin is None and node.level == 0:
                        self._note_external(f"{base}.{alias.name}", node, file)
                continue
            names = _names(node)
            if not names:
                self.dynamic.append((file, node))
            for name in names:
                found = self.find(name, file)
                if found is None:
                    self._note_external(name, node, file)
                    continue
                yield found
                while "." in name:
                    name = name.rpartition(".")[0]
                    package = self.find(name, file)
                    if package is not None:
                        yield package

    def _note_external(self, name: str, node: ast.AST, file: PythonFile) -> None:
        top = name.split(".")[0]
        if name and self.find(top, file) is None:
            self.external.setdefault(top, (file, node))
            self.external.setdefault(name, (file, node))

    def find(self, name: str, file: PythonFile) -> PythonFile | None:
        """The authors' own module of this name."""
        return _own(self.project.find_module(name, seen_from=file) if name else None)

    def find_from(self, node: ast.ImportFrom, file: PythonFile) -> PythonFile | None:
        """The authors' own module that `from … import` names."""
        return _own(self.project.imports.find_from(node, seen_from=file))

    def find_child(self, package: PythonFile, name: str) -> PythonFile | None:
        """The authors' own module `name` of a package."""
        return _own(self.project.imports.find_child(package, name))


def _own(found: PythonFile | None) -> PythonFile | None:
    return None if found is None or found.is_dependency else found


def _names(node: ast.Import | ast.Call) -> list[str]:
    """The modules that an import may read."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    first = node.args[0] if node.args else None
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def _is_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`."""
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
        ):
            return True
        case _:
            return False


def _body(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Lambda):
        return [node.body]
    return list(getattr(node, "body", ()))
