"""Calls: of the project's functions and classes, of containers that are kept, of libraries."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.containers import find_method
from dayfly.scan.state.files import Files
from dayfly.scan.state.keeping import State
from dayfly.scan.state.libraries import Libraries
from dayfly.scan.state.making import Making
from dayfly.scan.state.values import (
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    OpenFile,
    Value,
    join,
    mix,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.expressions import Expressions
    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame


# Methods after which a library's object holds what they were given.
_SETTERS = ("set", "add", "append", "bind", "include", "insert", "attach", "with_")


class Calls(Making):
    """Evaluates calls for a `Follower`."""

    def __init__(self, follower: Follower, expressions: Expressions) -> None:
        self.follower = follower
        self.expressions = expressions
        self.files = Files(follower)
        self.libraries = Libraries(follower, self)
        self.permanent_loops = 0

    def evaluate(self, node: ast.Call, state: State, frame: Frame) -> Value:
        function = node.func
        is_loop = isinstance(function, ast.Attribute) and function.attr in ("run_until_complete", "run")
        if isinstance(function, ast.Attribute):
            receiver = self.expressions.evaluate(function.value, state, frame)
            entered = is_loop and function.attr == "run_until_complete" and bool(receiver.spots)
            self.permanent_loops += entered
            arguments, named = self.arguments(node, state, frame)
            self.permanent_loops -= entered
            result = self._method(node, function, receiver, arguments, named, state, frame)
            if result is not None:
                return result
            callee = self.expressions.attribute(receiver, function.attr, function, state, frame)
            if not receiver.spots and function.attr.startswith(_SETTERS):
                given = mix(*(self.expressions.deep(one) for one in (*arguments, *named.values())))
                self.expressions.absorb(function.value, None, given, state, frame)
            return self.apply(callee, receiver, arguments, named, node, state, frame)
        callee = self.expressions.evaluate(function, state, frame)
        arguments, named = self.arguments(node, state, frame)
        return self.apply(callee, NOTHING, arguments, named, node, state, frame)

    def arguments(self, node: ast.Call, state: State, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        arguments: list[Value] = []
        for one in node.args:
            value = self.expressions.evaluate(one, state, frame)
            if isinstance(one, ast.Starred) and value.items and not value.spots:
                arguments.extend(item for _, item in value.items)
            else:
                arguments.append(value)
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.expressions.evaluate(keyword.value, state, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            else:
                named.update(value.items)
                named["**"] = value.derived()
        return arguments, named

    def apply(
        self,
        callee: Value,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value:
        """The result of calling whatever `callee` may be."""
        results: list[Value] = []
        for ref in callee.refs[:6]:
            match ref:
                case FunctionRef():
                    results.append(self.call_function(ref, arguments, named, state, node, frame))
                case ClassRef():
                    results.append(self.instantiate(ref, arguments, named, state, node, frame))
                case Instance(owner=owner):
                    for one in self.expressions.lineage(owner):
                        method = find_method(one.node, "__call__")
                        if method is not None:
                            bound = FunctionRef(one.file, method, one.scope, one, callee)
                            results.append(self.follower.call(bound, arguments, named, state, node))
                            break
                case External(name=name):
                    results.append(self.libraries.call(name, receiver, arguments, named, node, state, frame))
                case _:
                    pass
        if results:
            result = join(*results)
            return (
                replace(result, reads=result.reads | callee.reads)
                if callee.reads and not callee.spots
                else result
            )
        # A method of what is not known: `event["name"].lower()` is still made of event["name"].
        unknown = receiver if isinstance(node.func, ast.Attribute) else callee
        return self.libraries.call("", unknown, arguments, named, node, state, frame)

    def call_function(
        self,
        ref: FunctionRef,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        if ref.memo is None:
            return self.follower.call(ref, arguments, named, state, node)
        return self._memoised(ref, ref.memo, arguments, named, state, node, frame)

    def await_work(self, value: Value) -> None:
        for number in value.work:
            if number in self.follower.deeds.works:
                self.follower.deeds.works[number].is_awaited = True

    def entered(self, value: Value) -> Value:
        """What `with` binds: pools wait at its end, temporary directories go."""
        self.await_work(value)
        externals = value.externals
        if any(name.startswith(knowledge.EXECUTORS) for name in externals):
            return replace(value, refs=(External("pool entered"),), spots=frozenset())
        if any(name.startswith("tempfile.TemporaryDirectory") for name in externals):
            return Value(text="{removed}")
        return value

    def _method(
        self,
        node: ast.Call,
        function: ast.Attribute,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> Value | None:
        """Methods of kept containers, of the environment's variables, of work; None for all others."""
        name = function.attr
        if receiver.work and name in knowledge.AWAITING:
            self.await_work(receiver)
        if receiver.work and name == "start":
            for number in receiver.work:
                if number in self.follower.deeds.works:
                    self.follower.deeds.works[number].is_started = True
        if any(isinstance(ref, Instance) for ref in receiver.refs) and self._has_method(receiver, name):
            return None
        if any(isinstance(ref, OpenFile) for ref in receiver.refs):
            return self.files.method(name, receiver, arguments, named, node, state, frame)
        externals = receiver.externals
        if any(one.startswith("contextvars.ContextVar()") for one in externals):
            return self.libraries.context_variable(name, receiver, arguments, node, state, frame)
        is_environment = "os.environ" in externals
        is_container = is_environment or self._is_container(receiver)
        if not is_container:
            return None
        return self._container_method(
            name, node, function.value, receiver, arguments, named, state, frame, is_environment
        )
