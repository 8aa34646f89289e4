"""Binary operators: real results for constants, and what is known of those of other values."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING

from dayfly.scan.taint import calls, items, library_calls, memberships, special_methods, texts
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import Danger
from dayfly.scan.taint.values import (
    MAX_ALTERNATIVES,
    Const,
    Hole,
    Items,
    Name,
    Ref,
    Text,
    Thing,
    alternatives,
    cleanse,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Scalar, Taint, Value

_NUMBERS = {"int", "float", "bool"}
# Exponents and shifts beyond this are not computed, nor is what they would make.
_MAX_NUMBER = 10**30

_OPERATORS: Mapping[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Pow: operator.pow,
}


def operate(machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
    """`left op right`, for every choice of the two."""
    lefts, rights = alternatives(left), alternatives(right)
    if len(lefts) * len(rights) > 2 * MAX_ALTERNATIVES:
        return _unknown_of(machine, left, right, is_text=texts.is_text(lefts[0]))
    return join_all(_operate_one(machine, op, a, b, node) for a in lefts for b in rights)


def _operate_one(machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
    if isinstance(left, Const) and isinstance(right, Const):
        made = compute(op, left.value, right.value)
        if isinstance(made, Thing):
            machine.risks += 1
        return made
    if isinstance(left, Ref) or isinstance(right, Ref):
        # A class of the project decides before anything is assumed of the other side.
        called = special_methods.operated(machine, op, left, right, node)
        if called is not None:
            return called
    if isinstance(op, ast.Add):
        return _add(machine, left, right, node)
    if isinstance(left, Thing) and left.kind == "markupsafe.Markup" and isinstance(op, (ast.Mod, ast.Add)):
        # What a Markup takes in is escaped.
        added = cleanse(machine.taint_of(right), frozenset({Danger.HTML}))
        return Thing(left.kind, unite(left.taint, added))
    if isinstance(op, ast.Mod) and texts.is_text(left):
        return texts_format(machine, left, right)
    if isinstance(op, ast.Mult):
        return _multiply(machine, left, right)
    if isinstance(op, ast.Div):
        path = calls.join_path(machine, left, right)
        if path is not None:
            return path
    if isinstance(op, ast.BitOr):
        merged = items.unite_containers(machine, left, right)
        if merged is not None:
            return merged
    if isinstance(op, ast.BitAnd):
        common = memberships.intersection(machine, left, right)
        if common is not None:
            return common
    if isinstance(op, ast.Sub):
        remaining = memberships.difference(machine, left, right)
        if remaining is not None:
            return remaining
    special = f"__{special_methods.WORDS[type(op)]}__"
    if isinstance(left, Thing) and library_calls.has_rows(machine, left.kind, special):
        return library_calls.call_method(machine, left, left.kind, special, calls.Arguments([right]), node)
    kinds = {one.kind for one in (left, right) if isinstance(one, Thing)}
    if kinds and kinds <= _NUMBERS:
        return Thing("float" if "float" in kinds else "int", _of_numbers(left, right))
    return _unknown_of(machine, left, right)


def compute(op: ast.operator, left: Scalar, right: Scalar) -> Value:
    """The real result for constants, bounded in size; unknown where Python would raise."""
    made = _OPERATORS.get(type(op))
    if made is None:
        return Thing()
    if isinstance(op, (ast.Pow, ast.LShift)) and (
        not isinstance(right, int)
        or abs(right) > 64
        or not isinstance(left, (int, float))
        or abs(left) > 2**64
    ):
        return Thing("int")
    if isinstance(op, ast.Mult):
        for text, number in ((left, right), (right, left)):
            is_repeated = isinstance(text, (str, bytes)) and isinstance(number, int)
            if is_repeated and len(text) * number > texts.MAX_CONSTANT:  # type: ignore[arg-type, operator]
                return unknown_text(is_bytes=isinstance(text, bytes))
    if (
        isinstance(op, ast.Mod)
        and isinstance(left, (str, bytes))
        and re.search(r"\*|\d{4}|.{2000}", str(left))
    ):
        return unknown_text(is_bytes=isinstance(left, bytes))
    try:
        result = made(left, right)
    except Exception:  # boundary: the scanned program's own arithmetic
        return Thing()
    if isinstance(result, (str, bytes)) and len(result) > texts.MAX_CONSTANT:
        return unknown_text(is_bytes=isinstance(result, bytes))
    if isinstance(result, int) and abs(result) > _MAX_NUMBER:
        return Thing("int")
    if isinstance(result, (str, bytes, int, float, complex)):
        return Const(result)
    return Thing()


def _of_numbers(*sides: Value) -> Taint:
    """What numbers have of the texts they were made of: harmless until `chr` makes it text again."""
    return unite(*(one.taint for one in sides if isinstance(one, Thing) and one.kind == "int"))


def _unknown_of(machine: Machine, left: Value, right: Value, *, is_text: bool = False) -> Value:
    machine.risks += 1
    taint = unite(machine.taint_of(left), machine.taint_of(right))
    return unknown_text(taint) if is_text else Thing("", taint)


def _add(machine: Machine, left: Value, right: Value, node: ast.AST) -> Value:
    if texts.is_text(left) or texts.is_text(right):
        sides = (left, right)
        if all(isinstance(one, (Const, Text, Thing, Name)) for one in sides):
            is_bytes = any(
                (isinstance(one, Const) and isinstance(one.value, bytes))
                or (isinstance(one, Text) and one.is_bytes)
                for one in sides
            )
            return texts.concatenate(sides, is_bytes=is_bytes)
    if isinstance(left, Items) and isinstance(right, Items) and left.rest is None:
        return Items(left.items + right.items, right.rest)
    a, b = machine.series(left), machine.series(right)
    if a is not None and b is not None:
        if a.rest is None:
            return machine.new_list([*a.items, *b.items], b.rest, a.kind)
        return machine.new_list(
            [], join_all([*a.items, *b.items, a.rest, *([] if b.rest is None else [b.rest])])
        )
    kinds = {one.kind for one in (left, right) if isinstance(one, Thing)}
    if kinds and kinds <= _NUMBERS:
        return Thing("float" if "float" in kinds else "int", _of_numbers(left, right))
    if isinstance(left, Thing) and isinstance(right, Thing):
        return texts.make((Hole(left.taint, left.symbol), Hole(right.taint, right.symbol)))
    return _unknown_of(machine, left, right)


def _multiply(machine: Machine, left: Value, right: Value) -> Value:
    series = machine.series(left)
    if (
        series is not None
        and isinstance(right, Const)
        and isinstance(right.value, int)
        and series.rest is None
    ):
        if len(series.items) * right.value <= 256:
            return machine.new_list(series.items * right.value, None, series.kind)
        element = machine.element(left)
        return machine.new_list([], element)
    if isinstance(left, Text):
        return unknown_text(machine.taint_of(left))
    kinds = {one.kind for one in (left, right) if isinstance(one, Thing)}
    if kinds and kinds <= _NUMBERS and not isinstance(left, (Text, Ref)):
        return Thing("int")
    return _unknown_of(machine, left, right)


def texts_format(machine: Machine, template: Value, arguments: Value) -> Value:
    """`template % arguments`."""
    from dayfly.scan.taint import formatting

    return formatting.percent(machine, template, arguments)
