"""Follows a handler through its statements and calls and notes what it does with things that outlive the event."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from dayfly.scan.state.branching import Branching
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.expressions import Expressions
from dayfly.scan.state.frames import Frame
from dayfly.scan.state.keeping import State
from dayfly.scan.state.naming import Names
from dayfly.scan.state.values import (
    CONSTANT,
    ClassRef,
    FunctionRef,
    Instance,
    Value,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.source.project import Project, PythonFile

_DEPTH = 14  # calls within each other
_BUDGET = 800  # calls followed for one entry
_MOST_STATEMENTS = 12_000


class Follower(Branching):
    """Follows one entry. Everything it learns is in `deeds`."""

    def __init__(self, project: Project, names: Names | None = None) -> None:
        super().__init__()
        self.names = names or Names(project)
        self.project = project
        self.initialised: set[str] = set()
        self.heap: dict[int, dict[str, Value]] = {}
        self.numbers = itertools.count(1)
        self.depth = 0
        self.budget = _BUDGET
        self.statements = _MOST_STATEMENTS
        self.stack: list[ast.AST] = []
        self.pure: dict[tuple[object, ...], Value] = {}
        self.bound: dict[tuple[str, str], Value] = {}
        self.evaluated: dict[int, Value] = {}
        self.expressions = Expressions(self)

    def run(self, body: Sequence[ast.stmt], state: State, frame: Frame) -> None:
        pushed = 0
        for node in body:
            if not state.is_live:
                break
            self.statements -= 1
            if self.statements < 0:
                self.deeds.is_bounded = True
                break
            if not self.initialising:
                self.deeds.lines.add((frame.file.path, node.lineno))
            if isinstance(node, ast.If) and self.run_if(node, state, frame):
                pushed += 1
            elif not isinstance(node, ast.If):
                self._run_one(node, state, frame)
        del self.guards[len(self.guards) - pushed :]
        del self.gates[len(self.gates) - pushed :]

    def _run_one(self, node: ast.stmt, state: State, frame: Frame) -> None:
        evaluate = self.expressions.evaluate
        match node:
            case ast.Expr(value=value):
                evaluate(value, state, frame)
            case ast.Assign(targets=targets, value=expression):
                assigned = evaluate(expression, state, frame)
                for target in targets:
                    self.expressions.assign(target, assigned, state, frame, node)
            case ast.AnnAssign(target=target, value=ast.expr() as expression):
                self.expressions.assign(target, evaluate(expression, state, frame), state, frame, node)
            case ast.AugAssign():
                self.expressions.augment(node, state, frame)
            case ast.Return(value=returned):
                frame.returned.append(evaluate(returned, state, frame) if returned else CONSTANT)
                self._leave(state, frame)
            case ast.Raise(exc=raised):
                if raised is not None:
                    error = evaluate(raised, state, frame)
                    self.flow(error, Outlet.ANSWER, frame.file.place(node), "raise")
                state.is_live = False
            case ast.For() | ast.AsyncFor():
                self.run_for(node, state, frame)
            case ast.While():
                self.run_while(node, state, frame)
            case ast.Try() | ast.TryStar():
                self.run_try(node, state, frame)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    entered = self.expressions.calls.entered(evaluate(item.context_expr, state, frame))
                    if item.optional_vars is not None:
                        self.expressions.assign(item.optional_vars, entered, state, frame, node)
                self.run(node.body, state, frame)
            case ast.Global(names=names):
                frame.globals.update(names)
            case ast.Nonlocal(names=names):
                frame.nonlocals.update(names)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                state.locals[node.name] = self.function(node, frame, state)
            case ast.ClassDef():
                state.locals[node.name] = Value(refs=(ClassRef(frame.file, node, state.locals),))
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    state.locals[name] = self.imported(frame.file, node, alias)
            case ast.Delete(targets=targets):
                for target in targets:
                    self.expressions.delete(target, state, frame)
            case ast.Match():
                self.run_match(node, state, frame)
            case ast.Break() | ast.Continue():
                if frame.breaks:
                    frame.breaks[-1].append(state.copy())
                state.is_live = False
            case ast.Assert(test=test):
                evaluate(test, state, frame)
            case _:
                pass

    def _leave(self, state: State, frame: Frame) -> None:
        frame.exits.append(state.copy())
        state.is_live = False

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame, state: State
    ) -> Value:
        """A function defined within another, closed over its names."""
        closure = _Closure(state.locals, frame.closure)
        ref = FunctionRef(
            frame.file, node, closure, frame.owner, is_of_init=bool(self.initialising), defaults={}
        )
        value = Value(refs=(ref,))
        if isinstance(node, ast.Lambda):
            return value
        return self.expressions.calls.decorated(value, node.decorator_list, state, frame)

    def imported(self, file: PythonFile, node: ast.stmt, alias: ast.alias) -> Value:
        found = self.names.imported(file, node, alias)
        return found if isinstance(found, Value) else self.expressions.module_name(*found)

    def call(
        self,
        function: FunctionRef,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
    ) -> Value:
        """What a function of the project returns; its deeds are noted. Beyond a depth, what it was called with."""
        given = (*((function.bound,) if function.bound is not None else ()), *arguments)
        everything = join(*(value.derived() for value in (*given, *named.values())))
        if self.stack.count(function.node) >= 2 or self.depth >= _DEPTH or self.budget <= 0:
            self.deeds.is_bounded = self.deeds.is_bounded or self.budget <= 0
            return everything
        # The same function with the same arguments in the same state does the same again: nothing new.
        # What it is bound to and closes over is in `known` by its identity.
        known = (
            function.node,
            function.closure if function.closure is None else id(function.closure),
            given,
            tuple(sorted(named.items(), key=lambda pair: pair[0])),
            state.fresh,
            state.dirty,
            frozenset(state.store.items()),
        )
        is_plain = not self.initialising and _is_plain(function, given, named)
        if is_plain and known in self.pure:
            return self.pure[known]
        before = (
            len(self.deeds.writes),
            len(self.deeds.works),
            len(self.deeds.registrations),
            len(self.heap),
        )
        self.budget -= 1
        frame = Frame(
            function.file,
            function,
            function.closure if function.closure is not None else {},
            is_closure_kept=function.is_of_init and function.closure is not None,
            owner=function.owner,
            name=getattr(function.node, "name", "lambda"),
        )
        inner = State(self.expressions.calls.bind(function, given, named, state, frame))
        inner.take_world(state)
        self.depth += 1
        self.stack.append(function.node)
        try:
            if isinstance(function.node, ast.Lambda):
                result = self.expressions.evaluate(function.node.body, inner, frame)
                frame.exits.append(inner)
            else:
                self.run(function.node.body, inner, frame)
                if inner.is_live:
                    frame.exits.append(inner)
                result = join(*frame.returned) if frame.returned else CONSTANT
        finally:
            self.stack.pop()
            self.depth -= 1
        if frame.exits:
            state.merge_worlds(frame.exits)
        after = (len(self.deeds.writes), len(self.deeds.works), len(self.deeds.registrations), len(self.heap))
        is_same = known[4:] == (state.fresh, state.dirty, frozenset(state.store.items()))
        if is_plain and before == after and is_same and not self.deeds.is_bounded:
            self.pure[known] = result
        return result


def _is_plain(function: FunctionRef, given: Sequence[Value], named: Mapping[str, Value]) -> bool:
    """Whether all it works on is in its arguments: no objects whose attributes change, no names around it."""
    if function.closure is not None and not function.is_of_init:
        return False
    values = [*given, *named.values()]
    held = [item for value in values for _, item in value.items]
    return not any(
        isinstance(ref, Instance | FunctionRef) for value in (*values, *held) for ref in value.refs
    )


class _Closure(dict[str, Value]):
    """The names of the function around, as they are when they are looked up."""

    def __init__(self, names: dict[str, Value], outer: Mapping[str, Value]) -> None:
        super().__init__()
        self.names = names
        self.outer = outer

    def __missing__(self, name: str) -> Value:
        if name in self.names:
            return self.names[name]
        return self.outer[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names or name in self.outer
