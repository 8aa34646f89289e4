"""Recognises plain arithmetic: an expression of literals, plain names, operators and numeric functions whose value stays small.

It can do nothing but compute a number, or choose a value. The size of every step is bounded from the tree, before anything is
computed: `9**9**9` would keep a caller waiting. Operators on texts and containers, `is`, subscripts, attributes and everything else
is not arithmetic. Of a name's value only the function knows the size: it may be multiplied a few times.
"""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MANY_CHARACTERS = 4096
# Operators within each other: as many as a sum of so many amounts has.
_MANY_LEVELS = 512
# Of an integer: 1,233 digits, far below what CPython converts to text (4,300).
_MANY_BITS = 4096
# How many times (as a power of two) as large as a name's value a value may become that is computed from it.
_MANY_TIMES_BITS = 20
# `ast.PyCF_ONLY_AST`, without the module.
ONLY_TREE = 0x400
# What gives a float for numbers; and what gives an integer or the same number for a number.
_FLOATS = frozenset(
    (
        *("acos", "asin", "atan", "atan2", "cos", "sin", "tan", "cosh", "sinh", "tanh", "degrees", "radians"),
        *("exp", "log", "log10", "log2", "sqrt", "hypot", "fabs", "fmod", "copysign", "float"),
    )
)
_INTEGERS = frozenset(("ceil", "floor", "int", "round", "trunc"))
FUNCTIONS = _FLOATS | _INTEGERS | frozenset(("abs", "len", "max", "min", "pow", "sum"))
# What `functions` says of one that the function itself has for such expressions; of its value nothing is known.
OWN = "own"
# Of the largest float; and of a number that an own function may hand on.
_FLOATS_BITS = 1024
_HANDED_BITS = 64
# `round(1, -10**9)` computes ten to the power of that.
_MANY_DIGITS_BITS = 8
# An encoding may be declared in a comment, which `compile` obeys and `eval` of a text does not; what is escaped may warn.
_UNREAD = ("#", "\\")

# Bits of an integer's value, 0 of a float's, -1 of what is no number; and whether it is computed from a name's or a function's.
_Bound = tuple[int, bool]
_Functions = dict[str, tuple[str, bool]]
_NO_NUMBER: _Bound = (-1, False)


class _TooMuchError(Exception):
    """It is no arithmetic, or its value may be large."""


def is_arithmetic(
    source: str | bytes,
    is_name: Callable[[str], bool] = lambda _name: False,
    function_of: Callable[[str], tuple[str, bool]] = lambda _name: ("", False),
) -> bool:
    """Say whether `source` is an expression of literals, names and operators, and nothing that may be anything else.

    `is_name` says of which names the values are operands, `function_of` which of `FUNCTIONS` a name stands for, or that it is `OWN`,
    and whether that was looked up: of another one that is only called so the value is nobody's.
    """
    try:
        text = source if isinstance(source, str) else source.decode()
        if len(text) > _MANY_CHARACTERS or any(mark in text for mark in _UNREAD):
            return False
        tree = compile(text.strip(" \t\r\n"), "", "eval", ONLY_TREE, dont_inherit=True)
        if not isinstance(tree, _ast.Expression):
            return False
        nodes = list(_walk(tree.body))
        functions: _Functions = {}
        for node in nodes:
            if isinstance(node, _ast.Name) and not is_name(node.id):
                return False
            if isinstance(node, _ast.Call):
                name = _name_of(node)
                functions[name] = function_of(name)
                if functions[name][0] not in FUNCTIONS and functions[name][0] != OWN:
                    return False
            value = node.value if isinstance(node, _ast.Constant) else None
            if isinstance(value, bytes):
                value = value.decode("latin-1")
            if isinstance(value, str) and value not in text:
                # Made of several: nobody would find it in the event again.
                return False
        # Without recursion, since the stack may be used up. Right to left: the last one that was pushed is the first child.
        bounds: list[_Bound] = []
        for node in reversed(nodes):
            bits, is_named = bound = _bound_of(node, [bounds.pop() for _ in _children(node)], functions)
            if bits > (_MANY_TIMES_BITS if is_named else _MANY_BITS):
                return False
            bounds.append(bound)
    except (SyntaxError, ValueError, MemoryError, RecursionError, _TooMuchError):
        return False
    return True


def _walk(body: _ast.expr) -> Iterator[_ast.expr]:
    """Yield each node before its children, and these from left to right."""
    waiting: list[tuple[_ast.expr, int]] = [(body, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > _MANY_LEVELS:
            raise _TooMuchError
        yield node
        waiting += [(child, level + 1) for child in reversed(_children(node))]


def _children(node: _ast.expr) -> list[_ast.expr]:
    """Return what a node is computed from; raises _TooMuchError for a node that is no arithmetic."""
    match node:
        case _ast.Constant() | _ast.Name():
            return []
        case _ast.UnaryOp():
            return [node.operand]
        case _ast.BinOp():
            return [node.left, node.right]
        case _ast.BoolOp():
            return node.values
        case _ast.Compare() if not any(isinstance(one, (_ast.Is, _ast.IsNot)) for one in node.ops):
            # Of literals with `is` CPython warns, and what it answers depends on its version.
            return [node.left, *node.comparators]
        case _ast.IfExp():
            return [node.test, node.body, node.orelse]
        case _ast.Tuple() | _ast.List() | _ast.Set():
            return node.elts
        case _ast.Call() if _name_of(node) and not node.keywords:
            return node.args
        case _ast.Dict() if None not in node.keys:
            return [key for key in node.keys if key is not None] + node.values
    raise _TooMuchError


def _name_of(call: _ast.Call) -> str:
    """Return what is called: `sqrt`, and of `math.sqrt` nothing, an attribute."""
    return call.func.id if isinstance(call.func, _ast.Name) else ""


def _bound_of(node: _ast.expr, parts: list[_Bound], functions: _Functions) -> _Bound:
    match node:
        case _ast.Constant(value=int()):
            return int(node.value).bit_length(), False  # type: ignore[arg-type]
        case _ast.Constant(value=float() | complex()):
            return 0, False
        case _ast.Name():
            return 0, True
        case _ast.Compare() | _ast.UnaryOp(op=_ast.Not()):
            return 1, False
        case _ast.IfExp() | _ast.BoolOp():
            values = parts[1:] if isinstance(node, _ast.IfExp) else parts
            return _NO_NUMBER if _NO_NUMBER in values else _largest(values)
        case _ast.Call() if functions[_name_of(node)][0] == OWN:
            bits, _ = _largest(parts)
            # A text may be what it gives back.
            return _NO_NUMBER if _NO_NUMBER in parts else (bits if bits > _HANDED_BITS else 0, True)
        case _ast.UnaryOp() | _ast.BinOp() | _ast.Call():
            if _NO_NUMBER in parts:
                raise _TooMuchError
        case _:
            return _NO_NUMBER
    bits, is_named = _largest(parts)
    if isinstance(node, _ast.Call):
        function, is_known = functions[_name_of(node)]
        if function == "pow":
            match node.args:
                case [_, exponent]:
                    return _power_of(parts, exponent)
            raise _TooMuchError
        if function == "round" and any(digits > _MANY_DIGITS_BITS or named for digits, named in parts[1:]):
            raise _TooMuchError
        is_named = is_named or not is_known or function == "len"
        if function in _FLOATS:
            return 0, is_named
        # Of a float an integer may be made, as large as a name's value.
        return (max(bits, _FLOATS_BITS) if function in _INTEGERS and not is_named else bits), is_named
    if isinstance(node, _ast.UnaryOp):
        return bits + 1, is_named
    assert isinstance(node, _ast.BinOp)
    (left, _), (right, _) = parts
    match node.op:
        case _ast.Mult():
            bits = left + right
        case _ast.Div():
            bits = 0
        case _ast.Pow():
            return _power_of(parts, node.right)
        case _ast.LShift() if not is_named and right <= _MANY_BITS.bit_length():
            bits = left + (1 << right)
        case _ast.LShift() | _ast.MatMult():
            raise _TooMuchError
        case _:
            bits += 1
    return bits, is_named


def _power_of(parts: list[_Bound], exponent: _ast.expr) -> _Bound:
    (left, left_is_named), (right, right_is_named) = parts
    if not left and not left_is_named:
        return 0, right_is_named
    # The power of an integer, or of what a name stands for.
    if right_is_named or right > _MANY_BITS.bit_length():
        raise _TooMuchError
    is_literal = isinstance(exponent, _ast.Constant) and isinstance(exponent.value, int)
    times = int(exponent.value) if is_literal else (1 << right) - 1  # type: ignore[attr-defined]
    return (left + left_is_named) * max(times, 1), left_is_named


def _largest(parts: list[_Bound]) -> _Bound:
    return max((bits for bits, _ in parts), default=0), any(is_named for _, is_named in parts)
