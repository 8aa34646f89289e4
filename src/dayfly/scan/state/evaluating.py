"""What every part of the evaluation needs: the follower, and a look into values."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.calling import Calls
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import (
    ClassRef,
    External,
    FunctionRef,
    Instance,
    ModuleRef,
    Read,
    Root,
    RootKind,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame


class Evaluator:
    """Evaluates for a `Follower`; the classes made of it know names, attributes, changes and expressions."""

    calls: Calls

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def evaluate(self, node: ast.expr, state: State, frame: Frame) -> Value:
        """What is known of an expression's value."""
        raise NotImplementedError

    def deep_reads(self, value: Value, depth: int = 0) -> frozenset[Read]:
        reads = value.reads
        if depth < 3:
            for _, item in value.items:
                reads |= self.deep_reads(item, depth + 1)
            for ref in value.refs:
                if isinstance(ref, Instance):
                    for held in self.follower.heap.get(ref.number, {}).values():
                        reads |= self.deep_reads(held, depth + 1)
        return reads

    def deep(self, value: Value, depth: int = 0) -> Value:
        """The value with the data of what it holds."""
        parts, reads, is_client = value.parts, value.reads, value.is_client
        if depth < 3:
            for ref in value.refs:
                inner: Mapping[str, Value] = {}
                if isinstance(ref, Instance):
                    inner = self.follower.heap.get(ref.number, {})
                elif isinstance(ref, FunctionRef) and ref.closure is not None and not ref.is_of_init:
                    inner = self.captured(ref)
                for held in inner.values():
                    held = self.deep(held, depth + 1)
                    parts, reads = parts | held.parts, reads | held.reads
        return replace(value, parts=parts, reads=reads, is_client=is_client)

    def captured(self, ref: FunctionRef) -> dict[str, Value]:
        """What a function made in this invocation takes from around it."""
        closure: Mapping[str, Value] = ref.closure if ref.closure is not None else {}
        names = {node.id for node in ast.walk(ref.node) if isinstance(node, ast.Name)}
        return {name: closure[name] for name in sorted(names) if name in closure}

    def let_out(self, value: Value, outlet: Outlet, node: ast.AST, what: str, frame: Frame) -> None:
        self.follower.flow(value, outlet, frame.file.place(node), what)

    def _is_changeable(self, value: Value) -> bool:
        """Whether it could hold something else tomorrow: no constant, function, class or module."""
        if value.drawn:
            return True
        if value.is_constant:
            return False
        settled = (FunctionRef, ClassRef, ModuleRef)
        return not value.refs or any(
            not isinstance(ref, settled) and not (isinstance(ref, External) and "()" not in ref.name)
            for ref in value.refs
        )

    def _closure_root(self, name: str, frame: Frame) -> Root:
        line = getattr(frame.function.node, "lineno", 0) if frame.function is not None else 0
        return Root(RootKind.GLOBAL, frame.file.path, name, line)
