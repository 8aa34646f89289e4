"""Values of expressions: one case for each kind of them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.calling import Calls
from dayfly.scan.state.changing import Changing
from dayfly.scan.state.folding import fold_number, fold_order
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import (
    NOTHING,
    External,
    Value,
    join,
    mix,
)

if TYPE_CHECKING:
    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame


class Expressions(Changing):
    """Evaluates every kind of expression."""

    def __init__(self, follower: Follower) -> None:
        super().__init__(follower)
        self.calls = Calls(follower, self)

    def evaluate(self, node: ast.expr, state: State, frame: Frame) -> Value:
        match node:
            case ast.Constant(value=constant):
                return Value(
                    is_constant=True,
                    truth=bool(constant),
                    text=constant if isinstance(constant, str) else str(constant),
                )
            case ast.Name():
                return self._name(node, state, frame)
            case ast.Attribute():
                return self.attribute(self.evaluate(node.value, state, frame), node.attr, node, state, frame)
            case ast.Subscript():
                return self._subscript(node, state, frame)
            case ast.Call():
                return self.calls.evaluate(node, state, frame)
            case ast.JoinedStr(values=values):
                return self._text([self.evaluate(one, state, frame) for one in values], "")
            case ast.FormattedValue(value=value):
                return self.evaluate(value, state, frame)
            case ast.BinOp():
                return self._operation(node, state, frame)
            case ast.BoolOp():
                return self._logic(node, state, frame)
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.evaluate(operand, state, frame)
                if isinstance(op, ast.Not):
                    truth = None if inner.truth is None else not inner.truth
                    return replace(inner.derived(), truth=truth, is_constant=inner.is_constant)
                return replace(inner.derived(), is_constant=inner.is_constant)
            case ast.Compare():
                return self._comparison(node, state, frame)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                tested = self.evaluate(test, state, frame)
                self.follower.decide(test, tested, frame)
                if tested.truth is not None:
                    return self.evaluate(body if tested.truth else orelse, state, frame)
                return join(self.evaluate(body, state, frame), self.evaluate(orelse, state, frame))
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                return self._display(node, state, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, state, frame)
            case ast.Await(value=value) | ast.Starred(value=value):
                result = self.evaluate(value, state, frame)
                if isinstance(node, ast.Await):
                    self.calls.await_work(result)
                return result
            case ast.Yield(value=given):
                frame.returned.append(self.evaluate(given, state, frame) if given else NOTHING)
                return NOTHING
            case ast.YieldFrom(value=value):
                frame.returned.append(self.evaluate(value, state, frame))
                return NOTHING
            case ast.NamedExpr(target=target, value=value):
                result = self.evaluate(value, state, frame)
                self.assign(target, result, state, frame, node)
                return result
            case ast.Lambda():
                return self.follower.function(node, frame, state)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return mix(
                    *(self.evaluate(one, state, frame) for one in (lower, upper, step) if one is not None)
                )
            case _:
                return NOTHING

    def _subscript(self, node: ast.Subscript, state: State, frame: Frame) -> Value:
        value = self.evaluate(node.value, state, frame)
        index = self.evaluate(node.slice, state, frame)
        if isinstance(node.slice, ast.Slice):
            return replace(mix(value, index), text=value.text and "{}", items=())
        return self.element(value, index, node, state, frame)

    def _text(self, values: list[Value], separator: str) -> Value:
        text = separator.join("{}" if value.text is None else value.text for value in values)
        return replace(mix(*values), text=text, is_constant=all(value.is_constant for value in values))

    def _operation(self, node: ast.BinOp, state: State, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, state, frame), self.evaluate(node.right, state, frame)
        if left.is_constant and right.is_constant and not left.reads and not right.reads:
            number = fold_number(node.op, left.text, right.text)
            if number is not None:
                return Value(is_constant=True, truth=number != 0, text=str(number))
        result = mix(left, right)
        if isinstance(node.op, ast.Sub):
            # How long ago something was drawn at init is no secret and no identity.
            reads = frozenset(read for read in result.reads if read.spot.root.drawn != "clock")
            return replace(result, reads=reads)
        if left.text is not None or right.text is not None:
            texts = (left.text or "{}", right.text or "{}")
            if isinstance(node.op, ast.Add):
                return replace(
                    result, text=texts[0] + texts[1], is_constant=left.is_constant and right.is_constant
                )
            if isinstance(node.op, ast.Div):
                return replace(result, text=texts[0].rstrip("/") + "/" + texts[1])
            if isinstance(node.op, ast.Mod):
                return replace(result, text=texts[0].replace("%s", "{}").replace("%d", "{}"))
        return result

    def _logic(self, node: ast.BoolOp, state: State, frame: Frame) -> Value:
        values: list[Value] = []
        for one in node.values:
            value = self.evaluate(one, state, frame)
            if value.truth is isinstance(node.op, ast.Or):
                values.append(value)
                break
            if value.truth is None or one is node.values[-1]:
                values.append(value)
        truths = {value.truth for value in values}
        return replace(join(*values), truth=truths.pop() if len(truths) == 1 else None)

    def _comparison(self, node: ast.Compare, state: State, frame: Frame) -> Value:
        values = [self.evaluate(one, state, frame) for one in (node.left, *node.comparators)]
        operator = node.ops[0]
        if len(values) == 2 and all(value.is_constant and not value.reads for value in values):
            order = fold_order(operator, values[0].text, values[1].text)
            if order is not None:
                return Value(is_constant=True, truth=order)
            same = values[0].text == values[1].text
            if isinstance(operator, ast.Eq | ast.Is):
                return Value(is_constant=True, truth=same)
            if isinstance(operator, ast.NotEq | ast.IsNot):
                return Value(is_constant=True, truth=not same)
        result = mix(*values)
        is_presence = isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn)
        if is_presence:
            self.follower.deeds.tested.update(read.spot for read in values[-1].reads)
        reads = frozenset(
            replace(read, is_test=read.is_test or is_presence)
            for read in result.reads
            if read.spot.root.drawn not in ("clock", "random", "generator")
        )
        return replace(result, reads=reads, is_opaque=True)

    def _display(self, node: ast.Dict | ast.List | ast.Tuple | ast.Set, state: State, frame: Frame) -> Value:
        items: list[tuple[str, Value]] = []
        loose: list[Value] = []
        if isinstance(node, ast.Dict):
            for key, one in zip(node.keys, node.values, strict=True):
                value = self.evaluate(one, state, frame)
                index = self.evaluate(key, state, frame) if key is not None else NOTHING
                if key is not None and index.is_constant and index.text is not None:
                    items.append((index.text, value))
                else:
                    loose.extend((value.derived(), index.derived()))
                    if key is None:
                        items.extend(value.items)
        else:
            for number, one in enumerate(node.elts):
                value = self.evaluate(one, state, frame)
                if isinstance(one, ast.Starred) or isinstance(node, ast.Set):
                    loose.append(value.derived())
                else:
                    items.append((str(number), value))
        everything = mix(*loose, *(value for _, value in items))
        name = {ast.Dict: "dict()", ast.List: "list()", ast.Set: "set()", ast.Tuple: "tuple()"}[type(node)]
        constant = isinstance(node, ast.Tuple) and all(value.is_constant for _, value in items) and not loose
        return replace(
            everything,
            refs=() if isinstance(node, ast.Tuple) else (External(name),),
            items=tuple(items[:40]),
            is_constant=constant,
            truth=False if isinstance(node, ast.Tuple) and not node.elts else None,
        )

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State, frame: Frame
    ) -> Value:
        inner = state.copy()
        for generator in node.generators:
            items = self.evaluate(generator.iter, inner, frame)
            self.assign(
                generator.target, self.element_of(items, generator.iter, inner, frame), inner, frame, node
            )
            for test in generator.ifs:
                self.evaluate(test, inner, frame)
        if isinstance(node, ast.DictComp):
            result = mix(self.evaluate(node.key, inner, frame), self.evaluate(node.value, inner, frame))
        else:
            result = self.evaluate(node.elt, inner, frame)
        state.take_world(inner)
        return replace(result.derived(), refs=(External("list()"),), work=result.work, is_constant=False)
