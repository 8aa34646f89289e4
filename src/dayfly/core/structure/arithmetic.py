"""Recognises plain arithmetic: an expression of literals, plain names, operators and numeric functions whose value stays small.

It can do nothing but compute a number, choose a value, or show a few in a text. The size of every step is bounded from the tree,
before anything is computed: `9**9**9` would keep a caller waiting. Operators on texts and containers, `is`, attributes and
everything else is not arithmetic. Of a name's value only the function knows the size: it may be multiplied a few times.

No text is put together of single characters, nor are the letters of a literal changed: nobody would find it in the event again
(`'/ETC'.lower()`, `f'{"/"}etc'`, `row[2] + row[5]`, `item[::-1]`, `f'{47:c}'`), whatever the function uses it for.
"""

from __future__ import annotations

import re

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
# What gives a float for numbers; what gives an integer or the same number for a number; and what says yes or no. They are safe by any
# meaning that a namespace of the function's may give them, since nobody calls a thing that acts so and hands it numbers: what a
# scope that can be seen has in their place is looked at (`log` may be a logger, which nobody can call). Not `prod` and `sumprod`, whose integers have no bound; nor `frexp`, `modf` and `divmod`, which give several; nor `dist` and
# `fsum`, which read what is no number; nor `pow` with three arguments, `str`, `chr`, `format`, `range` and `sorted`, which make texts
# and containers.
_FLOATS = frozenset(
    "acos asin atan atan2 cos sin tan cosh sinh tanh degrees radians exp log log10 log2 sqrt hypot fabs "
    "fmod copysign float acosh asinh atanh cbrt erf erfc exp2 expm1 gamma lgamma log1p remainder".split()
)
_INTEGERS = frozenset(("ceil", "floor", "int", "round", "trunc"))
_TRUTHS = frozenset(("all", "any", "bool", "isclose", "isfinite", "isinf", "isnan"))
# What counts arrangements: of small literals alone.
_COUNTS = frozenset(("comb", "factorial", "perm"))
# Of what is no number too.
_OF_ANYTHING = frozenset(("bool", "len"))
# What reads the items of one argument.
_OF_ITEMS = frozenset(("all", "any", "max", "min", "sum"))
FUNCTIONS = (
    _FLOATS
    | _INTEGERS
    | _TRUTHS
    | _COUNTS
    | frozenset(("abs", "gcd", "isqrt", "lcm", "len", "max", "min", "pow", "sum"))
)
# What a function may be an attribute of, `math.sqrt`: which module that is says `function_of`, of the whole name.
MODULE = "math"
# What `functions` says of one that the function itself has for such expressions; of its value nothing is known.
OWN = "own"
# Methods of a text that give one of the same characters, and those that say yes or no. What else has them does nothing by them
# when it is called so: bytes, and columns of tables; Tk's windows, which `lower`, do not exist here.
_CASES = frozenset(("capitalize", "lower", "strip", "title", "upper"))
_TESTS = frozenset(("endswith", "startswith"))
# How a field of a text is shown: padded with blanks or zeros, by sign, width and precision. With a type that only numbers have it is
# one of them; not `c`, which makes a letter of a number, nor `x`.
_SPECIFICATION = re.compile(r"(?:[ 0]?[<>=^])?[-+ ]?0?[0-9]{0,3}[,_]?(?:\.[0-9]{1,3})?([deEfFgGn%]?)s?")
# What stands between the fields; a few of any other characters may mean something, as `..` and `/` do.
_BETWEEN = re.compile(r"[^\0-\x1f\\/'\"`$;|&<>]*")
# All fields of an expression.
_MANY_FIELDS = 12
# Of the largest float; and of a number that an own function may hand on.
_FLOATS_BITS = 1024
_HANDED_BITS = 64
# `round(1, -10**9)` computes ten to the power of that.
_MANY_DIGITS_BITS = 8
_SUMS = frozenset(("BinOp", "UnaryOp"))
_OF_MODULE = MODULE + "."
# What is a number by any name.
ALWAYS_NUMBERS = frozenset(("pi", "tau"))
_QUOTES = frozenset("'\"")
# An encoding may be declared in a comment, which `compile` obeys and `eval` of a text does not; what is escaped may warn.
_UNREAD = ("#", "\\")

# Whether a value is computed from a name's or a function's; and whether it may be a single character of a text.
_KNOWN, _NAMED, _PIECE = range(3)
# Bits of an integer's value, 0 of a float's, less of what is no number: of a literal or a container, of a text that was changed,
# and of one that was put together. And how much is known of it.
_Bound = tuple[int, int]
_Functions = dict[str, tuple[str, bool]]
_NO_NUMBER: _Bound = (-1, _KNOWN)
_CHANGED: _Bound = (-2, _NAMED)
_SHOWN: _Bound = (-3, _NAMED)


class _TooMuchError(Exception):
    """It is no arithmetic, or its value may be large."""


def is_arithmetic(
    source: str | bytes,
    is_name: Callable[[str], bool] = lambda _name: False,
    function_of: Callable[[str], tuple[str, bool]] = lambda _name: ("", False),
    is_float: Callable[[str], bool] = lambda _name: False,
    is_own_head: Callable[[str], bool] = lambda _head: False,
) -> bool:
    """Say whether `source` is an expression of literals, names and operators, and nothing that may be anything else.

    `is_name` says of which names the values are operands, `function_of` which of `FUNCTIONS` a name stands for, or that it is `OWN`,
    and whether that was looked up: of another one that is only called so nothing is known of the value. `is_float` says which names are
    numbers for sure (`pi`), and `is_own_head` whether the function has put this in front: `lambda n:`.
    """
    try:
        text = source if isinstance(source, str) else source.decode()
        if len(text) > _MANY_CHARACTERS or any(mark in text for mark in _UNREAD):
            return False
        tree = compile(text.strip(" \t\r\n"), "", "eval", ONLY_TREE, dont_inherit=True)
        if _kind(tree) != "Expression":
            return False
        body, parameters = tree.body, frozenset[str]()
        if _kind(body) == "Lambda":
            parameters = _parameters_of(body)
            if not is_own_head(text[: text.index(":") + 1]):
                return False
            body = body.body
        nodes = list(_walk(body))
        if sum(_kind(node) == "FormattedValue" for node in nodes) > _MANY_FIELDS:
            return False
        functions: _Functions = {}
        floats: set[str] = set()
        for node in nodes:
            if _kind(node) in ("Name", "Attribute") and (name := _dotted(node)) not in parameters:
                if name.partition(".")[0] not in parameters and is_float(name):
                    floats.add(name)
                elif _kind(node) == "Attribute" or not is_name(name):
                    return False
            if _kind(node) == "Call" and not _method_of(node):
                name = _dotted(node.func)
                if name.partition(".")[0] in parameters:
                    return False
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
            parts = [bounds.pop() for _ in _children(node)]
            bits, is_named = bound = _bound_of(node, parts, functions, floats)
            if bits > (_MANY_TIMES_BITS if is_named else _MANY_BITS):
                return False
            bounds.append(bound)
    except (SyntaxError, ValueError, MemoryError, RecursionError, _TooMuchError):
        return False
    return True


def is_argument(program: str, start: int, end: int) -> bool:
    """Say whether program[start:end] is arithmetic by whatever functions it means, and all that stands between brackets or commas."""
    part = program[start:end]
    return (
        program[:start].rstrip(" \t")[-1:] in ("(", "[", ",")
        and program[end:].lstrip(" \t")[:1] in (")", "]", ",")
        # What stands in a text of the program's would end that by one.
        and _QUOTES.isdisjoint(part)
        and is_arithmetic(
            part,
            function_of=lambda name: (name.removeprefix(_OF_MODULE), False),
            is_float=lambda name: name.removeprefix(_OF_MODULE) in ALWAYS_NUMBERS,
        )
        # One value: "1, 0" would move what follows to other parameters.
        and not part.rstrip().endswith(",")
        and len(compile(f"f({part})", "", "eval", ONLY_TREE, dont_inherit=True).body.args) == 1
    )


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
        case "Attribute" if _dotted(node):
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
        case "Call" if _method_of(node):
            return [node.func.value]
        case "Call" if (name := _dotted(node.func)) and not node.keywords:
            match node.args:
                case [items] if name in _OF_ITEMS and _kind(items) in ("Tuple", "List"):
                    return list(items.elts)
            return list(node.args)
        case "Subscript" if _index_of(node) is not None:
            return list(node.value.elts)
        case "Subscript" if _is_named(node):
            return [node.value]
        case "JoinedStr":
            return _fields_of(node)
        case "FormattedValue":
            return [node.value]
        case "Dict" if None not in node.keys:
            return [*node.keys, *node.values]
    raise _TooMuchError


def _dotted(node: _Node) -> str:
    """Return the name: `sqrt`, `math.sqrt`; nothing of another attribute, and of whatever is none."""
    if _kind(node) == "Attribute":
        is_modules = _kind(node.value) == "Name" and node.value.id == MODULE and node.attr[:1] != "_"
        return f"{MODULE}.{node.attr}" if is_modules else ""
    return str(node.id) if _kind(node) == "Name" else ""


def is_cut(text: str, parts: list[tuple[int, int]]) -> bool:
    """Say whether one of these parts of an expression begins or ends within an operand: `x > {}` of "1 or True", not `x * {}` of "1 + 2"."""
    stripped = text.strip(" \t\r\n")
    if "\n" in stripped:
        return False
    lead = len(text) - len(text.lstrip(" \t\r\n"))
    body = compile(stripped, "", "eval", ONLY_TREE, dont_inherit=True).body
    nodes = [*_walk(body.body if _kind(body) == "Lambda" else body)]
    if any(_kind(node) == "JoinedStr" for node in nodes):
        # Whose parts are in other places before Python 3.12.
        return False
    # In a sum, in which any other operand stands as well as the function's.
    summed = {
        id(child)
        for node in nodes
        if _kind(node) in _SUMS
        for child in _children(node)
        if _kind(child) in _SUMS
    }
    places = [
        (node.col_offset + lead, node.end_col_offset + lead)
        for node in nodes
        if hasattr(node, "end_col_offset") and id(node) not in summed
    ]
    # Of the tree in bytes.
    sizes = [(len(text[:start].encode()), len(text[:end].encode())) for start, end in parts]
    return any(
        first < start < last < end or start < first < end < last
        for start, end in sizes
        for first, last in places
    )


def _parameters_of(function: _Node) -> frozenset[str]:
    """Return the parameters of a lambda that has no more than their names; raises _TooMuchError for another."""
    every = function.args
    if every.vararg or every.kwonlyargs or every.kwarg or every.defaults or every.posonlyargs:
        raise _TooMuchError
    return frozenset(one.arg for one in every.args)


def _method_of(call: _Node) -> str:
    """Return which method of a name's value is called, as a text has it: `item['sku'].upper()`."""
    called = call.func
    if _kind(called) != "Attribute" or call.keywords or not _is_named(called.value):
        return ""
    match call.args:
        case []:
            is_right = called.attr in _CASES
        case [one]:
            is_text = _kind(one) == "Constant" and isinstance(one.value, str)
            is_right = is_text and (called.attr in _TESTS or called.attr == "strip")
        case _:
            return ""
    return str(called.attr) if is_right else ""


def _is_named(node: _Node) -> bool:
    """Say whether this is a name, by whatever constant keys and methods something of its value is read."""
    while _kind(node) != "Name":
        if _kind(node) == "Call" and _method_of(node):
            node = node.func.value
        elif _kind(node) == "Subscript" and _is_key(node.slice):
            node = node.value
        else:
            return False
    return True


def _is_key(key: _Node) -> bool:
    """Say whether this is a number, a text, or a slice from one number to another: by a step a text is turned round."""
    if _kind(key) == "Slice":
        return key.step is None and all(
            one is None or type(_constant(one)) is int for one in (key.lower, key.upper)
        )
    value = _constant(key)
    return type(value) is int or (type(value) is str and value[:2] != "__")


def _constant(node: _Node) -> object:
    if _kind(node) == "UnaryOp" and _kind(node.op) == "USub":
        value = _constant(node.operand)
        return -value if type(value) is int else None
    return node.value if _kind(node) == "Constant" else None


def _index_of(node: _Node) -> int | None:
    """Return which item of a display is read: `(n % 3, 0)[0]`."""
    index = _constant(node.slice)
    if _kind(node.value) in ("Tuple", "List") and type(index) is int and 0 <= index < len(node.value.elts):
        return index
    return None


def _fields_of(text: _Node) -> list[_Node]:
    """Return the fields of a formatted text; raises _TooMuchError where more than one may be a text itself."""
    fields = [one for one in text.values if _kind(one) == "FormattedValue"]
    between = [one.value for one in text.values if _kind(one) == "Constant"]
    texts = sum(not _shows_number(field) for field in fields)
    is_plain = all(_BETWEEN.fullmatch(one) and ".." not in one for one in between)
    if texts > 1 or not is_plain:
        raise _TooMuchError
    return fields


def _shows_number(field: _Node) -> bool:
    """Say whether only a number can be shown in this way; raises _TooMuchError for a way that may be anything."""
    if field.conversion != -1:
        raise _TooMuchError
    match field.format_spec.values if field.format_spec else []:
        case []:
            return False
        case [one] if _kind(one) == "Constant" and (shape := _SPECIFICATION.fullmatch(one.value)):
            return bool(shape[1])
    raise _TooMuchError


def _bound_of(node: _Node, parts: list[_Bound], functions: _Functions, floats: set[str]) -> _Bound:
    match _kind(node):
        case "Constant" if isinstance(node.value, int):
            return int(node.value).bit_length(), _KNOWN
        case "Constant" if isinstance(node.value, (float, complex)):
            return 0, _KNOWN
        case "Name" | "Attribute":
            return 0, _KNOWN if _dotted(node) in floats else _NAMED
        case "Compare":
            return 1, _KNOWN
        case "UnaryOp" if _kind(node.op) == "Not":
            return 1, _KNOWN
        case "IfExp" | "BoolOp":
            values = parts[1:] if _kind(node) == "IfExp" else parts
            return min(values) if _is_other(values) else _largest(values)
        case "Subscript":
            index = _index_of(node)
            if index is not None:
                return parts[index]
            is_slice = _kind(node.slice) == "Slice"
            return (
                _CHANGED
                if is_slice or _is_other(parts)
                else (0, _NAMED if type(_constant(node.slice)) is str else _PIECE)
            )
        case "JoinedStr":
            return _SHOWN
        case "FormattedValue":
            # Neither a literal text, nor one that was put together.
            if _is_other(parts) and parts != [_CHANGED]:
                raise _TooMuchError
            return _SHOWN
        case "Call" if method := _method_of(node):
            return (1, _KNOWN) if method in _TESTS else _CHANGED
        case "Call" if functions[_dotted(node.func)][0] == OWN:
            # It may put texts together.
            if any(bits < -1 or named == _PIECE for bits, named in parts):
                raise _TooMuchError
            bits, _ = _largest(parts)
            # A text may be what it gives back.
            return _NO_NUMBER if _is_other(parts) else (bits if bits > _HANDED_BITS else 0, _NAMED)
        case "Call" if functions[_dotted(node.func)][0] in _OF_ANYTHING and _is_other(parts):
            return _MANY_CHARACTERS.bit_length(), _NAMED
        case "UnaryOp" | "BinOp" | "Call":
            if _is_other(parts):
                raise _TooMuchError
        case _:
            return min([_NO_NUMBER, *parts])
    bits, is_named = _largest(parts)
    if _kind(node) == "Call":
        function, is_known = functions[_dotted(node.func)]
        if function == "pow":
            match node.args:
                case [_, exponent]:
                    return _power_of(parts, exponent)
            raise _TooMuchError
        if function in _COUNTS:
            numbers = [one for one in map(_constant, node.args) if type(one) is int and one >= 0]
            if not numbers or len(numbers) < len(parts):
                raise _TooMuchError
            # As many factors as the last one says, none larger than the first one.
            return max(bits * numbers[-1], 1), _KNOWN if is_known else _NAMED
        if function == "round" and any(digits > _MANY_DIGITS_BITS or named for digits, named in parts[1:]):
            raise _TooMuchError
        if function not in ("max", "min"):
            is_named = min(is_named, _NAMED)
        elif is_named and len(parts) == 1:
            # A text's largest character.
            is_named = _PIECE
        is_named = is_named or (_KNOWN if is_known and function not in _OF_ANYTHING else _NAMED)
        if function in _TRUTHS:
            return 1, is_named
        if function in _FLOATS:
            return 0, is_named
        if function == "lcm":
            return sum(one for one, _ in parts), is_named
        if function == "sum":
            bits += len(parts).bit_length()
        # Of a float an integer may be made, as large as a name's value.
        return (max(bits, _FLOATS_BITS) if function in _INTEGERS and not is_named else bits), is_named
    if _kind(node) == "UnaryOp":
        return bits + 1, min(is_named, _NAMED)
    (left, of_left), (right, of_right) = parts
    match _kind(node.op):
        case "Add" if of_left and of_right and is_named == _PIECE:
            raise _TooMuchError
        case "Mod" if of_left and of_right == _PIECE:
            raise _TooMuchError
        case "Add" | "Mod":
            bits += 1
        case "Mult":
            bits = left + right
        case "Div":
            bits, is_named = 0, min(is_named, _NAMED)
        case "Pow":
            return _power_of(parts, node.right)
        case "LShift" if not is_named and right <= _MANY_BITS.bit_length():
            bits = left + (1 << right)
        case "LShift" | "MatMult":
            raise _TooMuchError
        case _:
            # Of numbers alone.
            bits, is_named = bits + 1, min(is_named, _NAMED)
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
    return (left + min(left_is_named, 1)) * max(times, 1), left_is_named


def _largest(parts: list[_Bound]) -> _Bound:
    return max((bits for bits, _ in parts), default=0), max((named for _, named in parts), default=_KNOWN)


def _is_other(parts: list[_Bound]) -> bool:
    """Say whether anything of this is no number."""
    return any(bits < 0 for bits, _ in parts)
