"""Follows a handler through its statements and calls and notes what it does with things that outlive the event."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dayfly.scan.state.deeds import Deeds, Flow, Outlet, Write
from dayfly.scan.state.expressions import Expressions
from dayfly.scan.state.keeping import State, is_open, overlap
from dayfly.scan.state.naming import Names
from dayfly.scan.state.values import (
    CONSTANT,
    ENVIRON,
    NOTHING,
    ClassRef,
    FunctionRef,
    Read,
    RootKind,
    Spot,
    Value,
    is_deciding,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.model import Place
    from dayfly.scan.source.project import Project, PythonFile

_DEPTH = 14  # calls within each other
_BUDGET = 1200  # calls followed for one entry
_MOST_STATEMENTS = 20_000


@dataclass
class Frame:
    """One call that is being followed."""

    file: PythonFile
    function: FunctionRef | None = None
    closure: Mapping[str, Value] = field(default_factory=dict)
    is_closure_kept: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    returned: list[Value] = field(default_factory=list)
    exits: list[State] = field(default_factory=list)
    breaks: list[list[State]] = field(default_factory=list)
    owner: ClassRef | None = None
    name: str = ""


class Follower:
    """Follows one entry. Everything it learns is in `deeds`."""

    def __init__(self, project: Project, names: Names | None = None) -> None:
        self.names = names or Names(project)
        self.project = project
        self.deeds = Deeds()
        self.initialised: set[str] = set()
        self.init_store: dict[Spot, Value] = {}
        self.heap: dict[int, dict[str, Value]] = {}
        self.numbers = itertools.count(1)
        self.guards: list[Value] = []
        self.tests: list[str] = []  # the text of the tests around
        self.gates: list[Value] = []  # tests that were passed on the way
        self.initialising = 0
        self.depth = 0
        self.budget = _BUDGET
        self.statements = _MOST_STATEMENTS
        self.stack: list[ast.AST] = []
        self.bound: dict[tuple[str, str], Value] = {}
        self.evaluated: dict[int, Value] = {}
        self.expressions = Expressions(self)

    # Statements

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
            if isinstance(node, ast.If) and self._run_if(node, state, frame):
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
                self._run_for(node, state, frame)
            case ast.While():
                self._run_while(node, state, frame)
            case ast.Try() | ast.TryStar():
                self._run_try(node, state, frame)
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
                self._run_match(node, state, frame)
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

    def _run_if(self, node: ast.If, state: State, frame: Frame) -> bool:
        """Both branches; True where one never comes back, so that the rest depends on the test as well."""
        test = self.expressions.evaluate(node.test, state, frame)
        self.decide(node.test, test, frame)
        if test.truth is not None:
            self.run(node.body if test.truth else node.orelse, state, frame)
            return False
        other, dirty = state.copy(), state.dirty
        self.guards.append(test)
        self.tests.append(ast.unparse(node.test))
        self.run(node.body, state, frame)
        self.run(node.orelse, other, frame)
        self.guards.pop()
        self.tests.pop()
        _agree_on_emptied(node.test, test, dirty, state, other)
        lives = (state.is_live, other.is_live)
        state.merge([state.copy(), other])
        if all(lives) or not any(lives):
            return False
        # What comes after `if …: return` depends on the test, but in a weaker sense: it is the rule, not the case.
        self.guards.append(replace(test, parts=frozenset()))
        self.gates.append(test)
        return True

    def _run_for(self, node: ast.For | ast.AsyncFor, state: State, frame: Frame) -> None:
        items = self.expressions.evaluate(node.iter, state, frame)
        value = self.expressions.element_of(items, node.iter, state, frame)
        before = state.copy()
        # A folder that is swept may be empty, and then there is nothing left in it either.
        before.is_live = not (items.text and "*" in items.text)
        # What such a loop takes away it takes away: that there may be nothing to take changes nothing.
        before.dirty = frozenset()
        frame.breaks.append([])
        for _ in range(2):
            if state.is_live:
                self.expressions.assign(node.target, value, state, frame, node)
                self.run(node.body, state, frame)
                state.merge([state.copy(), before, *frame.breaks[-1]])
        frame.breaks.pop()
        if state.is_live:
            self.run(node.orelse, state, frame)

    def _run_while(self, node: ast.While, state: State, frame: Frame) -> None:
        test = self.expressions.evaluate(node.test, state, frame)
        if test.truth is False:
            return
        self.decide(node.test, test, frame)
        before = state.copy()
        frame.breaks.append([])
        self.guards.append(test)
        for _ in range(2):
            if state.is_live:
                self.run(node.body, state, frame)
                ends = [*frame.breaks[-1]] if test.truth else [before, *frame.breaks[-1]]
                state.merge([state.copy(), *ends])
                self.expressions.evaluate(node.test, state, frame)
        self.guards.pop()
        frame.breaks.pop()
        if state.is_live:
            self.run(node.orelse, state, frame)

    def _run_try(self, node: ast.Try | ast.TryStar, state: State, frame: Frame) -> None:
        before, first_exit = state.copy(), len(frame.exits)
        self.run(node.body, state, frame)
        middle = state.copy()
        middle.is_live = True
        thrown = before.copy()
        # Names bound in the body may or may not be bound when it fails; what was written may have been.
        thrown.merge([before, middle])
        if state.is_live:
            self.run(node.orelse, state, frame)
        ends = [state.copy()]
        for handler in node.handlers:
            caught = thrown.copy()
            if handler.name:
                caught.locals[handler.name] = NOTHING
            self.run(handler.body, caught, frame)
            ends.append(caught)
        state.merge(ends)
        if not node.finalbody:
            return
        left = frame.exits[first_exit:]
        del frame.exits[first_exit:]
        for one in left:
            one.is_live = True
            self.run(node.finalbody, one, frame)
            if one.is_live:
                frame.exits.append(one)
        if state.is_live:
            self.run(node.finalbody, state, frame)
        elif not left:
            self.run(node.finalbody, thrown, frame)

    def _run_match(self, node: ast.Match, state: State, frame: Frame) -> None:
        subject = self.expressions.evaluate(node.subject, state, frame)
        self.flow(subject, Outlet.DECISION, frame.file.place(node.subject), "match")
        ends, is_total = [], False
        self.guards.append(subject)
        for case in node.cases:
            branch = state.copy()
            for inner in ast.walk(case.pattern):
                name = getattr(inner, "name", None) or getattr(inner, "rest", None)
                if isinstance(name, str):
                    branch.locals[name] = subject.derived()
            if case.guard is not None:
                self.expressions.evaluate(case.guard, branch, frame)
            self.run(case.body, branch, frame)
            ends.append(branch)
            is_total = is_total or (
                case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            )
        self.guards.pop()
        state.merge(ends if is_total else [*ends, state.copy()])

    def decide(self, node: ast.expr, test: Value, frame: Frame) -> None:
        """Something kept decided which way to go."""
        self.flow(test, Outlet.DECISION, frame.file.place(node), "test")

    # Functions

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
        live = [one for one in frame.exits if one.is_live or one in frame.exits]
        if live:
            state.merge_worlds(live)
        return result

    # Deeds

    def write(
        self,
        spot: Spot,
        value: Value,
        state: State,
        place: Place,
        what: str,
        *,
        key: frozenset[tuple[str, ...]] = frozenset(),
        is_whole: bool = True,
        is_credential: bool = False,
        is_code: bool = False,
        is_queue: bool = False,
        is_memo: bool = False,
    ) -> None:
        """Note that a kept thing was changed, and change it in `state`."""
        stale = any(
            read.spot.root == spot.root and not state.is_fresh(read.spot) and not read.is_test
            for read in value.reads
        )
        is_whole = is_whole and not stale
        fresh = state.fresh_fields(spot.root)
        parts, is_implied = value.parts, False
        guards = frozenset(read.spot.root for guard in self.guards for read in guard.reads)
        if (
            not parts
            and value.is_constant
            and spot.root not in guards
            and spot.root.kind is not RootKind.FILE
        ):
            tests = [*self.guards, *(self.gates if is_deciding(spot.root) else ())]
            parts = frozenset(part for guard in tests for part in guard.parts)
            is_implied = bool(parts)
        state.put(spot, value, is_whole=is_whole, is_dirty=bool(parts or key or is_code))
        if spot.root == ENVIRON and any(read.spot.root == ENVIRON for read in value.reads):
            # What was read from the environment before is put back.
            state.remove(spot if not is_open(spot.field[-1]) else Spot(ENVIRON))
        if self.initialising:
            held = Value(refs=value.refs, items=value.items, is_client=value.is_client)
            self.init_store[spot] = join(self.init_store.get(spot, NOTHING), held)
            return
        write = Write(
            spot,
            place,
            what,
            parts,
            key,
            is_whole,
            fresh,
            guards,
            value.is_client,
            is_credential,
            any(guard.parts or guard.reads for guard in (*self.guards, *self.gates)),
            is_implied,
            is_queue,
            value.is_opaque,
            is_memo,
            is_code,
        )
        known = self.deeds.writes.get((spot, place, key))
        if known is None or (known.fresh and not fresh) or (parts - known.parts):
            if known is not None:
                write = replace(
                    write,
                    parts=parts | known.parts,
                    fresh=fresh & known.fresh,
                    is_whole=is_whole and known.is_whole,
                )
            self.deeds.writes[spot, place, key] = write

    def left_by_init(self, spot: Spot) -> Value:
        """What importing the modules put there: functions in registries, above all."""
        found = [
            value
            for one, value in self.init_store.items()
            if one.root == spot.root and len(one.field) >= len(spot.field) and overlap(one.field, spot.field)
        ]
        return join(*found) if found and spot.field else NOTHING

    def read(
        self, spot: Spot, state: State, place: Place, *, key: frozenset[tuple[str, ...]] = frozenset()
    ) -> Read:
        read = Read(spot, place, key, state.fresh_fields(spot.root))
        if not self.initialising:
            self.deeds.reads.add(read)
        return read

    def flow(self, value: Value, outlet: Outlet, place: Place, what: str) -> None:
        if self.initialising:
            return
        for read in self.expressions.deep_reads(value):
            if not (outlet is Outlet.DECISION and read.is_test):
                self.deeds.flows.add(Flow(read, outlet, place, what))


def _agree_on_emptied(
    node: ast.expr, test: Value, dirty: frozenset[Spot], state: State, other: State
) -> None:
    """After `if rows: rows.clear()` and `if exists(path): remove(path)` there is nothing left either way."""
    text = ast.unparse(node)
    is_about_files = "exists(" in text or "isfile(" in text
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or text.startswith("len("):
        for spot in state.emptied - other.emptied:
            if (
                any(read.spot.root == spot.root for read in test.reads)
                and "<" not in text
                and ">" not in text
            ):
                other.empty(spot)
    if is_about_files:
        for one, its in ((state, other), (other, state)):
            for spot in (dirty & its.dirty) - one.dirty:
                if spot.root.kind is RootKind.FILE:
                    its.remove(spot)


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
