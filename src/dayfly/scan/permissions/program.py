"""The files a handler reaches, as scopes: which names are bound to what, which attributes and keys are stored."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.permissions.values import Values
    from dayfly.scan.source.project import Project, PythonFile

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


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
                    _bind(scope, node.name, Binding(How.CLASS, node))
                    pending.extend([*node.decorator_list, *node.bases, *(k.value for k in node.keywords)])
                    self._class(node)
                else:
                    scope.functions.append(node)
                    arguments = node.args
                    pending.extend(
                        [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
                    )
                    if not isinstance(node, ast.Lambda):
                        _bind(scope, node.name, Binding(How.FUNCTION, node))
                        pending.extend(node.decorator_list)
                    self._function(node)
                continue
            _record(scope, node)
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
            names = _names(file, node)
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
                    if package is not None and package.is_package:
                        yield package

    def _note_external(self, name: str, node: ast.AST, file: PythonFile) -> None:
        top = name.split(".")[0]
        if name and self.find(top, file) is None:
            self.external.setdefault(top, (file, node))
            self.external.setdefault(name, (file, node))

    def find(self, name: str, file: PythonFile) -> PythonFile | None:
        """The authors' own module of this name."""
        found = self.project.find_module(name, seen_from=file) if name else None
        return None if found is None or found.is_dependency else found


def _names(file: PythonFile, node: ast.Import | ast.ImportFrom | ast.Call) -> list[str]:
    """The modules that an import may read."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = absolute(file, node)
        return [base, *(f"{base}.{alias.name}" if base else alias.name for alias in node.names)]
    first = node.args[0] if node.args else None
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def absolute(file: PythonFile, node: ast.ImportFrom) -> str:
    """The module that `from … import` names, without dots in front."""
    if not node.level:
        return node.module or ""
    parts = file.module.split(".") if file.module else []
    drop = node.level - 1 if file.is_package else node.level
    parts = parts[: len(parts) - drop] if drop <= len(parts) else []
    return ".".join([*parts, *([node.module] if node.module else [])])


def _body(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Lambda):
        return [node.body]
    return list(getattr(node, "body", ()))


def _bind(scope: Scope, name: str, binding: Binding) -> None:
    scope.bindings.setdefault(name, []).append(binding)


def _target(scope: Scope, target: ast.expr, value: ast.expr, how: How, index: int = 0) -> None:
    match target:
        case ast.Name():
            _bind(scope, target.id, Binding(how, value, index=index))
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


def _record(scope: Scope, node: ast.AST) -> None:
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
                _bind(scope, name, Binding(How.IMPORT, node, module))
        case ast.ImportFrom():
            for alias in node.names:
                _bind(scope, alias.asname or alias.name, Binding(How.FROM, node, alias.name))
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
        case ast.Constant() if isinstance(node.value, str) and "localhost:277" in node.value:
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
