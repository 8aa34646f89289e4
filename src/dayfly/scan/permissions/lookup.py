"""What a name can be: through scopes, imports, parameters, and what is kept under its keys."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.permissions.containers import get_item, iterate
from dayfly.scan.permissions.parameters import Parameters, all_parameters
from dayfly.scan.permissions.program import Frame
from dayfly.scan.permissions.scopes import Binding, How, Scope
from dayfly.scan.permissions.values import (
    NOTHING,
    Callable_,
    External,
    Hole,
    Module,
    Origin,
    Sequence,
    Text,
    Type_,
    Unknown,
    Value,
    Values,
    constants,
    each,
    limited,
    merge,
    read_reference,
    text,
)
from dayfly.scan.source.imports import NamespacePackage, absolute_name
from dayfly.scan.template.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dayfly.scan.source.project import PythonFile

BUILTINS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "reversed",
        "next",
        "iter",
        "getattr",
        "map",
        "filter",
        "zip",
        "enumerate",
        "print",
        "open",
        "len",
        "range",
        "type",
        "super",
        "isinstance",
        "vars",
    ]
)


class Lookup(Parameters):
    """Names."""

    def name(self, name: str, frame: Frame) -> Values:
        """What a name can be, seen from a frame."""
        at: Frame | None = frame
        near = frame
        while at is not None:
            if name in at.given:
                own = at.scope.bindings.get(name) if not at.is_overlay else None
                if not own:
                    return self._with_stores(at.given[name], name, at.scope, near)
                return limited({*at.given[name], *self._bound(own, near)})
            if not at.is_overlay:
                found = self._in_scope(name, at, near)
                if found is not None:
                    return found
                near = at.parent if at.parent is not None else at
            at = at.parent
        return frozenset({External(f"builtins.{name}")}) if name in BUILTINS else NOTHING

    def _in_scope(self, name: str, at: Frame, near: Frame) -> Values | None:
        scope = at.scope
        if name in scope.bindings and name not in scope.outer:
            values = self._bound(scope.bindings[name], near)
            if at.function is not None and any(p.arg == name for p in all_parameters(at.function)):
                values |= self._parameter(name, at)
            for other, binding in self._late(name, scope):
                for each in self.frames_for(other, near):
                    values |= self._bound([binding], each)
            return self._with_stores(values, name, scope, near)
        if at.function is not None and any(p.arg == name for p in all_parameters(at.function)):
            return self._with_stores(self._parameter(name, at), name, scope, near)
        if isinstance(scope.node, ast.Module):
            late = self._late(name, scope)
            if late:
                found: set[Value] = set()
                for other, binding in late:
                    for each in self.frames_for(other, near):
                        found |= self._bound([binding], each)
                return limited(found)
            return self._starred(name, scope, at)
        return None

    def _late(self, name: str, scope: Scope) -> list[tuple[Scope, Binding]]:
        return (
            self.program.facts[scope.file.path].late.get(name, [])
            if isinstance(scope.node, ast.Module)
            else []
        )

    def _starred(self, name: str, scope: Scope, at: Frame) -> Values | None:
        for binding in scope.bindings.get("*", ()):
            assert isinstance(binding.node, ast.ImportFrom)
            file = self.program.find_from(binding.node, scope.file)
            if file is not None and file.path in self.program.frames and file is not scope.file:
                key = (("star", file.path, name), at)
                if key in self._active:
                    continue
                self._active[key] = len(self._active)
                try:
                    values = self.name(name, self.program.frames[file.path])
                finally:
                    del self._active[key]
                if values:
                    return values
        return None

    def _bound(self, bindings: Iterable[Binding], frame: Frame) -> Values:
        found: set[Value] = set()
        for binding in bindings:
            found |= self._binding(binding, frame)
        return limited(found)

    def _binding(self, binding: Binding, frame: Frame) -> Values:
        node = binding.node
        match binding.how:
            case How.IMPORT:
                return self._import(binding.name, frame)
            case How.FROM:
                assert isinstance(node, ast.ImportFrom)
                return self._import_from(node, binding.name, frame)
            case How.FUNCTION:
                return frozenset({Callable_(self.program.functions[node], frame)})
            case How.CLASS:
                return frozenset({Type_(self.program.classes[node])})
            case How.WHOLE:
                return self.evaluate(_expression(node), frame)
            case How.ADDED:
                values = self.evaluate(_expression(node), frame)
                return frozenset({*values, Unknown(Origin.RUN_TIME)})
            case How.ITEM:
                key = text(str(binding.index))
                return each(self.evaluate(_expression(node), frame), lambda one: get_item(one, key))
            case How.ELEMENT | How.ENTERED:
                return each(self.evaluate(_expression(node), frame), self._entered(binding.how))

    def _entered(self, how: How) -> Callable[[Value], Values]:
        def enter(value: Value) -> Values:
            if how is How.ENTERED and not isinstance(value, Sequence):
                return frozenset({value})
            return iterate(value)

        return enter

    def _import(self, name: str, frame: Frame) -> Values:
        file = self.program.find(name, frame.scope.file)
        return self._module(file) or frozenset({External(name)})

    def _module(self, file: PythonFile | None) -> Values:
        is_read = file is not None and file.path in self.program.frames
        return frozenset({Module(file)}) if file is not None and is_read else NOTHING

    def _import_from(self, node: ast.ImportFrom, name: str, frame: Frame) -> Values:
        file = frame.scope.file
        package = self.program.find_from(node, file)
        if package is not None and package.path in self.program.frames and package.path != file.path:
            values = self.name(name, self.program.frames[package.path])
            if values:
                return values
        if package is not None and (found := self._module(self.program.find_child(package, name))):
            return found
        if package is not None and not isinstance(package, NamespacePackage):
            return NOTHING
        base = absolute_name(file, node)
        return frozenset({External(f"{base}.{name}" if base else name)})

    def variable(self, keys: Values, default: Values) -> Values:
        """An environment variable: the template's value, else the code's default, else a hole with its name."""
        out: set[Value] = set()
        for name in constants(keys):
            value = self.environment.get(name)
            if isinstance(value, str) and "{{resolve:" in value:
                out.add(Text((Hole(Origin.ENVIRONMENT, name),)))  # filled in at deployment
            elif isinstance(value, str):
                out.add(read_reference(value) if "${" in value else Text((value,)))
            elif isinstance(value, Unresolved):
                out.add(self._reference(value, name))
            elif default and any(isinstance(one, Text) for one in default):
                out |= {one for one in default if isinstance(one, Text)}
            else:
                out.add(Text((Hole(Origin.ENVIRONMENT, name),)))
        return frozenset(out) or frozenset({Text((Hole(Origin.ENVIRONMENT),))})

    def _reference(self, value: Unresolved, name: str) -> Text:
        if "${" not in value.expression:
            return Text((Hole(Origin.ENVIRONMENT, name),))
        return merge(read_reference(value.expression).parts)


def _expression(node: ast.AST) -> ast.expr:
    assert isinstance(node, ast.expr)
    return node
