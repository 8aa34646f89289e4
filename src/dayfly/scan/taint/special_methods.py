"""Special methods that operators and conditions call on objects of the project's classes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import attributes
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.values import Ref, Thing, alternatives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

# The word of each operator: `__word__`, `__rword__` on the right-hand side, `__iword__` in an assignment.
WORDS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitOr: "or",
    ast.BitAnd: "and",
    ast.BitXor: "xor",
    ast.RShift: "rshift",
    ast.LShift: "lshift",
}
# A comparison, and what the right-hand side is asked where the left has no answer.
_COMPARED: Mapping[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__ne__", "__ne__"),
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
}
# Types of the language whose objects may be false although the class says nothing of it.
_MAY_BE_EMPTY = {
    "list", "dict", "set", "frozenset", "tuple", "str", "bytes", "bytearray", "int", "float", "collections.UserDict",
    "collections.UserList", "collections.UserString", "collections.OrderedDict", "collections.defaultdict",
    "collections.Counter", "collections.deque",
}  # fmt: skip


def operated(machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value | None:
    """What `left op right` is where a class of the project says so, the left one's first."""
    word = WORDS.get(type(op))
    if word is None:
        return None
    called = attributes.call_special(machine, left, f"__{word}__", [right], node)
    if called is None:
        called = attributes.call_special(machine, right, f"__r{word}__", [left], node)
    return called


def changed_in_place(
    machine: Machine, op: ast.operator, before: Value, change: Value, node: ast.AST
) -> Value | None:
    """What `before op= change` binds where the class of the project has a method for it."""
    word = WORDS.get(type(op))
    return None if word is None else attributes.call_special(machine, before, f"__i{word}__", [change], node)


def compared(machine: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value | None:
    """What a comparison answers where a class of the project says so; its methods run whatever is compared."""
    names = _COMPARED.get(type(op))
    if names is None:
        return None
    for receiver, other, name in ((left, right, names[0]), (right, left, names[1])):
        called = attributes.call_special(machine, receiver, name, [other], node)
        if called is not None:
            return called
        if name == "__ne__":
            called = attributes.call_special(machine, receiver, "__eq__", [other], node)
            if called is not None:
                from dayfly.scan.taint import comparisons

                return comparisons.negate(machine, called)
    return None


def condition(machine: Machine, value: Value, node: ast.AST | None) -> Value:
    """What decides the truth of a value: what `__bool__` or `__len__` answers, else the value itself."""
    options = alternatives(value)
    if not any(isinstance(one, Ref) and one.cls is not None for one in options):
        return value
    return join_all(_condition_of(machine, one, node) for one in options)


def _condition_of(machine: Machine, value: Value, node: ast.AST | None) -> Value:
    for name in ("__bool__", "__len__"):
        made = attributes.call_special(machine, value, name, [], node)
        if made is not None:
            return made
    if (
        isinstance(value, Ref)
        and value.cls is not None
        and not _MAY_BE_EMPTY.isdisjoint(attributes.kinds_of(machine, value.cls))
    ):
        return Thing("bool")
    return value
