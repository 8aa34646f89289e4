"""What a name can be: through scopes, imports, parameters, and what is kept under its keys."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.permissions.containers import get_item, iterate
from dayfly.scan.permissions.program import Frame, Function, absolute
from dayfly.scan.permissions.scopes import Binding, How, Scope
from dayfly.scan.permissions.values import (
    FROM_RUN_TIME,
    NOTHING,
    Callable_,
    Client,
    External,
    Hole,
    Instance,
    Mapping,
    Module,
    Origin,
    Resource,
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
from dayfly.scan.template.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


from dayfly.scan.permissions.framing import Framing

_TYPE = re.compile(r"[A-Za-z_][\w., |\[\]]{0,200}")  # that may be worth parsing
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


class Lookup(Framing):
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
            file = self.program.find(absolute(scope.file, binding.node), scope.file)
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

    def _with_stores(self, values: Values, name: str, scope: Scope, near: Frame) -> Values:
        """Adds what is put in under keys: in its own scope, or for a module's name in any of its functions."""
        if isinstance(scope.node, ast.Module):
            stores = self.program.facts[scope.file.path].kept.get(name, [])
        else:
            stores = [(scope, key, value) for key, value in scope.stores.get(name, ())]
        if not stores:
            return values
        marker = (("stores", scope.node, name), near)
        if marker in self._active:
            return values
        self._active[marker] = len(self._active)
        try:
            return self._store(values, stores, near)
        finally:
            del self._active[marker]

    def _store(
        self, values: Values, stores: list[tuple[Scope, ast.expr | None, ast.expr]], near: Frame
    ) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        listed: tuple[Values, ...] = ()
        for value in values:
            if isinstance(value, Mapping):
                items.update(value.items)
                rest |= value.rest
            elif isinstance(value, Sequence):
                listed = value.items
                rest |= value.rest
        is_list = False
        for scope, key, stored in stores:
            for frame in self.frames_for(scope, near):
                if key is None:
                    is_list = True
                    rest |= self.evaluate(stored, frame)
                    continue
                keys = constants(self.evaluate(key, frame))
                if isinstance(key, ast.Name) and len(keys) > 1:
                    for one in keys:
                        overlay = self.overlay(frame, key.id, Text((one,)))
                        items[one] = items.get(one, NOTHING) | self.evaluate(stored, overlay)
                    continue
                found = self.evaluate(stored, frame)
                for one in keys:
                    items[one] = items.get(one, NOTHING) | found
                if not keys:
                    rest |= found
        others = {value for value in values if not isinstance(value, Mapping | Sequence)}
        made: Value = (
            Sequence(listed, limited(rest))
            if is_list
            else Mapping(tuple(sorted(items.items())), limited(rest))
        )
        return limited({*others, made})

    def _parameter(self, name: str, at: Frame) -> Values:
        assert at.function is not None
        arguments = at.function.node.args
        given = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed([a.arg for a in given]), reversed(arguments.defaults), strict=False))
        defaults |= {
            a.arg: d
            for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if d is not None
        }
        values = NOTHING
        if name in defaults and at.parent is not None:
            values = self.evaluate(defaults[name], at.parent)
        for parameter in (*given, *arguments.kwonlyargs):
            if parameter.arg == name and parameter.annotation is not None and at.parent is not None:
                values |= self.annotated(parameter.annotation, at.parent)
        if not values and name in defaults and not at.is_open:
            return NOTHING  # left out, and None or a number stands for it
        return values or FROM_RUN_TIME

    def annotated(self, annotation: ast.expr, frame: Frame) -> Values:
        """What a parameter's type says: an object of the project, a client of the SDK's stubs."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            if not _TYPE.fullmatch(annotation.value):
                return NOTHING
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                return NOTHING
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if isinstance(annotation.value, ast.Name) and annotation.value.id in ("Optional", "Union"):
                return limited({one for part in parts for one in self.annotated(part, frame)})
            return NOTHING
        if isinstance(annotation, ast.BinOp):
            return self.annotated(annotation.left, frame) | self.annotated(annotation.right, frame)
        out: set[Value] = set()
        for value in self.evaluate(annotation, frame):
            if isinstance(value, Type_):
                out.add(Instance(value.cls))
            elif isinstance(value, External):
                made = stub(value.name)
                if made is not None:
                    out.add(made)
        return frozenset(out)

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
        if file is not None and file.path in self.program.frames:
            return frozenset({Module(file)})
        return frozenset({External(name)})

    def _import_from(self, node: ast.ImportFrom, name: str, frame: Frame) -> Values:
        file = frame.scope.file
        base = absolute(file, node)
        full = f"{base}.{name}" if base else name
        package = self.program.find(base, file)
        if package is not None and package.path in self.program.frames and package is not file:
            values = self.name(name, self.program.frames[package.path])
            if values:
                return values
        module = self.program.find(full, file)
        if module is not None and module.path in self.program.frames:
            return frozenset({Module(module)})
        if package is not None:
            return NOTHING
        return frozenset({External(full)})

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


def all_parameters(function: Function) -> list[ast.arg]:
    return [*function.parameters, *function.node.args.kwonlyargs]


def _expression(node: ast.AST) -> ast.expr:
    assert isinstance(node, ast.expr)
    return node


def stub(name: str) -> Value | None:
    """The client or resource that a type of mypy_boto3_* or types_boto3_* stands for."""
    parts = name.split(".")
    for package in ("mypy_boto3_", "types_boto3_", "types_aiobotocore_", "types_aioboto3_"):
        if parts[0].startswith(package):
            service = parts[0].removeprefix(package).replace("_", "-")
            kind = parts[-1]
            if kind.endswith("Client"):
                return Client(service)
            if kind.endswith("ServiceResource"):
                return Resource(service, "")
            return Resource(service, kind)
    return None
