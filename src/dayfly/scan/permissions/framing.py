"""Frames of functions: in which ways each is called, and what a name is looked up in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.program import Class, Frame, Function, Program
from dayfly.scan.permissions.scopes import Scope
from dayfly.scan.permissions.values import (
    Instance,
    Type_,
    Value,
    Values,
)
from dayfly.scan.template.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping


NO_CUT = 1 << 30
MAX_FRAMES = 16  # ways of calling one function that are told apart


class Framing:
    """The state of one look at a program, and its frames."""

    def __init__(self, program: Program, environment: AnyMapping[str, str | Unresolved]) -> None:
        self.program = program
        self.environment = environment
        self.seen: dict[Function, list[Frame]] = {}  # ways in which functions were called
        self._memo: dict[tuple[ast.AST, Frame], Values] = {}
        self._active: dict[tuple[object, Frame | None], int] = {}
        # Found while something that it depends on was being looked at: good until that is known.
        self._partial: dict[tuple[ast.AST, Frame], tuple[Values, int]] = {}
        self._order: list[tuple[ast.AST, Frame]] = []  # keys of `_partial` as they came
        self._lowest_cut = NO_CUT
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._classes: dict[Class, list[Class]] = {}
        self._steps = 0
        self.depends_on_order = False  # something was looked up that later visits may add to

    def forget(self) -> None:
        """Look again at everything: more ways of calling functions are known now."""
        self._memo.clear()
        self._partial.clear()
        self._order.clear()

    def frame_of(self, function: Function, parent: Frame | None, given: dict[str, Values]) -> Frame:
        """The frame of a function with these arguments, the same object for the same arguments."""
        key = (function, parent, frozenset(given.items()))
        frame = self._frames.get(key)
        if frame is None:
            seen = self.seen.setdefault(function, [])
            if len(seen) >= MAX_FRAMES and given:
                return self.open_frame(function, parent)
            frame = self._frames[key] = Frame(function.scope, parent, given, function)
            seen.append(frame)
        return frame

    def open_frame(self, function: Function, parent: Frame | None = None) -> Frame:
        """The frame of a function of whose arguments nothing is known but their annotations."""
        if parent is None:
            parent = self.program.frames[function.scope.file.path]
        given: dict[str, Values] = {}
        parameters = function.parameters
        if function.cls is not None and parameters and not function.is_static:
            is_type = function.is_class_method
            given[parameters[0].arg] = frozenset({Type_(function.cls) if is_type else Instance(function.cls)})
        key = (function, parent, "open")
        if key not in self._frames:
            self._frames[key] = Frame(function.scope, parent, given, function, is_open=True)
        return self._frames[key]

    def body_of(self, cls: Class) -> Frame:
        """The frame of a class's own body."""
        module = self.program.frames[cls.scope.file.path]
        return self._frames.setdefault(("class", cls), Frame(cls.scope, module))

    def overlay(self, frame: Frame, name: str, value: Value) -> Frame:
        """The frame with one name fixed to one of its values."""
        key = ("overlay", frame, name, value)
        if key not in self._frames:
            overlay = Frame(frame.scope, frame, {name: frozenset({value})}, frame.function, is_overlay=True)
            self._frames[key] = overlay
        return self._frames[key]

    def frames_for(self, scope: Scope, near: Frame | None) -> list[Frame]:
        """The frames in which something that another scope does is to be seen."""
        at = near
        while at is not None:
            if at.scope is scope:
                return [near] if near is not None and near.is_overlay else [at]
            at = at.parent
        if isinstance(scope.node, ast.Module):
            return [self.program.frames[scope.file.path]]
        function = self.program.functions.get(scope.node)
        if function is None:
            return []
        self.depends_on_order = True
        return self.seen.get(function, [])[:MAX_FRAMES] or [self.open_frame(function)]

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """Everything `node` can be; empty where nothing is known of it."""
        raise NotImplementedError

    def call(self, callee: Value, arguments: Arguments) -> Values:
        """What a call of this value answers."""
        raise NotImplementedError
