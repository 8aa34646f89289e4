"""Finds out what an expression can be: names through scopes, files and calls, without regard to order.

A name is everything that is ever bound to it in its scope. Calls of the project's own functions are looked at
with what they were given, so a helper that makes clients of any service gives each caller its own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.permissions.calling import Calling
from dayfly.scan.permissions.containers import get_item, iterate
from dayfly.scan.permissions.framing import NO_CUT
from dayfly.scan.permissions.program import Frame
from dayfly.scan.permissions.values import (
    FROM_RUN_TIME,
    NOTHING,
    Callable_,
    External,
    Hole,
    Mapping,
    Sequence,
    Text,
    Value,
    Values,
    constants,
    each,
    join,
    limited,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


MAX_STEPS = 150_000  # expressions looked at per handler: two to four seconds
MAX_DEPTH = 60  # expressions and calls within each other; each takes up to eight of the interpreter's frames


class TooMuchError(Exception):
    """The bound on steps was reached."""


class Evaluator(Calling):
    """Values of expressions for one handler."""

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """Everything `node` can be; empty where nothing is known of it."""
        key = (node, frame)
        if key in self._memo:
            return self._memo[key]
        if key in self._active:
            self._lowest_cut = min(self._lowest_cut, self._active[key])
            return NOTHING
        if key in self._partial:
            values, cut = self._partial[key]
            self._lowest_cut = min(self._lowest_cut, cut)
            return values
        depth = len(self._active)
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuchError
        if depth > MAX_DEPTH:
            return FROM_RUN_TIME
        outer_cut, self._lowest_cut = self._lowest_cut, NO_CUT
        began = len(self._order)
        self._active[key] = depth
        try:
            values = self._compute(node, frame)
        finally:
            del self._active[key]
            own_cut = self._lowest_cut
            self._lowest_cut = min(outer_cut, own_cut if own_cut < depth else NO_CUT)
        if own_cut >= depth:
            # What was cut off ends here, so this value is whole; what was found below it without it is not.
            self._memo[key] = values
            kept = []
            for other in self._order[began:]:
                if self._partial[other][1] >= depth:
                    del self._partial[other]
                else:
                    kept.append(other)
            self._order[began:] = kept
        else:
            self._partial[key] = (values, own_cut)
            self._order.append(key)
        return values

    def _compute(self, node: ast.expr, frame: Frame) -> Values:
        match node:
            case ast.Constant(value=str(value)):
                return text(value)
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return text(str(number))
            case ast.Name():
                return self.name(node.id, frame)
            case ast.Attribute():
                return each(self.evaluate(node.value, frame), lambda one: self.attribute(one, node.attr))
            case ast.Call():
                return self._call(node, frame)
            case ast.Await() | ast.Starred() | ast.NamedExpr() | ast.FormattedValue():
                return self.evaluate(node.value, frame)
            case ast.JoinedStr():
                return self._joined(node.values, frame)
            case ast.BinOp(op=ast.Add()):
                return self._added(self.evaluate(node.left, frame), self.evaluate(node.right, frame))
            case ast.BinOp(op=ast.BitOr()):
                return self.evaluate(node.left, frame) | self.evaluate(node.right, frame)
            case ast.BinOp(op=ast.Mod()):
                return self._percent(node, frame)
            case ast.BoolOp():
                return self._either(node, frame)
            case ast.IfExp():
                return self.evaluate(node.body, frame) | self.evaluate(node.orelse, frame)
            case ast.Dict():
                return self._dictionary(node, frame)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._sequence(node.elts, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                frames = self._unrolled(node.generators, frame)
                found = {one for each in frames for one in self.evaluate(node.elt, each)}
                return frozenset({Sequence((), limited(found))})
            case ast.DictComp():
                return self._made_dictionary(node, frame)
            case ast.Subscript():
                return self._subscript(node, frame)
            case ast.Lambda():
                return frozenset({Callable_(self.program.functions[node], frame)})
            case _:
                return NOTHING

    def _either(self, node: ast.BoolOp, frame: Frame) -> Values:
        """`a or b` is `a` alone where that is a text that is known to be there."""
        found: set[Value] = set()
        for value in node.values:
            values = self.evaluate(value, frame)
            found |= values
            if isinstance(node.op, ast.Or) and values and all(_is_there(one) for one in values):
                break
        return limited(found)

    def _joined(self, pieces: Iterable[ast.expr], frame: Frame) -> Values:
        values = text("")
        for piece in pieces:
            values = join(values, self.evaluate(piece, frame))
        return values

    def _added(self, left: Values, right: Values) -> Values:
        lists = [one for one in (*left, *right) if isinstance(one, Sequence)]
        if lists:
            return limited({*lists})
        if not left and not right:
            return NOTHING
        return join(left, right)

    def _percent(self, node: ast.BinOp, frame: Frame) -> Values:
        formats = constants(self.evaluate(node.left, frame))
        if not formats:
            return FROM_RUN_TIME
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        pieces = formats[0].replace("%d", "%s").replace("%r", "%s").split("%s")
        values = text(pieces[0])
        for position, piece in enumerate(pieces[1:]):
            inner = self.evaluate(given[position], frame) if position < len(given) else FROM_RUN_TIME
            values = join(join(values, inner), text(piece))
        return values

    def _dictionary(self, node: ast.Dict, frame: Frame) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        others: set[Value] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                for inner in self.evaluate(value, frame):
                    if isinstance(inner, Mapping):
                        items.update(inner.items)
                        rest |= inner.rest
                        others |= inner.names
                continue
            keys = self.evaluate(key, frame)
            names = constants(keys)
            found = self.evaluate(value, frame)
            for name in names:
                items[name] = items.get(name, NOTHING) | found
            if not names:
                rest |= found
                others |= keys
        return frozenset({Mapping(tuple(sorted(items.items())), limited(rest), limited(others))})

    def _sequence(self, elements: list[ast.expr], frame: Frame) -> Values:
        items: list[Values] = []
        rest: set[Value] = set()
        for element in elements[:200]:
            values = self.evaluate(element, frame)
            if isinstance(element, ast.Starred):
                rest |= {one for value in values for one in iterate(value)}
            else:
                items.append(values)
        return frozenset({Sequence(tuple(items), limited(rest))})

    def _unrolled(self, generators: list[ast.comprehension], frame: Frame) -> list[Frame]:
        """One frame for each constant that the first variable takes; else the frame itself."""
        first = generators[0]
        if isinstance(first.target, ast.Name):
            values = limited({one for v in self.evaluate(first.iter, frame) for one in iterate(v)})
            if values and all(isinstance(one, Text) and one.constant is not None for one in values):
                return [self.overlay(frame, first.target.id, one) for one in sorted(values, key=repr)]
        return [frame]

    def _made_dictionary(self, node: ast.DictComp, frame: Frame) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        for one_frame in self._unrolled(node.generators, frame):
            names = constants(self.evaluate(node.key, one_frame))
            found = self.evaluate(node.value, one_frame)
            for name in names:
                items[name] = items.get(name, NOTHING) | found
            if not names:
                rest |= found
        return frozenset({Mapping(tuple(sorted(items.items())), limited(rest))})

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Values:
        keys = self.evaluate(node.slice, frame)
        owners = self.evaluate(node.value, frame)
        found = {one for owner in owners for one in self._item(owner, keys)}
        if not found and isinstance(node.value, ast.Name):
            found = set(self._stored(node.value.id, frame, keys))
        return limited(found) or (FROM_RUN_TIME if owners else NOTHING)

    def _item(self, owner: Value, keys: Values) -> Values:
        if isinstance(owner, External) and owner.name == "os.environ":
            return self.variable(keys, NOTHING)
        return get_item(owner, keys)

    def _stored(self, name: str, frame: Frame, keys: Values) -> Values:
        wanted = set(constants(keys))
        found: set[Value] = set()
        for value in self.name(name, frame):
            if isinstance(value, Mapping):
                for key, held in value.items:
                    if not wanted or key in wanted:
                        found |= held
                found |= value.rest
        return limited(found)


def _is_there(value: Value) -> bool:
    """Never empty, and not decided by the environment."""
    return (
        isinstance(value, Text)
        and bool(value.parts)
        and not any(isinstance(one, Hole) for one in value.parts)
    )
