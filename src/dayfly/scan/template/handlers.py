"""Follows a handler's name to the function that runs: through decorators, middleware, imports and instances."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.source.project import Project, PythonFile

# A name that leads through more files than this leads in a circle.
_MAX_STEPS = 12
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Binding = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr | ast.ImportFrom | ast.Import


@dataclass(frozen=True, slots=True)
class Target:
    """Where a handler's name leads.

    `is_function` is False where the name is bound to something whose call is not in this project: an adapter
    of a web framework, an object of a library.
    """

    file: PythonFile
    qualname: str
    is_function: bool = True


def find_handler(project: Project, file: PythonFile, name: str) -> Target | None:
    """What `name` of the module `file` runs when it is called; None where the module does not bind it."""
    return _Search(project).name(file, name, None)


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, in order, those under `if`, `try` and `with` too."""
    # Not by recursion: a thousand `elif` are a thousand levels.
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With, ast.TryStar)):
            inner = list(statement.body)
            for handler in getattr(statement, "handlers", ()):
                inner += handler.body
            inner += [*getattr(statement, "orelse", ()), *getattr(statement, "finalbody", ())]
            waiting.extend(reversed(inner))


class _Search:
    """One search; it ends after a bounded number of steps, whatever circles the code has."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._steps = 0

    def name(self, file: PythonFile, name: str, before: ast.stmt | None) -> Target | None:
        """Follow a name as it is bound at the module's end, or before a statement of it."""
        self._steps += 1
        tree = file.tree
        if tree is None or self._steps > _MAX_STEPS:
            return None
        found: tuple[ast.stmt, _Binding] | None = None
        for statement in statements(tree.body):
            if statement is before:
                break
            binding = _binding(statement, name)
            if binding is not None:
                found = (statement, binding)
        if found is None:
            return self._starred(file, tree, name)
        statement, binding = found
        if isinstance(binding, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return Target(file, name)
        if isinstance(binding, ast.ClassDef):
            return self._method(file, binding, "__init__") or Target(file, name, is_function=False)
        if isinstance(binding, ast.ImportFrom):
            return self._imported(file, binding, name)
        if isinstance(binding, ast.Import):
            return Target(file, name, is_function=False)
        return self.value(file, binding, name, statement) or Target(file, name, is_function=False)

    def value(self, file: PythonFile, value: ast.expr, name: str, statement: ast.stmt) -> Target | None:
        """The function that an expression is or wraps."""
        if isinstance(value, ast.Lambda):
            return Target(file, name)
        if isinstance(value, ast.Name):
            return self.name(file, value.id, statement)
        if isinstance(value, ast.Attribute):
            return self._attribute(file, value, statement)
        if isinstance(value, ast.IfExp):
            return self.value(file, value.body, name, statement) or self.value(
                file, value.orelse, name, statement
            )
        if isinstance(value, ast.BoolOp):
            return next(
                (one for part in value.values if (one := self.value(file, part, name, statement))), None
            )
        if isinstance(value, ast.Await):
            return None
        if isinstance(value, ast.Call):
            return self._call(file, value, name, statement)
        return None

    def _call(self, file: PythonFile, call: ast.Call, name: str, statement: ast.stmt) -> Target | None:
        """A wrapper's argument, an instance's `__call__`, or what a factory returns."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        for argument in arguments:
            if isinstance(argument, (ast.Name, ast.Attribute, ast.Lambda, ast.Call)):
                target = self.value(file, argument, name, statement)
                if target is not None and target.is_function:
                    return target
        function = call.func
        definition = self._defined(file, function)
        made = self._made_by(*definition) if definition is not None else None
        if made is not None:
            return made
        # wrap(...)(handler): a decorator with settings
        if isinstance(function, ast.Call):
            return self._call(file, function, name, statement)
        return None

    def _made_by(self, home: PythonFile, node: _Definition) -> Target | None:
        """What calling a class's instance, or what a factory returns, runs."""
        if isinstance(node, ast.ClassDef):
            return self._method(home, node, "__call__")
        inner = {
            one.name: one
            for one in statements(node.body)
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        for one in statements(node.body):
            if isinstance(one, ast.Return) and isinstance(one.value, ast.Name) and one.value.id in inner:
                return Target(home, f"{node.name}.<locals>.{one.value.id}")
        return None

    def _attribute(self, file: PythonFile, value: ast.Attribute, statement: ast.stmt) -> Target | None:
        """`instance.method`, `Class.method`, `Class().method` or `module.function`."""
        base = value.value
        if isinstance(base, ast.Call):
            return self._method_of(self._defined(file, base.func), value.attr)
        if not isinstance(base, ast.Name) or file.tree is None:
            return None
        for one in statements(file.tree.body):
            if one is statement:
                break
            binding = _binding(one, base.id)
            if isinstance(binding, ast.ClassDef):
                return self._method(file, binding, value.attr)
            if isinstance(binding, ast.Call):
                found = self._method_of(self._defined(file, binding.func), value.attr)
                if found is not None:
                    return found
            if isinstance(binding, (ast.Import, ast.ImportFrom)):
                module = self._module(file, binding, base.id)
                if module is not None:
                    return self.name(module, value.attr, None)
                if isinstance(binding, ast.ImportFrom):
                    return self._method_of(self._definition(file, base.id), value.attr)
        return None

    def _defined(self, file: PythonFile, function: ast.expr) -> tuple[PythonFile, _Definition] | None:
        """The class or function that an expression calls: `name` or `module.name`."""
        if isinstance(function, ast.Name):
            return self._definition(file, function.id)
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and file.tree is not None
        ):
            for statement in statements(file.tree.body):
                binding = _binding(statement, function.value.id)
                if isinstance(binding, (ast.Import, ast.ImportFrom)):
                    module = self._module(file, binding, function.value.id)
                    return self._definition(module, function.attr) if module is not None else None
        return None

    def _method_of(self, definition: tuple[PythonFile, _Definition] | None, method: str) -> Target | None:
        if definition is None or not isinstance(definition[1], ast.ClassDef):
            return None
        return self._method(definition[0], definition[1], method)

    def _method(self, file: PythonFile, node: ast.ClassDef, method: str) -> Target | None:
        """A method of a class, or of a base that is found by its name."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            return None
        for one in statements(node.body):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == method:
                return Target(file, f"{node.name}.{method}")
        for base in node.bases:
            if isinstance(base, ast.Name):
                definition = self._definition(file, base.id)
                if definition is not None and isinstance(definition[1], ast.ClassDef):
                    found = self._method(definition[0], definition[1], method)
                    if found is not None:
                        return found
        return None

    def _definition(self, file: PythonFile, name: str) -> tuple[PythonFile, _Definition] | None:
        """The class or function of this name, here or where it is imported from."""
        self._steps += 1
        if file.tree is None or self._steps > _MAX_STEPS:
            return None
        for statement in statements(file.tree.body):
            binding = _binding(statement, name)
            if isinstance(binding, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                return file, binding
            if isinstance(binding, ast.ImportFrom):
                module = self._source(file, binding)
                original = next((one.name for one in binding.names if (one.asname or one.name) == name), name)
                if module is not None:
                    return self._definition(module, original)
        return None

    def _imported(self, file: PythonFile, statement: ast.ImportFrom, name: str) -> Target | None:
        module = self._source(file, statement)
        original = next((one.name for one in statement.names if (one.asname or one.name) == name), name)
        if module is None:
            return Target(file, name, is_function=False)
        return self.name(module, original, None) or Target(file, name, is_function=False)

    def _starred(self, file: PythonFile, tree: ast.Module, name: str) -> Target | None:
        for statement in statements(tree.body):
            if isinstance(statement, ast.ImportFrom) and any(one.name == "*" for one in statement.names):
                module = self._source(file, statement)
                found = self.name(module, name, None) if module is not None else None
                if found is not None:
                    return found
        return None

    def _source(self, file: PythonFile, statement: ast.ImportFrom) -> PythonFile | None:
        """The file that `from … import` reads."""
        return self._project.imports.find_from(statement, seen_from=file)

    def _module(
        self, file: PythonFile, statement: ast.Import | ast.ImportFrom, name: str
    ) -> PythonFile | None:
        """The module that an import binds to `name`, where it binds a module."""
        alias = next(
            (one for one in statement.names if (one.asname or one.name.partition(".")[0]) == name), None
        )
        imports = self._project.imports
        if alias is None:
            return None
        if isinstance(statement, ast.Import):
            return (imports.find if alias.asname else imports.find_top)(alias.name, seen_from=file)
        package = self._source(file, statement)
        return imports.find_child(package, alias.name) if package is not None else None


def _binding(statement: ast.stmt, name: str) -> _Binding | None:
    """What a statement binds `name` to."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement if statement.name == name else None
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name) and target.id == name:
                return statement.value
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                for one, value in zip(target.elts, statement.value.elts, strict=False):
                    if isinstance(one, ast.Name) and one.id == name:
                        return value
        return None
    if isinstance(statement, ast.AnnAssign):
        is_named = isinstance(statement.target, ast.Name) and statement.target.id == name
        return statement.value if is_named else None
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            first = alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name
            bound = alias.asname or first
            if bound == name:
                return statement
    return None
