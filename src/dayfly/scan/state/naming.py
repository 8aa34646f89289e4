"""What names mean at a module's top level, and where imports lead."""

from __future__ import annotations

import ast
import re
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.source.imports import NamespacePackage, absolute_name
from dayfly.scan.state.values import External, ModuleRef, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.source.project import Project, PythonFile

# The files of a project do not change while it is scanned; its entries ask one after the other.
_stored: dict[int, tuple[weakref.ref[Project], frozenset[str]]] = {}
_STORED_ATTRIBUTE = re.compile(rb"\.(\w+)\s*(?:[-+*/|&]|//|\*\*)?=(?!=)")


@dataclass(frozen=True, slots=True)
class Binding:
    """One way a name is bound. `node` is the statement; `value` what is assigned, None where it is taken apart."""

    node: ast.stmt
    value: ast.expr | None = None
    alias: ast.alias | None = None


@dataclass
class Scope:
    """The top level of one module."""

    file: PythonFile
    names: dict[str, list[Binding]] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)  # some function declares them global
    is_seeded: bool = False  # the module seeds `random` with a constant


def read_scope(file: PythonFile) -> Scope:
    """The names of a module; empty where it cannot be analysed."""
    scope = Scope(file)
    tree = file.tree
    if tree is None:
        return scope
    _collect(scope, tree.body)
    for node in ast.walk(tree):
        match node:
            case ast.Global(names=names):
                scope.rebound.update(names)
            case ast.Subscript(
                value=ast.Call(func=ast.Name(id="globals")),
                slice=ast.Constant(value=str(name)),
                ctx=ast.Store(),
            ):
                scope.rebound.add(name)
    return scope


def _collect(scope: Scope, body: Iterable[ast.stmt]) -> None:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                # The last one counts, as at run time.
                scope.names[node.name] = [Binding(node)]
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    name = alias.asname or (
                        alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name
                    )
                    scope.names.setdefault(name, []).append(Binding(node, alias=alias))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _bind(scope, target, value, node)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _bind(scope, target, value, node)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="seed"), args=[ast.Constant()])):
                scope.is_seeded = True
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        _bind(scope, item.optional_vars, item.context_expr, node)
            case ast.For():
                _bind(scope, node.target, None, node)
        for inner in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                _collect(scope, getattr(node, inner, ()))
        for handler in getattr(node, "handlers", ()):
            _collect(scope, handler.body)


def _bind(scope: Scope, target: ast.expr, value: ast.expr | None, node: ast.stmt) -> None:
    match target:
        case ast.Name(id=name):
            scope.names.setdefault(name, []).append(Binding(node, value))
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(targets):
                for one, its in zip(targets, value.elts, strict=True):
                    _bind(scope, one, its, node)
            else:
                for one in targets:
                    _bind(scope, one, value if isinstance(value, ast.GeneratorExp) else None, node)


class Names:
    """The scopes of a project's modules, read when they are needed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._scopes: dict[str, Scope] = {}

    def scope(self, file: PythonFile) -> Scope:
        if file.path not in self._scopes:
            scope = self._scopes[file.path] = read_scope(file)
            for binding in scope.names.pop("*", ()):
                self._expand(scope, binding)
        return self._scopes[file.path]

    def _expand(self, scope: Scope, binding: Binding) -> None:
        """Bind what `from … import *` does: the names of `__all__`, else those without an underscore in front."""
        assert isinstance(binding.node, ast.ImportFrom)
        origin = own(self.project.imports.find_from(binding.node, seen_from=scope.file))
        if origin is None or origin.path == scope.file.path:
            return
        names = self.scope(origin).names
        listed = next((one.value for one in names.get("__all__", ()) if one.value is not None), None)
        chosen = [name for name in names if not name.startswith("_")]
        if isinstance(listed, ast.List | ast.Tuple):
            chosen = [str(one.value) for one in listed.elts if isinstance(one, ast.Constant)]
        for name in chosen:
            alias = ast.alias(name=name)
            scope.names.setdefault(name, []).append(Binding(binding.node, alias=alias))

    @property
    def stored_attributes(self) -> frozenset[str]:
        """Names that some own file assigns to as `something.name =`."""
        key = id(self.project)
        known = _stored.get(key)
        if known is None or known[0]() is not self.project:
            for gone in [other for other, (project, _) in _stored.items() if project() is None]:
                del _stored[gone]
            names = frozenset(
                name.decode(errors="replace")
                for file in self.project.own_files()
                for name in _STORED_ATTRIBUTE.findall(file.data)
            )
            known = _stored[key] = (
                weakref.ref(self.project),
                names,
            )
        return known[1]

    def imported(self, file: PythonFile, node: ast.stmt, alias: ast.alias) -> Value | tuple[PythonFile, str]:
        """What an import binds: a module, something of a library, or a name in another file of the project."""
        if isinstance(node, ast.Import):
            return self.module(file, alias.name, is_top=not alias.asname)
        assert isinstance(node, ast.ImportFrom)
        imports = self.project.imports
        module = own(imports.find_from(node, seen_from=file))
        found = own(imports.find_child(module, alias.name)) if module is not None else None
        is_package = isinstance(module, NamespacePackage)  # which binds no names itself
        if (
            module is not None
            and not is_package
            and module.path != file.path
            and (alias.name in self.scope(module).names or found is None)
        ):
            return module, alias.name
        if found is not None:
            return Value(refs=(ModuleRef(found),))
        base = absolute_name(file, node)
        return Value(refs=(External(f"{base}.{alias.name}" if base else alias.name),))

    def module(self, file: PythonFile, name: str, *, is_top: bool = False) -> Value:
        """What `import name` reads in a file; with `is_top` what it binds, the outermost package."""
        imports = self.project.imports
        found = own((imports.find_top if is_top else imports.find)(name, seen_from=file))
        shown = name.partition(".")[0] if is_top else name
        return Value(refs=(ModuleRef(found),) if found is not None else (External(shown),))


def own(found: PythonFile | None) -> PythonFile | None:
    """The file where it is the project's own."""
    return found if found is not None and not found.is_dependency else None
