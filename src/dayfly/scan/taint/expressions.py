"""Evaluates expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import (
    arithmetic,
    attributes,
    calls,
    comparisons,
    comprehensions,
    items,
    names,
    special_methods,
    texts,
)
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.machine import UnreachableError
from dayfly.scan.taint.values import (
    Const,
    Function,
    Items,
    Name,
    Ref,
    Scope,
    Thing,
    alternatives,
    fresh_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def evaluate(machine: Machine, node: ast.expr) -> Value:
    """The value of an expression; raises UnreachableError where it cannot be had."""
    machine.tick()
    visit = _VISITORS.get(type(node))
    if visit is None:
        return Thing()
    return visit(machine, node)


def evaluate_condition(machine: Machine, node: ast.expr) -> Value:
    """What decides whether an expression is true."""
    return special_methods.condition(machine, evaluate(machine, node), node)


def _constant(machine: Machine, node: ast.Constant) -> Value:
    value = node.value
    if value is None or isinstance(value, (str, bytes, int, float, complex)):
        return Const(value)
    return Name("Ellipsis")


def _name(machine: Machine, node: ast.Name) -> Value:
    found = names.look_up(machine, machine.here, node.id)
    return attributes.resolve(machine, found) if isinstance(found, Name) else found


def _attribute(machine: Machine, node: ast.Attribute) -> Value:
    holder = evaluate(machine, node.value)
    machine.current_call = node
    return attributes.get_attribute(machine, holder, node.attr)


def _subscript(machine: Machine, node: ast.Subscript) -> Value:
    holder = evaluate(machine, node.value)
    if isinstance(node.slice, ast.Slice):
        bounds = [
            None if part is None else evaluate(machine, part)
            for part in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        return items.cut(machine, holder, bounds)
    key = evaluate(machine, node.slice)
    machine.current_call = node
    return items.get_item(machine, holder, key, node)


def _bool_op(machine: Machine, node: ast.BoolOp) -> Value:
    """`and`, `or`: later operands are evaluated knowing the truth of the earlier ones, and only where reached."""
    wanted = isinstance(node.op, ast.And)
    return _bool_rest(machine, node.values, wanted)


def _bool_rest(machine: Machine, operands: Sequence[ast.expr], wanted: bool) -> Value:
    first = evaluate(machine, operands[0])
    if len(operands) == 1:
        return first
    known = machine.truth(special_methods.condition(machine, first, operands[0]))
    if known is not None:
        return _bool_rest(machine, operands[1:], wanted) if known is wanted else first
    depth = machine.store.depth
    machine.store.begin()
    comparisons.assume(machine, first, wanted)
    try:
        rest = comparisons.with_facts(machine, _bool_rest(machine, operands[1:], wanted))
    except UnreachableError:
        unwind(machine, depth)
        comparisons.assume(machine, first, not wanted)
        return first
    done = machine.store.end()
    machine.store.merge([{}, done])
    return comparisons.combine(machine, first, rest, wanted)


def _unary(machine: Machine, node: ast.UnaryOp) -> Value:
    value = evaluate(machine, node.operand)
    if isinstance(node.op, ast.Not):
        value = special_methods.condition(machine, value, node)
        return comparisons.negate(machine, value)
    if isinstance(value, Const) and isinstance(value.value, (int, float)):
        if isinstance(node.op, ast.USub):
            return Const(-value.value)
        if isinstance(node.op, ast.Invert) and isinstance(value.value, int):
            return Const(~value.value)
        return Const(+value.value)
    return Thing("int") if isinstance(value, Thing) and value.kind in {"int", "float", "bool"} else Thing()


def _binary(machine: Machine, node: ast.BinOp) -> Value:
    # Long chains of `+` nest to the left: walked with a loop, since they may be a thousand deep.
    chain: list[ast.BinOp] = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
        machine.tick()
    value = evaluate(machine, chain[-1].left)
    for one in reversed(chain):
        value = arithmetic.operate(machine, one.op, value, evaluate(machine, one.right), one)
    return value


def _compare(machine: Machine, node: ast.Compare) -> Value:
    left = evaluate(machine, node.left)
    result: Value | None = None
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, right_node)
        one = comparisons.compare(machine, op, left, right, node)
        result = one if result is None else comparisons.combine(machine, result, one, True)
        if machine.truth(result) is False:
            return result
        left = right
    assert result is not None
    return result


def _if_exp(machine: Machine, node: ast.IfExp) -> Value:
    condition = evaluate_condition(machine, node.test)
    known = machine.truth(condition)
    if known is not None:
        return evaluate(machine, node.body if known else node.orelse)
    found: list[Value] = []
    diffs = []
    for wanted, branch in ((True, node.body), (False, node.orelse)):
        depth = machine.store.depth
        machine.store.begin()
        comparisons.assume(machine, condition, wanted)
        try:
            found.append(comparisons.with_facts(machine, evaluate(machine, branch)))
        except UnreachableError:
            unwind(machine, depth)
            continue
        diffs.append(machine.store.end())
    if not diffs:
        raise UnreachableError
    machine.store.merge(diffs)
    return join_all(found)


def unwind(machine: Machine, depth: int) -> None:
    """Forget the branches opened since."""
    while machine.store.depth > depth:
        machine.store.end()


def _list(machine: Machine, node: ast.List) -> Value:
    found, rest = elements(machine, node.elts)
    return machine.new_list(found, rest)


def _set(machine: Machine, node: ast.Set) -> Value:
    found, rest = elements(machine, node.elts)
    return machine.new_list(found, rest, "set")


def _tuple(machine: Machine, node: ast.Tuple) -> Value:
    found, rest = elements(machine, node.elts)
    return Items(tuple(found), rest)


def elements(machine: Machine, nodes: Sequence[ast.expr]) -> tuple[list[Value], Value | None]:
    """Items of a display, with `*more` in it; a rest once the number is not known."""
    found: list[Value] = []
    rest: Value | None = None
    for node in nodes:
        if isinstance(node, ast.Starred):
            inner = items.iterate(machine, evaluate(machine, node.value))
            for one in inner.items:
                if rest is None:
                    found.append(one)
                else:
                    rest = join_all([rest, one])
            if inner.rest is not None:
                rest = inner.rest if rest is None else join_all([rest, inner.rest])
        else:
            value = evaluate(machine, node)
            if rest is None:
                found.append(value)
            else:
                rest = join_all([rest, value])
    return found, rest


def _dict(machine: Machine, node: ast.Dict) -> Value:
    made = machine.new_dict()
    for key, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(machine, value_node)
        if key is None:
            items.update(machine, made, value)
        else:
            items.set_item(machine, made, evaluate(machine, key), value, node, is_new=True)
    return made


def _lambda(machine: Machine, node: ast.Lambda) -> Value:
    defaults = tuple(evaluate(machine, one) for one in node.args.defaults)
    keyword_defaults = tuple(
        (one.arg, evaluate(machine, default))
        for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    )
    return Function(node, machine.here, fresh_number(), defaults, keyword_defaults)


def _named(machine: Machine, node: ast.NamedExpr) -> Value:
    from dayfly.scan.taint import assignment

    value = evaluate(machine, node.value)
    scope: Scope | None = machine.here
    while scope is not None and scope.outer.get("") == "comprehension":
        scope = scope.parent
    assignment.bind(machine, node.target.id, value, scope)
    return value


def _joined(machine: Machine, node: ast.JoinedStr) -> Value:
    from dayfly.scan.taint import formatting

    found: list[Value] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(machine, part.value)
            found.append(formatting.formatted(machine, value, part))
        else:
            found.append(evaluate(machine, part))
    return texts.concatenate(found)


def _await(machine: Machine, node: ast.Await) -> Value:
    return evaluate(machine, node.value)


def _yield(machine: Machine, node: ast.Yield) -> Value:
    value = Const(None) if node.value is None else evaluate(machine, node.value)
    if machine.activations:
        activation = machine.activations[-1]
        activation.yields.append(value)
        if machine.store.depth > activation.base + 1:
            activation.is_yield_exact = False
    return Thing()


def _yield_from(machine: Machine, node: ast.YieldFrom) -> Value:
    generator = evaluate(machine, node.value)
    inner = items.iterate(machine, generator)
    if machine.activations:
        activation = machine.activations[-1]
        activation.yields.extend(inner.items)
        if inner.rest is not None:
            activation.yields.append(inner.rest)
            activation.is_yield_exact = False
        if machine.store.depth > activation.base + 1:
            activation.is_yield_exact = False
    returned = [
        made
        for one in alternatives(generator)
        if isinstance(one, Ref)
        for made in [machine.store.value((one.location, "returned"))]
        if made is not None
    ]
    return join_all(returned) if returned else Thing()


def _starred(machine: Machine, node: ast.Starred) -> Value:
    return evaluate(machine, node.value)


def _slice(machine: Machine, node: ast.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            evaluate(machine, part)
    return Thing("slice")


_VISITORS: Mapping[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _if_exp,
    ast.List: _list,
    ast.Set: _set,
    ast.Tuple: _tuple,
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named,
    ast.JoinedStr: _joined,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Starred: _starred,
    ast.Slice: _slice,
    # The modules that interpret a program need each other; these are looked up when they are called.
    ast.Call: lambda machine, node: calls.evaluate_call(machine, node),
    ast.ListComp: lambda machine, node: comprehensions.evaluate_list(machine, node),
    ast.SetComp: lambda machine, node: comprehensions.evaluate_set(machine, node),
    ast.GeneratorExp: lambda machine, node: comprehensions.evaluate_list(machine, node),
    ast.DictComp: lambda machine, node: comprehensions.evaluate_dict(machine, node),
}
