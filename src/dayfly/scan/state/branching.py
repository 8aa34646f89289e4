"""Follows branches, loops and what catches exceptions."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.keeping import State
from dayfly.scan.state.noting import Noting
from dayfly.scan.state.values import (
    NOTHING,
    RootKind,
    Spot,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.state.frames import Frame


class Branching(Noting):
    """Runs statements that choose their way."""

    def run(self, body: Sequence[ast.stmt], state: State, frame: Frame) -> None:
        """Run statements one after the other."""
        raise NotImplementedError

    def run_if(self, node: ast.If, state: State, frame: Frame) -> bool:
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

    def run_for(self, node: ast.For | ast.AsyncFor, state: State, frame: Frame) -> None:
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

    def run_while(self, node: ast.While, state: State, frame: Frame) -> None:
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

    def run_try(self, node: ast.Try | ast.TryStar, state: State, frame: Frame) -> None:
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

    def run_match(self, node: ast.Match, state: State, frame: Frame) -> None:
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
