"""Recognises plain arithmetic: an expression of literals and operators whose value stays small.

It can do nothing but compute a value. The size of every step is bounded from the tree, before anything is computed: `9**9**9`
and `"a" * 10**10` would keep a caller waiting, or take all memory. Formatting (`"%9999999d" % 1`), `is`, subscripts, names and
everything else is not arithmetic.
"""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY_CHARACTERS = 4096
# Characters and items of one value, with all that is in it, and of all values that are made on the way.
_MANY_ITEMS = 16_384
_MUCH_WORK = 65_536
# Operators within each other: as many as a sum of so many amounts has.
_MANY_LEVELS = 512
# Of an integer: 1,233 digits, far below what CPython converts to text (4,300).
_MANY_BITS = 4096
_LARGEST = 1 << _MANY_BITS
# `ast.PyCF_ONLY_AST`, without the module.
_ONLY_TREE = 0x400
# An encoding may be declared in a comment, which `compile` obeys and `eval` of a text does not; what is escaped may warn.
_UNREAD = ("#", "\\")


class _Bound:
    """What a value can be at most: `most` an integer's absolute value, `size` a text's or container's items, -1 where it is none."""

    __slots__ = ("most", "size")

    def __init__(self, most: int = -1, size: int = -1) -> None:
        self.most = most
        self.size = size


class _TooMuchError(Exception):
    """It is no arithmetic, or its value may be large."""


class Arithmetic:
    """A bounded expression; see `parse_arithmetic`."""

    __slots__ = ("_tree",)

    def __init__(self, tree: _ast.Expression) -> None:
        self._tree = tree

    def texts(self) -> list[str]:
        """Return the texts in its value: joined or repeated they may not stand in the source."""
        if not any(
            type(node) is _ast.Constant and type(node.value) in (str, bytes) for node in _walk(self._tree)
        ):
            return []
        try:
            return list(
                _texts_of(eval(compile(self._tree, "", "eval", dont_inherit=True), {"__builtins__": {}}))
            )
        except Exception:
            # Trust boundary: an event's expression (`'a' + 1`). The function gets the same error, and no value.
            return []


def parse_arithmetic(source: str | bytes) -> Arithmetic | None:
    """Return the expression of literals and operators that `source` is, None where it may be anything else."""
    try:
        text = source if isinstance(source, str) else source.decode()
        if len(text) > _MANY_CHARACTERS or any(mark in text for mark in _UNREAD):
            return None
        tree = compile(text.strip(" \t\r\n"), "", "eval", _ONLY_TREE, dont_inherit=True)
        if not isinstance(tree, _ast.Expression):
            return None
        _bound(tree)
    except (SyntaxError, ValueError, MemoryError, RecursionError, _TooMuchError):
        return None
    return Arithmetic(tree)


def _bound(tree: _ast.Expression) -> None:
    """Raise _TooMuchError unless every step is known and small. Without recursion: the stack may be used up."""
    bounds: list[_Bound] = []
    work = 0
    for node in reversed(list(_walk(tree))):
        count = len(_children(node))
        # Right to left: the last one that was pushed is the first child.
        parts = [bounds.pop() for _ in range(count)]
        bound = _bound_of(node, parts)
        work += max(bound.size, 0)
        if type(node) is _ast.Compare:
            work += sum(max(part.size, 0) for part in parts)
        if bound.most > _LARGEST or bound.size > _MANY_ITEMS or work > _MUCH_WORK:
            raise _TooMuchError
        bounds.append(bound)


def _walk(tree: _ast.Expression) -> Iterator[_ast.expr]:
    """Yield each node before its children, and these from left to right."""
    waiting: list[tuple[_ast.expr, int]] = [(tree.body, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > _MANY_LEVELS:
            raise _TooMuchError
        yield node
        waiting += [(child, level + 1) for child in reversed(_children(node))]


def _children(node: _ast.expr) -> list[_ast.expr]:
    """Return what a node is computed from; raises _TooMuchError for a node that is no arithmetic."""
    match node:
        case _ast.Constant():
            return []
        case _ast.UnaryOp():
            return [node.operand]
        case _ast.BinOp():
            return [node.left, node.right]
        case _ast.BoolOp():
            return node.values
        case _ast.Compare():
            return [node.left, *node.comparators]
        case _ast.IfExp():
            return [node.test, node.body, node.orelse]
        case _ast.Tuple() | _ast.List() | _ast.Set():
            return node.elts
        case _ast.Dict() if None not in node.keys:
            return [key for key in node.keys if key is not None] + node.values
    raise _TooMuchError


def _bound_of(node: _ast.expr, parts: list[_Bound]) -> _Bound:
    match node:
        case _ast.Constant():
            return _bound_of_constant(node.value)
        case _ast.UnaryOp():
            is_number = not isinstance(node.op, _ast.Not)
            return _Bound(parts[0].most + 1 if is_number and parts[0].most >= 0 else 1)
        case _ast.BinOp():
            return _bound_of_operation(node.op, *parts)
        case _ast.Compare():
            if any(isinstance(operator, (_ast.Is, _ast.IsNot)) for operator in node.ops):
                # Of literals CPython warns, and what it answers depends on its version.
                raise _TooMuchError
            return _Bound(1)
        case _ast.BoolOp() | _ast.IfExp():
            return _Bound(max(part.most for part in parts), max(part.size for part in parts))
    return _Bound(size=len(parts) + sum(max(part.size, 0) for part in parts))


def _bound_of_constant(value: object) -> _Bound:
    if isinstance(value, int):
        return _Bound(abs(value))
    if isinstance(value, (str, bytes)):
        return _Bound(size=len(value))
    return _Bound()


def _bound_of_operation(operator: _ast.operator, left: _Bound, right: _Bound) -> _Bound:
    """Return what an operation gives at most; one of operands that have no such operator gives an error."""
    are_integers = left.most >= 0 and right.most >= 0
    most = 0
    size = left.size + right.size if left.size >= 0 and right.size >= 0 else -1
    match operator:
        case _ast.Add() | _ast.Sub():
            most = left.most + right.most
        case _ast.Mult():
            most = left.most * right.most
            size = max(
                left.size * right.most if right.most >= 0 else -1,
                right.size * left.most if left.most >= 0 else -1,
            )
        case _ast.Div():
            return _Bound()
        case _ast.FloorDiv():
            most = left.most
        case _ast.Mod():
            if left.size >= 0:
                # Formatting: its directives say how long the text becomes.
                raise _TooMuchError
            most = right.most
        case _ast.Pow():
            if are_integers and left.most > 1:
                if right.most * left.most.bit_length() > _MANY_BITS:
                    raise _TooMuchError
                most = left.most**right.most
            else:
                most = 1
        case _ast.LShift():
            if right.most > _MANY_BITS:
                raise _TooMuchError
            most = left.most << max(right.most, 0)
        case _ast.RShift():
            most = left.most
        case _ast.BitAnd() | _ast.BitOr() | _ast.BitXor():
            most = 1 << max(left.most, right.most, 0).bit_length()
        case _:
            raise _TooMuchError
    return _Bound(most if are_integers else -1, size)


def _texts_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts_of(key)
            yield from _texts_of(one)
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from _texts_of(one)
