"""Plain arithmetic is told from everything else, and its value is small whatever it is made of."""

from __future__ import annotations

import builtins
import json
import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dayfly.core.structure.arithmetic import FUNCTIONS, OWN, is_arithmetic

PLAIN = [
    "1+1",
    "49.90 * 2",
    " 49.90 * 2\n",
    b"49.90 * 2",
    "(1 + 2) * -3 ** 2 // 4 % 5",
    "2 ** 100",
    "1 << 10",
    "0xff & ~0b11 | 0o7 ^ 1",
    "1_000 * 1.19e2 - 3j",
    "1 < 2 <= 3 and not 4 != 5 or None",
    "'gold' if 120 > 100 else 'plain'",
    "[1, 2.5, ('a', b'b'), {'c': {True, None}}, ...]",
    "3 in (1, 2, 3)",
    "7 / 0",
    " + ".join(["19.90"] * 400),
    "1 - (2 - (3 - (4 - 5)))",
]
NO_ARITHMETIC = [
    "",
    " ",
    "1 +",
    "x",
    "price * 2",
    "__import__('os').system('id')",
    "print(1)",
    "().__class__",
    "(1).real",
    "'a'.upper()",
    "'a'[0]",
    "[1, 2][1:]",
    "{}['a']",
    "x := 5",
    "(x := 5)",
    "x = 5",
    "1; 2",
    "1\n2",
    "import os",
    "lambda: 0",
    "[x for x in (1, 2)]",
    "(1 for _ in ())",
    "{**{}}",
    "[*'abc']",
    "f'{1:>1000000}'",
    "await 1",
    "(yield)",
    "1 is 1",
    "1 @ 2",
    "[0] * 100",
    "'-' * 80",
    "'/et' + 'c/passwd'",
    "'/et' 'c/passwd'",
    "x + 'a'",
    "'\\x61'",
    "1 # one",
    "# coding: utf-7\n+ACI-1+ACI-",
    b"# coding: utf-7\n1",
    "1 +\\\n1",
    b"\xff",
    b"1\x00",
    "\x00",
]
# Each of these keeps a processor busy or takes memory, or its value is more than CPython makes a text of.
LARGE = [
    "9**9**9",
    "9**9**9**9",
    "-9**9**9",
    "2**(2**(2**(2**5)))",
    "(2**100)**100",
    "10**5000",
    "1<<10**9",
    "0<<10**9",
    "1<<4097",
    "'a'*10**10",
    "10**10*'a'",
    "b'a'*(1<<40)",
    "[0]*10**9",
    "(0,)*10**9",
    "[[0]*1000]*1000",
    "[[[[[0]*10]*10]*10]*10]*10",
    "'a'*100*100*100",
    "(1 and 'a')*10**9",
    "(10**9 if 1 else 0)*[0]",
    "'a'*(2 or 10**9)",
    "'a'*--10**9",
    "'a'*~-10**9",
    "'%1000000000d' % 1",
    "'%s' % 1",
    "b'%1000000000d' % 1",
    "('%9999999d' if 1 else 2) % 1",
    "'%*d' % (10**9, 1)",
    "9" * 2000,
    "0x" + "f" * 1200,
    "*".join(["99999999"] * 300),
    "+".join(["'a'*16000"] * 2),
    "(" + "'a'*16000 in 'b'*16000," * 10 + ")",
    "1" + "+1" * 3000,
    "(" * 300 + "1" + ")" * 300,
    "-" * 4000 + "1",
    "1" + "-1" * 600,
    "[" * 2000 + "]" * 2000,
]


@pytest.mark.parametrize("source", PLAIN)
def test_literals_and_operators_are_arithmetic(source: str | bytes) -> None:
    assert is_arithmetic(source)


@pytest.mark.parametrize("source", NO_ARITHMETIC)
def test_what_could_be_anything_else_is_not(source: str | bytes) -> None:
    assert not is_arithmetic(source)


@pytest.mark.parametrize("source", LARGE)
def test_what_may_take_time_or_memory_is_not_and_is_told_at_once(source: str) -> None:
    before = time.process_time()
    assert not is_arithmetic(source)
    assert time.process_time() - before < 10


NUMBERS = st.one_of(
    st.integers(0, 20).map(str),
    st.integers(0, 10**30).map(str),
    st.sampled_from(["10**9", "1e308", "2.5", "3j", "True", "None", "...", "0x7fffffffffffffff"]),
)
TEXTS = st.sampled_from(["'a'", "''", "b'ab'", "'abcdefgh' * 9", "'%s'", "[]", "()", "{}", "{1}", "{1: 'a'}"])
OPERATORS = st.sampled_from(
    [
        *(
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "<<",
            ">>",
            "&",
            "|",
            "^",
            "@",
            "<",
            ">=",
            "==",
            "in",
            "not in",
        ),
        "and",
        "or",
    ]
)


COMPUTING = {
    name: getattr(math, name, None) or getattr(builtins, name)
    for name in FUNCTIONS
    if hasattr(math, name) or hasattr(builtins, name)
}
CALLED = st.sampled_from(sorted(COMPUTING))


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["-", "+", "~", "not "]), inner).map(lambda parts: f"({''.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda parts: "({} if {} else {})".format(*parts)),
        st.lists(inner, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({', '.join(parts)},)"),
        st.tuples(inner, inner).map(lambda parts: "{{{}: {}}}".format(*parts)),
        inner.map(lambda part: f"{{{part}}}"),
        st.tuples(CALLED, st.lists(inner, max_size=3)).map(
            lambda parts: f"{parts[0]}({', '.join(parts[1])})"
        ),
        st.tuples(CALLED, inner, inner).map(lambda parts: "{}(({}, {}))".format(*parts)),
        st.tuples(inner, inner).map(lambda parts: "({}, {})[0]".format(*parts)),
        st.tuples(inner, st.sampled_from(["", ":.2f", ":>9d", ":.1%"])).map(
            lambda parts: "f'{{{}{}}}'".format(*parts)
        ),
    )


def size_of(value: object) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, dict):
        return sum(1 + size_of(one) for one in [*value.keys(), *value.values()])
    if isinstance(value, (list, tuple, set)):
        return sum(1 + size_of(one) for one in value)
    return 0


def integers_of(value: object) -> list[int]:
    if isinstance(value, dict):
        return [number for one in [*value.keys(), *value.values()] for number in integers_of(one)]
    if isinstance(value, (list, tuple, set)):
        return [number for one in value for number in integers_of(one)]
    return [value] if isinstance(value, int) else []


BUILT_IN = {int, float, complex, bool, str, bytes, list, tuple, set, dict, type(None), type(...)}


# `~True`; the amounts are what matters here.
@pytest.mark.filterwarnings("ignore:Bitwise inversion:DeprecationWarning")
@settings(max_examples=1500, deadline=None)
@given(source=st.recursive(st.one_of(NUMBERS, TEXTS), larger, max_leaves=12))
@example("('a' * (9 ** 9))")
@example("(([0] * 90) * 90)")
def test_what_is_called_arithmetic_computes_a_small_value_and_nothing_else(source: str) -> None:
    if not is_arithmetic(source, function_of=lambda name: (name, True)):
        return
    before = time.process_time()
    code = compile(source, "", "eval")
    try:
        value = eval(code, {"__builtins__": {}, **COMPUTING})
    except (ArithmeticError, TypeError, ValueError, IndexError):
        value = None
    assert time.process_time() - before < 10
    assert type(value) in BUILT_IN
    assert size_of(value) <= 16_384
    assert all(abs(number).bit_length() <= 4097 for number in integers_of(value))
    # So large that neither `str` nor JSON refuses it.
    assert len(repr(value)) < 16_384 * 1_300
    json.dumps(repr(value))


NAMED = [
    "price * qty * 1.19",
    "price if qty > 10 else price * 0.9",
    "(price + 2) * qty - -price",
    "x**2 + 3*x",
    "x ** 0.5",
    "1.05 ** years",
    "a > 3 and not b or c == 'x'",
    "x // 2 % 3",
]
NAMED_TOO_LARGE = [
    "x * 10**9",
    "x * 1000 * 1000 * 1000",
    "((x ** 8) ** 8) ** 8",
    "x ** 99999",
    "2 ** x",
    "x ** y",
    "x << 3",
    "'a' * x",
    "'%9999999d' % x",
    "x(1)",
    "x.y",
    "[x for x in y]",
    "(x := 1)",
    "lambda: x",
    "x is y",
]


@pytest.mark.parametrize("source", NAMED)
def test_names_are_operands_where_somebody_says_so(source: str) -> None:
    assert is_arithmetic(source, lambda _name: True)
    assert not is_arithmetic(source, lambda name: name not in source)


@pytest.mark.parametrize("source", NAMED_TOO_LARGE)
def test_what_is_computed_from_a_name_stays_near_its_size(source: str) -> None:
    assert not is_arithmetic(source, lambda _name: True)


CALLS = [
    "sqrt(16) + abs(-2)",
    "round(x * 2, 1)",
    "max(1, 2) ** 3",
    "int(x / 3) % 7",
    "pow(2, 8) - factorial(5)",
    "floor(2.5) if x else ceil(x)",
]
NO_NUMBER = [
    *(
        "open('x')",
        "pow(9, 10**9)",
        "factorial(10**6)",
        "x.sqrt(2)",
        "sqrt(2)(3)",
        "abs(*x)",
        "abs(x=1)",
    ),
    *("int('9')", "max('a', 'b')", "max([1], [2])", "'a' * abs(9)", "2 ** abs(9)", "max(x, 2) ** 21"),
    *("round(1, -10**9)", "round(1, x)", "abs(abs(x) ** 20) ** 20", "round()(1)"),
]


@pytest.mark.parametrize("source", CALLS)
def test_functions_that_compute_a_number_are_called_where_somebody_says_so(source: str) -> None:
    assert is_arithmetic(source, lambda _name: True, lambda name: (name, False))
    assert not is_arithmetic(source, lambda _name: True)


@pytest.mark.parametrize("source", NO_NUMBER)
def test_other_functions_and_values_that_may_become_large_are_not_called(source: str) -> None:
    assert not is_arithmetic(source, lambda _name: True, lambda name: (name, False))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sqrt(16) + 2**10", True),
        ("sin(0.5) * 1000000000", True),
        ("factorial(400)", True),
        ("comb(49, 6) / perm(6)", True),
        ("factorial(2000)", False),
        ("floor(2.5) * 10**9", True),
        ("pow(2, 10) * 3", True),
        ("pow(x, 2) + 1", True),
        ("SUM(A1, B1) * 1.19", True),
        ("IF(A1 > 10, round(A1 / 3, 2), -A1)", True),
        ("IF(A1 > 10, 'high', 'low')", True),
        ("SUM(SUM(1, 2), 3)", True),
        ("len(x) + sum(x)", True),
        ("floor(1e308) ** 9", False),
        ("pow(9, 10**9)", False),
        ("pow(9**9, 9**9)", False),
        ("pow(2, x)", False),
        ("pow(2)", False),
        ("sqrt(x) * 10**9", False),
        ("SUM(1) * 10**9", False),
        ("SUM(9**9**9)", False),
        ("SUM(2**1000)", False),
        ("IF(1, '%99999999d', '') % 1", False),
        ("IF(1, 'a', 'b') * 9", False),
        ("SUM.__globals__", False),
        ("SUM.__globals__['KEY']", False),
        ("SUM(*x)", False),
        ("SUM(x, y=1)", False),
        ("SUM(x for x in y)", False),
        ("SUM(x)(y)", False),
        ("OTHER(1)", False),
        ("prod((9, 9))", False),
    ],
)
def test_functions_that_are_known_bound_their_values(source: str, expected: bool) -> None:
    def function_of(name: str) -> tuple[str, bool]:
        return (OWN, True) if name in ("SUM", "IF") else (name, True)

    assert is_arithmetic(source, lambda _name: True, function_of) == expected


SHOWN = [
    *("row[0] - row[1] + n", "row[0] / 2 + -row[1]", "row[0] % 3 * 1.19", "10 % row[0]"),
    *(
        "2*pi*sqrt(16) + floor(3.7)",
        "round(n * 1.19, 2)",
        "min(n, 50) * 2",
        "math.sqrt(n)",
        "math.pi * r ** 2",
    ),
    *("9.5 if n < 10 else 8.0", "item['n'] % 3", "item[:3]", "item[:3].upper()", "item[-2:] == 'ab'"),
    *("row['a']['b'] * 2", "row[0] * row[1]", "int(row[0]) + int(row[1])", "row['a'] + row['b']"),
    *("sum([a, b, 3])", "min((a, b))", "any([a > 1, b > 2])", "len(item['name']) > 3", "len('abc')"),
    *("name.startswith('A') and not name.endswith('z')", "item['sku'].strip().lower()", "name.strip('-')"),
    *(
        "f'{price:.2f} EUR'",
        "f'{1}'",
        "f'abc'",
        "f'{n}: {price:>10,.2f} ({share:.1%})'",
        "f'{name.title():<20}'",
    ),
    *("(n % 3, 0)[0]", "[a, b][1] * 2", "f'{a:.2f}' if a else f'{b:d}'", "bool(item[:3])", "isfinite(n)"),
    *("lcm(4, 6) * gcd(8, n)", "item.ｕｐｐｅｒ()", "f'{price:.2f}' f' EUR'"),
]
HIDDEN = [
    *("x % row[0]", "x % row[0] % row[1]", "row[0] * 1 % row[1]", "row[0] % 3 + row[1]"),
    "[" + "f'{1:999}'," * 13 + "]",
    *("().__class__", "n.__class__", "item.format", "item.format(1)", "item.upper", "item.upper(1)"),
    *(
        "'/ETC/PASSWD'.lower()",
        "('/ETC')[0].lower()",
        "f'{x}'.upper()",
        "(a + b).lower()",
        "'abc'[0]",
        "'abc'[:2]",
    ),
    *("item.startswith(x)", "item.startswith(b'a')", "item.strip(chars='a')", "item.strip('a' 'b', 1)"),
    *(
        "item.replace('a', 'b')",
        "item.join('ab')",
        "item.get('a')",
        "item.read()",
        "item.encode()",
        "item.pop()",
    ),
    *(
        "item[::-1]",
        "item[::2]",
        "item[1:9:1]",
        "item[x]",
        "item[x:]",
        "item[1.5]",
        "item[True]",
        "item[1, 2]",
    ),
    *("item['__class__']", "item[b'a']", "item[()]", "item[None]", "item[f'a']", "item[-'a']"),
    *(
        "row[0] + row[1]",
        "(row[0] or 1) + (row[1] or 2)",
        "max(a) + max(b)",
        "row[0] * 1 + row[1] * 1",
        "a[:1] + b[:1]",
    ),
    *(
        "row[0] + row[1] + row[2]",
        "(row[0], 1)[0] + row[1]",
        "item.lower() + item.upper()",
        "item[:3] * 10**9",
    ),
    *("row[0] * 10**9", "item['n'] * 10**9", "item['n'] ** 99999", "2 ** item['n']", "1 << item[0]"),
    *("(1, 2)[5]", "(1, 2)[-1]", "(1, *x)[0]", "('a', 1)[0] * 10**9", "[[0]][0] * 9", "(9**9**9, 1)[1]"),
    *(
        "f'{x.__class__}'",
        "f'{x.y}'",
        "f'{x!r:>999999999}'",
        "f'{x!r}'",
        "f'{x=}'",
        "f'{x:{w}}'",
        "f'{x:>9999}'",
    ),
    *("f'{x:.9999f}'", "f'{47:c}'", "f'{10:x}'", "f'{d:%Y/%m}'", "f'{1:/>2}'", "f'{x:é<3}'", "f'{n:٣}'"),
    *(
        "f'{\"/\"}etc'",
        "f'{f\"{a}\"}'",
        "f'{(f\"{a}\", 1)[0]}'",
        "f'{a}{b}'",
        "f'{a}{1}'",
        "f'{a[0]}{a[1]}'",
        "f'/{x}'",
    ),
    *(
        "f'..{n:d}'",
        "f'; {n:d}'",
        "f'{n:d}' + 'a'",
        "f'{n:d}' * 9",
        "f'/et' f'c'",
        "f'{[a]}'",
        "f'{lambda x: 1}'",
    ),
    *("f'" + "{n:d}" * 13 + "'", "f'{9**9**9}'", "f'{open(1)}'", "t'{n:d}'", "f'{n:d}'[0]", "f'{n:d}'[:2]"),
    *(
        "math.__loader__",
        "math.factorial(10**6)",
        "math.sqrt",
        "math.sqrt(2)(3)",
        "math.x.sqrt(2)",
        "os.sqrt(2)",
    ),
    *(
        "math.sqrt.__self__",
        "math.comb(999, 999)",
        "math.ｐrod((9, 9))",
        "math._sqrt(1)",
        "math.pi.real",
        "math.prod((9, 9))",
    ),
    *(
        "factorial(n)",
        "factorial(9 * 9)",
        "factorial(-1)",
        "factorial(2000)",
        "factorial(10**6)",
        "factorial(400) * factorial(400)",
        "comb(10**9, 3)",
        "comb(n, 3)",
        "perm(9999)",
        "perm()",
        "'a' * perm(9)",
        "prod((9, 9))",
        "lcm(9**999, 9**999)",
        "lcm(9**999) * lcm(9**999)",
    ),
    *(
        "open('x')",
        "getattr(x, 'y')",
        "type(x)",
        "vars()",
        "__import__('os')",
        "system('id')",
        "eval('1')",
    ),
    *(
        "range(9)",
        "sorted(x)",
        "map(f, x)",
        "str(x)",
        "format(x, '9')",
        "chr(47)",
        "hash(x)",
        "print(1)",
        "divmod(7, 2)",
    ),
    *(
        "pow(2, 3, 5)",
        "pow(9, 10**9)",
        "round(1, 10**9)",
        "round(n, -x)",
        "int('" + "9" * 3000 + "')",
        "int('9')",
    ),
    *(
        "sum([[1], [2]], [])",
        "sum(['a'])",
        "sum([x for x in y])",
        "any(x for x in y)",
        "max([1], key=f)",
        "sum(*x)",
    ),
    *(
        "9**9**9",
        "'a'*10**9",
        "[0]*10**9",
        "len(x) * 10**9",
        "len('a') * 10**9",
        "isnan(x) * 'a'",
    ),
    *(
        "lambda: 0",
        "lambda n: n",
        "(lambda n: n)(1)",
        "[n for n in x]",
        "(n := 1)",
        "await n",
        "(yield n)",
        "*n,",
    ),
    *(
        "import os",
        "if n: 1",
        "for n in x: 1",
        "n; n",
        "n\nn",
        "@n\ndef f(): 1",
        "__ｃlass__",
        "n._＿class__",
        "＿n",
    ),
    *(
        "ｅval('1')",
        "ｏｐｅｎ(1)",
        "𝓸𝓹𝓮𝓷(1)",
        "n.__ｃlass__",
        "item['a'].__class__",
        "item[:3].__class__",
        "n if n else n.x",
    ),
]
ALL = frozenset(
    (
        *(
            "sqrt",
            "floor",
            "round",
            "min",
            "max",
            "sum",
            "any",
            "len",
            "bool",
            "isfinite",
            "isnan",
            "lcm",
            "gcd",
        ),
        *(
            "pow",
            "int",
            "factorial",
            "comb",
            "perm",
            "prod",
            "math.sqrt",
            "math.factorial",
            "math.comb",
        ),
        *("math.prod", "open", "getattr", "type", "vars", "eval", "sorted", "range", "str", "chr"),
    )
)


def computes(source: str, *, head: str = "") -> bool:
    return is_arithmetic(
        source,
        lambda name: not name.startswith("_"),
        lambda name: (name.removeprefix("math."), True) if name in ALL else ("", False),
        lambda name: name in ("pi", "math.pi"),
        lambda text: text == head,
    )


@pytest.mark.parametrize("source", SHOWN)
def test_values_of_names_are_read_compared_and_shown(source: str) -> None:
    assert computes(source)
    assert not computes(f"({source}).__class__")


@pytest.mark.parametrize("source", HIDDEN)
def test_nothing_else_is_read_called_or_put_together(source: str) -> None:
    assert not computes(source)
    assert not computes(f"[({source})]")
    assert not computes(f"(1 if n else ({source}))")


@pytest.mark.parametrize(
    ("head", "rest", "expected"),
    [
        ("lambda n:", " 9.5 if n < 10 else 8.0", True),
        ("lambda item:", " (item[:3].upper(), 0)[0]", True),
        ("(lambda a, b:", " math.sqrt(a * b))", True),
        ("lambda n:", " lambda m: n", False),
        ("lambda n:", " n(1)", False),
        ("lambda sqrt:", " sqrt(1)", False),
        ("lambda math:", " math.sqrt(1)", False),
        ("lambda math:", " math.pi", False),
        ("lambda n=", "open: n", False),
        ("lambda *n:", " n", False),
        ("lambda **n:", " n", False),
        ("lambda n, /:", " n", False),
        ("lambda *, n:", " n", False),
        ("lambda n:", " n.__class__", False),
        ("lambda n:", " open(1)", False),
        ("lambda n:", " n, lambda: 1", False),
    ],
)
def test_the_functions_own_lambda_may_stand_before_it(head: str, rest: str, expected: bool) -> None:
    assert computes(head + rest, head=head) == expected
    assert not computes(head + rest)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["item['n'] % 3 + ", "f'{n:d}'", "x[0]", ".upper()", "lambda n:", "math.", "f'{"]
)
def test_the_longest_are_told_at_once(piece: str) -> None:
    for size in (4_000, 80_000):
        for ending in ("1", "item", ""):
            before = time.process_time()
            computes((piece * size)[:size] + ending)
            computes("n" + (piece * size)[:size] + ending)
            assert time.process_time() - before < 5
