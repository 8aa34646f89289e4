"""Recognises plain arithmetic: an expression of literals, plain names, operators and numeric functions whose value stays small.

It can do nothing but compute a number, or choose a value. The size of every step is bounded from the tree, before anything is
computed: `9**9**9` would keep a caller waiting. Operators on texts and containers, `is`, subscripts, attributes and everything else
is not arithmetic. Of a name's value only the function knows the size: it may be multiplied a few times.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    # A node of a syntax tree.
    _Node = Any

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
        if _kind(tree) != "Expression":
            return False
        nodes = list(_walk(tree.body))
        functions: _Functions = {}
        for node in nodes:
            if _kind(node) == "Name" and not is_name(node.id):
                return False
            if _kind(node) == "Call":
                name = _name_of(node)
                functions[name] = function_of(name)
                if functions[name][0] not in FUNCTIONS and functions[name][0] != OWN:
                    return False
            value = node.value if _kind(node) == "Constant" else None
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


def _kind(node: _Node) -> str:
    """Return its class's name: to import the classes takes 1.2 ms of every cold start, to compile a tree does not."""
    return type(node).__name__


def _walk(body: _Node) -> Iterator[_Node]:
    """Yield each node before its children, and these from left to right."""
    waiting: list[tuple[_Node, int]] = [(body, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > _MANY_LEVELS:
            raise _TooMuchError
        yield node
        waiting += [(child, level + 1) for child in reversed(_children(node))]


def _children(node: _Node) -> list[_Node]:
    """Return what a node is computed from; raises _TooMuchError for a node that is no arithmetic."""
    match _kind(node):
        case "Constant" | "Name":
            return []
        case "UnaryOp":
            return [node.operand]
        case "BinOp":
            return [node.left, node.right]
        case "BoolOp":
            return list(node.values)
        case "Compare" if not any(_kind(one) in ("Is", "IsNot") for one in node.ops):
            # Of literals with `is` CPython warns, and what it answers depends on its version.
            return [node.left, *node.comparators]
        case "IfExp":
            return [node.test, node.body, node.orelse]
        case "Tuple" | "List" | "Set":
            return list(node.elts)
        case "Call" if _name_of(node) and not node.keywords:
            return list(node.args)
        case "Dict" if None not in node.keys:
            return [*node.keys, *node.values]
    raise _TooMuchError


def _name_of(call: _Node) -> str:
    """Return what is called: `sqrt`, and of `math.sqrt` nothing, an attribute."""
    return call.func.id if _kind(call.func) == "Name" else ""


def _bound_of(node: _Node, parts: list[_Bound], functions: _Functions) -> _Bound:
    match _kind(node):
        case "Constant" if isinstance(node.value, int):
            return int(node.value).bit_length(), False
        case "Constant" if isinstance(node.value, (float, complex)):
            return 0, False
        case "Name":
            return 0, True
        case "Compare":
            return 1, False
        case "UnaryOp" if _kind(node.op) == "Not":
            return 1, False
        case "IfExp" | "BoolOp":
            values = parts[1:] if _kind(node) == "IfExp" else parts
            return _NO_NUMBER if _NO_NUMBER in values else _largest(values)
        case "Call" if functions[_name_of(node)][0] == OWN:
            bits, _ = _largest(parts)
            # A text may be what it gives back.
            return _NO_NUMBER if _NO_NUMBER in parts else (bits if bits > _HANDED_BITS else 0, True)
        case "UnaryOp" | "BinOp" | "Call":
            if _NO_NUMBER in parts:
                raise _TooMuchError
        case _:
            return _NO_NUMBER
    bits, is_named = _largest(parts)
    if _kind(node) == "Call":
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
    if _kind(node) == "UnaryOp":
        return bits + 1, is_named
    (left, _), (right, _) = parts
    match _kind(node.op):
        case "Mult":
            bits = left + right
        case "Div":
            bits = 0
        case "Pow":
            return _power_of(parts, node.right)
        case "LShift" if not is_named and right <= _MANY_BITS.bit_length():
            bits = left + (1 << right)
        case "LShift" | "MatMult":
            raise _TooMuchError
        case _:
            bits += 1
    return bits, is_named


def _power_of(parts: list[_Bound], exponent: _Node) -> _Bound:
    (left, left_is_named), (right, right_is_named) = parts
    if not left and not left_is_named:
        return 0, right_is_named
    # The power of an integer, or of what a name stands for.
    if right_is_named or right > _MANY_BITS.bit_length():
        raise _TooMuchError
    is_literal = _kind(exponent) == "Constant" and isinstance(exponent.value, int)
    times = int(exponent.value) if is_literal else (1 << right) - 1
    return (left + left_is_named) * max(times, 1), left_is_named


def _largest(parts: list[_Bound]) -> _Bound:
    return max((bits for bits, _ in parts), default=0), any(is_named for _, is_named in parts)
