"""Executes definitions and imports: functions, classes, and modules of the same package as they are needed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.calls import Calls
from dayfly.scan.dependencies.trojan.deed import Act
from dayfly.scan.dependencies.trojan.values import (
    NOTHING,
    Class,
    Frame,
    Function,
    Instance,
    Value,
    constant,
)
from dayfly.scan.source.imports import absolute_name

if TYPE_CHECKING:
    from dayfly.scan.source.project import PythonFile

_MOST_MODULES = 12  # other files that are read for one
_DECORATORS_THAT_KEEP = frozenset(
    {"property", "staticmethod", "classmethod", "setter", "wraps", "lru_cache", "cache"}
)


class Definitions(Calls):
    """Definitions and imports."""

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = Function(node, self.frame.file, self.frame)
        if not self.frame.is_class:
            self.functions.append(function)
        value = Value(local=(function,))
        for decorator in reversed(node.decorator_list):
            if _last_name(decorator) in _DECORATORS_THAT_KEEP:
                continue
            found = self.evaluate(decorator)
            if found.local:
                result = self.call(found, [value], {}, decorator)
                value = result if result.local else value
            else:
                self._decorated(decorator, found, function)
        self.bind(node.name, value)

    _do_asyncfunctiondef = _do_functiondef

    def _decorated(self, decorator: ast.expr, found: Value, function: Function) -> None:
        """`@wrapt.patch_function_wrapper("json", "loads")` puts its function in the place of another."""
        if isinstance(decorator, ast.Call) and any("patch_function_wrapper" in name for name in found.names):
            texts = [
                one.value
                for one in decorator.args
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            self.record(Act.PATCH, decorator, ".".join(texts), NOTHING, replacement=(function,))

    def _do_classdef(self, node: ast.ClassDef) -> None:
        bases = tuple(self.evaluate(one) for one in node.bases)
        frame = Frame(self.frame.file, self.frame, is_class=True)
        cls = Class(node.name, frame, bases)
        frame.cls = cls
        before, self.frame = self.frame, frame
        try:
            self.execute(node.body)
        finally:
            self.frame = before
        value = Value(local=(cls,))
        instance = Instance(cls)
        for member in list(frame.names.values()):
            for one in member.local:
                if isinstance(one, Function) and one.frame is frame:
                    self.functions.append(Function(one.node, one.file, one.frame, instance))
        for base in bases:  # runs when the class is made
            for one in self.attribute_of(base, "__init_subclass__").local:
                if isinstance(one, Function):
                    self.enter(one, [value], {})
        for keyword in node.keywords:
            meta = self.evaluate(keyword.value)
            for name in ("__new__", "__init__") if keyword.arg == "metaclass" else ():
                for one in self.attribute_of(meta, name).local:
                    if isinstance(one, Function):
                        self.enter(one, [value, constant(node.name)], {})
        for decorator in reversed(node.decorator_list):
            found = self.evaluate(decorator)
            if found.local:
                result = self.call(found, [value], {}, decorator)
                value = result if result.local else value
        self.bind(node.name, value)

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind(alias.asname or name, Value(names=frozenset({name})))

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        module = absolute_name(self.frame.file, node)
        for alias in node.names:
            name = f"{module}.{alias.name}" if module else alias.name
            self.bind(alias.asname or alias.name, self.refer(Value(names=frozenset({name}))))

    def own(self, name: str) -> Value:
        module, _, attribute = name.removesuffix("()").rpartition(".")
        frame = self._module_frame(module)
        return frame.names.get(attribute, NOTHING) if frame is not None else NOTHING

    def _module_frame(self, name: str) -> Frame | None:
        """The names of another module of the same project, read as they are needed."""
        if self.find is None or not name or self.is_deep or len(self.modules) > _MOST_MODULES:
            return None
        file = self.find(self.frame.file, name)
        if file is None or file is self.file:
            return None
        if file.path not in self.modules:
            self.modules[file.path] = frame = Frame(file)
            self._read_module(file, frame)
        return self.modules[file.path]

    def _read_module(self, file: PythonFile, frame: Frame) -> None:
        tree = file.tree
        if tree is None:
            return
        before = (self.frame, self.deeds, self.functions, self.returned, self.entered, self.find)
        # What it does at its own import is told when that file is looked at.
        self.frame, self.deeds, self.functions, self.returned, self.entered = frame, [], [], [], set()
        self.find = None
        # Its names are wanted: what it calls is not looked into.
        before_stack, self.stack = self.stack, [id(tree)] * 20
        try:
            self.execute(tree.body)
        finally:
            self.stack = before_stack
            self.frame, self.deeds, self.functions, self.returned, self.entered, self.find = before


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
