"""Python source: a value of the event passes inside a literal, structure of the event does not."""

from __future__ import annotations

import ast
import collections
import functools
import pickle
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.by_day import some_by_day
from tests.core.structure.fakes import NOTHING, FakeProvenance, FakeSpan, fill

from dayfly.core.provenance import Provenance
from dayfly.core.structure.arithmetic import is_argument
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.trusted_literals import OwnText, texts_of

# What a compiler leaves of the templates: their pieces between the holes.
TEMPLATES = (
    "{} * 2",
    "'{}' in KNOWN",
    '"{}" in KNOWN',
    "{}",
    "total({})",
    "lookup{}",
    "10 {}",
    "obj.{}",
    "[{}, 5]",
    "{'role': {}}",
    "'{}' + '{}'",
    "price * 2 # {}",
    "x = {}\ny = 1\n",
    "f'Hello {} <name>'",
    "b'{}'",
    "r'{}'",
    "'''{}'''",
)
OWN = OwnText([piece for template in TEMPLATES for piece in template.split("{}")])


def verdict(template: str, *values: str, own: OwnText = OWN) -> str:
    source, provenance = fill(template, *values)
    return judge_python(source, provenance, own).verdict


REFUSED = [
    ("{} * 2", "__import__('os').system('id')"),
    ("{} * 2", "10 or True"),
    ("{} * 2", "price"),
    ("{} * 2", "10 if x else 20"),
    ("{} * 2", "1+1"),
    ("{} * 2", "1;"),
    ("{} * 2", "1\n"),
    ("{} * 2", "1#"),
    ("{} * 2", "[1][0]"),
    ("{} * 2", "(1).real"),
    ("{} * 2", "1 .real"),
    ("{} * 2", "f'{x}'"),
    ("{} * 2", "F''"),
    ("{} * 2", "rf'{open(1)}'"),
    ("{} * 2", "f'{f\"{x}\"}'"),
    ("{} * 2", "[x for x in 1]"),
    ("{} * 2", "[1 for _ in [1]]"),
    ("{} * 2", "lambda: 1"),
    ("{} * 2", "(x:=1)"),
    ("{} * 2", "{**1}"),
    ("{} * 2", "[*[1]]"),
    ("{} * 2", "1\\\n"),
    ("{} * 2", "(1)(2)"),
    ("{} * 2", "'a'.upper()"),
    ("{} * 2", "1or 2"),
    ("{} * 2", "0xfor x"),
    ("{} * 2", "not 1"),
    ("{} * 2", "..."),
    ("{} * 2", "__debug__"),
    ("{} * 2", "ｅval"),
    ("{} * 2", "True or 1"),
    ("{} * 2", "--1"),
    ("{} * 2", "1\r2"),
    ("{} * 2", "1\0"),
    ("{} * 2", "'"),
    ("{} * 2", "("),
    ("{} * 2", "1) or (1"),
    ("'{}' in KNOWN", "x' or '1"),
    ("'{}' in KNOWN", "x' in KNOWN or 'y"),
    ("'{}' in KNOWN", "x', 'y"),
    ("'{}' in KNOWN", "x' 'y"),
    ("'{}' in KNOWN", "x\\"),
    ("'{}' in KNOWN", "x\ny"),
    ("'{}' in KNOWN", "x'#"),
    ("'{}' + '{}'", "\\", " + __import__('os').system('id') #"),
    ("'{}' + '{}'", "\\", "+1 #"),
    ("{}", "price"),
    ("{}", "1+1"),
    ("{}", "import os"),
    ("total({})", "1, 2"),
    ("total({})", "key=1"),
    ("total({})", "*[1]"),
    ("total({})", "1)+total(2"),
    ("lookup{}", "(1, 2)"),
    ("lookup{}", "[1]"),
    ("lookup{}", "_table"),
    ("10 {}", "-1"),
    ("10 {}", "(1)"),
    ("obj.{}", "__class__"),
    ("[{}, 5]", "1, 2"),
    ("{'role': {}}", "1, 'admin': 2"),
    ("price * 2 # {}", "x\nimport os"),
    ("price * 2 # {}", "x\rimport os"),
    ("x = {}\ny = 1\n", "1\nimport os"),
    ("x = {}\ny = 1\n", "1\n  "),
    ("f'Hello {} <name>'", "{open(1)}"),
    ("f'Hello {} <name>'", "{{x}"),
    ("f'Hello {} <name>'", "\\N{DASH}"),
    ("b'{}'", "'+x+b'"),
    ("r'{}'", "\\"),
    ("'''{}'''", "'''+x+'''"),
    ("'''{}'''", "'"),
]
ALLOWED = [
    ("{} * 2", "10"),
    ("{} * 2", "-1.5"),
    ("{} * 2", "+1"),
    ("{} * 2", "1e3"),
    ("{} * 2", "1e-3"),
    ("{} * 2", "0xff"),
    ("{} * 2", "1_000"),
    ("{} * 2", ".5"),
    ("{} * 2", "True"),
    ("{} * 2", "null"),
    ("{} * 2", "'it'"),
    ("{} * 2", '[1, "a", null, {"b": [true, -2.5e3]}, []]'),
    ("{} * 2", "(1, 2)"),
    ("{} * 2", "{1, 2}"),
    ("{} * 2", "[\n  1,\n  2\n]"),
    ("{} * 2", ""),
    ("'{}' in KNOWN", "anna"),
    ("'{}' in KNOWN", "O\\'Brien"),
    ("'{}' in KNOWN", "__import__(0)"),
    ("'{}' in KNOWN", "a#b;{c}"),
    ("'{}' in KNOWN", "Größe 😀"),
    ('"{}" in KNOWN', "it's"),
    ("{}", "1"),
    ("{}", "-1"),
    ("{}", "'text'"),
    ("{}", '{"a": 1}'),
    ("{}", "1, 2"),
    ("{}", " 1\n"),
    ("total({})", "(1, 2)"),
    ("total({})", "-1"),
    ("[{}, 5]", "1"),
    ("price * 2 # {}", "a note, of (someone)"),
    ("x = {}\ny = 1\n", "1"),
    ("f'Hello {} <name>'", "Anna"),
    ("b'{}'", "abc"),
    ("r'{}'", "a b"),
    ("'''{}'''", "two\nlines"),
]


@pytest.mark.parametrize(("template", "values"), [(one[0], one[1:]) for one in REFUSED])
def test_structure_from_the_event_is_refused(template: str, values: tuple[str, ...]) -> None:
    assert verdict(template, *values) == "refuse"


@pytest.mark.parametrize(("template", "value"), ALLOWED)
def test_a_value_from_the_event_is_allowed(template: str, value: str) -> None:
    assert verdict(template, value) == "allow"


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ("from math import *; print({})", "round(pi * 4 ** 2, 2) - max(3, 5) % 2", "allow"),
        ("import math; print({}, 1)", "math.sqrt(2) * math.tau", "allow"),
        ("print( {} )", "9**9**9", "refuse"),
        ("print({})", "pin", "refuse"),
        ("print({})", "max(pin, 0)", "refuse"),
        ("print({})", "exit(3)", "refuse"),
        ("charge({}, 100)", "1, 0", "refuse"),
        ("charge({}, 100)", "(1), (0)", "refuse"),
        ("charge({}, 100)", "1 + 1,", "refuse"),
        ("charge({}, 100)", "max(1, 2)", "allow"),
        ("print({})", "2)+open(1", "refuse"),
        ("print('({})')", "'+'a", "refuse"),
        ("print(2 if {} else pin)", "1 + 0", "refuse"),
        ("print({} or pin)", "0 and 1", "refuse"),
        ("import {}", "math", "refuse"),
        ("{}", "2 + 3", "refuse"),
    ],
)
def test_a_program_is_given_what_only_computes_between_brackets(
    template: str, value: str, expected: str
) -> None:
    source, provenance = fill(template, value)
    own = OwnText(template.split("{}"))
    assert judge_python(source, provenance, own, is_argument=is_argument).verdict == expected


def test_the_functions_own_text_is_allowed_though_the_event_has_its_words() -> None:
    own = OwnText(["price * 2 and tax", "WHERE"])
    provenance = FakeProvenance({"price": "12", "note": "and"})
    assert judge_python("price * 2 and tax", provenance, own).verdict == "allow"


def test_text_that_nothing_explains_is_unknown() -> None:
    assert judge_python("__import__('os').system('id')", NOTHING, OWN).verdict == "unknown"
    assert judge_python("stored + 1", NOTHING, OWN).verdict == "unknown"
    assert judge_python("not ' closed", NOTHING, OWN).verdict == "unknown"
    assert judge_python("[1, 2]", NOTHING, OWN).verdict == "allow"


def test_a_name_is_the_events_even_where_the_code_has_it_too() -> None:
    own = OwnText(["price", " * 2"])
    assert verdict("{}", "price", own=own) == "refuse"
    assert verdict("{} * 2", "price", own=own) == "refuse"


def test_an_expression_joined_from_the_functions_names_is_its_own() -> None:
    assert judge_python("price + tax", NOTHING, OwnText(["price", "tax", " + "])).verdict == "allow"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"# coding: utf-7\n+AF8-", "refuse"),
        (b"# coding=rot13\nvzcbeg bf", "refuse"),
        (b"\n# -*- coding: utf_16 -*-\n1", "refuse"),
        (b"\xff\xfe1", "refuse"),
        (b"# coding: latin-1\n'\xe9'", "allow"),
        (b"\xef\xbb\xbf'\xc3\xa9'", "allow"),
        (b"# " + b"x" * 2000 + b" coding: utf-7\n1", "refuse"),
    ],
)
def test_bytes_are_read_as_python_reads_them(source: bytes, expected: str) -> None:
    class All(FakeProvenance):
        """All of it came from the event."""

        def spans(self, text: str) -> list[FakeSpan]:
            return [FakeSpan(0, len(text), "body")] if expected == "refuse" else []

    own = OwnText(["# coding: latin-1\n"])
    assert judge_python(source, All({}), own).verdict == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("O'Brien", "allow"),
        ("x\nimport os", "refuse"),
        ("x\rimport os", "refuse"),
        ("coding: utf-7", "refuse"),
    ],
)
def test_a_note_in_the_first_lines_of_bytes_names_no_encoding(note: str, expected: str) -> None:
    source, own = f"# rule of {note}\nok = True\n", OwnText(["# rule of ", "\nok = True\n"])
    assert judge_python(source.encode(), FakeProvenance({"by": note}), own).verdict == expected


def test_an_incomplete_provenance_never_allows_but_the_functions_own_constant() -> None:
    provenance = FakeProvenance({}, is_complete=False)
    assert judge_python("10 * 2", provenance, OWN).verdict == "unknown"
    assert judge_python("'a' in b", provenance, OwnText(["'a' in b"])).verdict == "allow"


def test_whose_a_text_is_stays_no_guess_where_that_cannot_be_found_out() -> None:
    class Broken(FakeProvenance):
        def spans(self, text: str) -> list[FakeSpan]:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        judge_python("1", Broken({}), OWN)


# --- generators


@functools.cache
def generated_sources(trigger: str, setup: str = "") -> list[str]:
    """Return the sources that running `trigger` compiles from text, in a fresh interpreter."""
    import subprocess

    program = (
        "import sys, base64\n" + setup + "\nseen = []\n"
        "def hook(event, args):\n"
        "    if event == 'compile' and args[0] is not None: seen.append(args[0])\n"
        "sys.addaudithook(hook)\n" + trigger + "\n"
        "import pickle\n"
        "sys.stdout.write(base64.b64encode(pickle.dumps([s if isinstance(s, str) else bytes(s).decode() "
        "for s in seen if not isinstance(s, (list,))])).decode())\n"
    )
    import base64

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    found: list[str] = pickle.loads(base64.b64decode(done.stdout))
    return found


def texts_of_modules(*names: str) -> Iterator[str]:
    import importlib.util

    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        with open(spec.origin, "rb") as file:
            yield from texts_of(compile(file.read(), spec.origin, "exec"))


GENERATORS = [
    ("collections", ("collections",), "collections.namedtuple('Order', 'id unit_price name')"),
    (
        "dataclasses",
        ("dataclasses",),
        "dataclasses.make_dataclass('Order', ['id', 'unit_price', ('name', str, 'x')], order=True, frozen=True)",
    ),
    ("attr", ("attr._make", "attr._compat"), "attr.make_class('Order', ['id', 'unit_price', 'name'])"),
    (
        "jinja2",
        ("jinja2.compiler", "jinja2.environment", "jinja2.runtime", "jinja2.nodes"),
        "jinja2.Template('Order {{ id }}: {% for name in unit_price %}{{ name|upper }}, {% endfor %}')",
    ),
]


@pytest.mark.parametrize(("module", "modules", "trigger"), GENERATORS, ids=[one[0] for one in GENERATORS])
def test_what_a_library_generates_of_the_functions_words_is_allowed(
    module: str, modules: tuple[str, ...], trigger: str
) -> None:
    pytest.importorskip(module)
    sources = generated_sources(trigger, "import " + module)
    assert sources
    function = compile(trigger, "app.py", "exec")
    own = OwnText(lambda: texts_of(function), lambda: texts_of_modules(*modules))
    event = FakeProvenance({"id": "12", "name": "Order", "unit_price": "3"})
    for source in sources:
        judgement = judge_python(source, event, own)
        assert judgement.verdict == "allow", (judgement, source)
        assert judge_python(source, NOTHING, own).verdict == "allow"


@pytest.mark.parametrize(
    ("module", "modules", "trigger"),
    [
        *GENERATORS,
        (
            "attr",
            ("attr._make", "attr._compat"),
            "attr.make_class('Order', ['id', 'unit_price', 'name'], frozen=True, order=True)",
        ),
    ],
    ids=[*(one[0] for one in GENERATORS), "attr with a hash"],
)
@pytest.mark.parametrize("word", ["__init__", "__repr__", "return", "True", "1", "self", "None", "in"])
def test_a_word_that_a_library_writes_is_its_own_though_the_event_has_it(
    module: str, modules: tuple[str, ...], trigger: str, word: str
) -> None:
    pytest.importorskip(module)
    own = OwnText(lambda: texts_of(compile(trigger, "app.py", "exec")), lambda: texts_of_modules(*modules))
    for source in generated_sources(trigger, "import " + module):
        judgement = judge_python(source, FakeProvenance({"text": word}), own)
        assert judgement.verdict == "allow", (judgement, source)


def test_a_keyword_of_the_events_with_what_it_takes_is_no_librarys() -> None:
    source = "def make(self):\n    return self.price\n"
    own = OwnText(["price"], ["def make(self):\n    ", "return ", "self.", "\n"])
    assert judge_python(source, FakeProvenance({"text": "return"}), own).verdict == "allow"
    for text in ("return self.price", "self.price", "return self"):
        assert judge_python(source, FakeProvenance({"text": text}), own).verdict == "refuse", text


def test_a_formatted_string_ends_where_all_pythons_end_it() -> None:
    own = OwnText(["x = f'{a.rsplit(\">.\", 1)[-1]}({b!r})'; y = ", "; z = "])
    source = "x = f'{a.rsplit(\">.\", 1)[-1]}({b!r})'; y = 'tea'; z = 3"
    assert judge_python(source, FakeProvenance({"text": "tea", "n": "3"}), own).verdict == "allow"
    # 3.12 reads on behind the second quote, 3.11 ends the string there.
    for field in ("a['k']", 'a["k\'"]', 'a["\\\\"]', "a['''k''']"):
        source = f"x = f'{{{field}}}'; y = 'tea'"
        event = FakeProvenance({"text": "tea"})
        assert judge_python(source, event, OwnText([source.replace("tea", "{}")])).verdict == "refuse", field


@pytest.mark.parametrize(
    "template",
    [
        "{{ id.__class__.__mro__ }}",
        "{{ config.items() }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "Dear {{ id }}, thanks",
    ],
)
def test_a_template_of_the_events_is_refused(template: str) -> None:
    pytest.importorskip("jinja2")
    sources = generated_sources(f"jinja2.Template({template!r})", "import jinja2")
    own = OwnText(
        ["id", "name"], lambda: texts_of_modules("jinja2.compiler", "jinja2.environment", "jinja2.runtime")
    )
    words = {f"w{n}": word for n, word in enumerate(_words(template)) if len(word) > 2}
    for source in sources:
        assert judge_python(source, FakeProvenance(words, keys=False), own).verdict == "refuse", source


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()


# --- hostile input


HOSTILE = [
    "(" * 100_000,
    "[" * 50_000 + "]" * 50_000,
    "-" * 100_000 + "1",
    "'" * 100_001,
    "''" * 50_000,
    "'\\'" * 40_000,
    "\\\n" * 50_000,
    "f'{" * 30_000,
    "f'{x}'" * 15_000,
    "f'\\N{" * 20_000,
    "1+" * 50_000 + "1",
    "1" * 100_000,
    "a" * 100_000,
    "# " * 50_000,
    "\n" * 100_000,
    " " * 100_000,
    "'" + "\\\n" * 50_000 + "'",
    "{1:" * 30_000,
    "é" * 100_000,
    "price * " * 12_000,
]


@pytest.mark.slow
@pytest.mark.parametrize("source", some_by_day(HOSTILE, every=4, name=lambda one: repr(one[:6])))
def test_the_worst_sources_take_bounded_time(source: str) -> None:
    own = OwnText(
        ["price * ", "price", "(", "((", "(((", "((((", "'", "1+", *(" " * n for n in range(1, 40))]
    )
    start = time.process_time()
    judge_python(source, fill("{}", source)[1], own)
    judge_python(source, fill("price {}", source)[1], own)
    assert time.process_time() - start < 30


def test_a_source_over_a_megabyte_is_refused_if_the_event_is_in_it() -> None:
    source = "1" * 1_000_001
    assert judge_python(source, fill("{}", source)[1], OWN).verdict == "refuse"
    assert judge_python(source, NOTHING, OWN).verdict == "unknown"


PIECES = st.lists(
    st.sampled_from(
        [
            "'",
            '"',
            "\\",
            "\n",
            " ",
            "1",
            "-",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "x",
            "or",
            "#",
            "f",
            "r",
            "b",
            "'''",
            "None",
            ".",
            "e",
            "0x",
            "*",
            "\r",
            "é",
            "\x0c",
            "j",
        ]
    ),
    min_size=1,
    max_size=12,
).map("".join)


def _values(source: str) -> collections.Counter[str]:
    """The kinds of syntax in a source, but for values."""
    kinds: collections.Counter[str] = collections.Counter()

    def is_value(node: ast.AST) -> bool:
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, (ast.USub, ast.UAdd)) and isinstance(node.operand, ast.Constant)
        if isinstance(node, ast.Name):
            return node.id in ("true", "false", "null")
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return all(is_value(one) for one in node.elts)
        if isinstance(node, ast.Dict):
            return all(one is not None and is_value(one) for one in node.keys + node.values)
        return isinstance(node, ast.Constant) and node.value is not ...

    def visit(node: ast.AST) -> None:
        if is_value(node):
            kinds["value"] += 1
            return
        kinds[type(node).__name__] += 1
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source, mode="eval"))
    return kinds


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(["{} * 2", "'{}' in KNOWN", "total({})", "lookup{}", "10 {}", "[{}, 5]", "b'{}'"]), PIECES
)
def test_what_is_allowed_has_the_syntax_of_the_template(template: str, value: str) -> None:
    source, provenance = fill(template, value)
    if not value.strip() or judge_python(source, provenance, OWN).verdict != "allow":
        return
    try:
        kinds = _values(source.strip())
    except (SyntaxError, ValueError):
        return  # Python itself refuses it
    try:
        expected = _values(template.replace("{}", "1"))
    except SyntaxError:
        expected = kinds if kinds == {"value": 1} else collections.Counter()
    if template == "lookup{}":
        expected = collections.Counter({"Expression": 1, "Name": 1, "Load": 1})
    assert kinds == expected or (
        template == "10 {}" and not kinds - collections.Counter({"Expression": 1, "value": 1})
    )


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert judge_python(text, fill("{}", text)[1], OWN).verdict in ("allow", "refuse", "unknown")
    assert judge_python(text.encode("utf-8", "surrogatepass"), NOTHING, OWN).verdict in ("allow", "unknown")


FIELDS = [
    (
        "dataclasses",
        ("dataclasses",),
        "dataclasses.make_dataclass({name}, ['given', 'k9', ({field}, str, 'x')], order=True, frozen=True)",
    ),
    (
        "attr",
        ("attr._make", "attr._compat"),
        "attr.make_class({name}, {{'given': attr.ib(), {field}: attr.ib(default=1, converter=str)}}, frozen=True)",
    ),
]


@pytest.mark.parametrize(("module", "modules", "trigger"), FIELDS, ids=[one[0] for one in FIELDS])
@pytest.mark.parametrize("field", ["customer", "_postal_code", "x_7", "Straße", "print"])
def test_the_event_may_name_the_fields_of_a_class(
    module: str, modules: tuple[str, ...], trigger: str, field: str
) -> None:
    pytest.importorskip(module)
    sources = generated_sources(trigger.format(name="'Row'", field=repr(field)), "import " + module)
    assert sources
    own = OwnText([], lambda: texts_of_modules(*modules))
    event = FakeProvenance({"a": field, "b": "given", "c": "k9"}, keys=False)
    for source in sources:
        judgement = judge_python(source, event, own, names_fields=True)
        assert judgement.verdict == "allow", (judgement, source)


@pytest.mark.parametrize(
    "field",
    [
        "x=print(1)",
        "x, y",
        "x: print(1)",
        "x.y",
        "x\n  print",
        "__class__",
        "__dict__",
        "x)",
        "return x",
        "lambda",
    ],
)
def test_whatever_is_more_than_a_name_is_no_field(field: str) -> None:
    source = f"def __init__(self, {field}):\n    self.{field} = {field}\n"
    own = OwnText([], ["def __init__(self, ", "):\n    self.", " = ", "\n"])
    event = FakeProvenance({"a": field}, keys=False)
    assert judge_python(source, event, own, names_fields=True).verdict == "refuse"


def test_only_who_writes_classes_takes_names_of_fields() -> None:
    source = "def __init__(self, customer):\n    self.customer = customer\n"
    own = OwnText([], ["def __init__(self, ", "):\n    self.", " = ", "\n"])
    event = FakeProvenance({"a": "customer"}, keys=False)
    assert judge_python(source, event, own, names_fields=True).verdict == "allow"
    assert judge_python(source, event, own).verdict == "refuse"


LIBRARYS = "def _generated(x, y):\n    return 3*x + sin(y)\n"


@pytest.mark.parametrize("word", ["return", "def", "sin"])
def test_a_word_in_a_librarys_code_is_there_by_chance(word: str) -> None:
    event = FakeProvenance({"text": word}, keys=False)
    own = OwnText(["sin"])
    judgement = judge_python(LIBRARYS, event, own, by_library=True)
    assert (judgement.verdict, judgement.rule) == ("unknown", "python.unexplained")
    assert judge_python(LIBRARYS, event, own).verdict == "refuse"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (LIBRARYS, "return 3*x"),
        (LIBRARYS.replace("sin", "cos"), "cos"),
        ("x and y", "and"),
        ("a if b else c", "if"),
        ("lambda: x", "lambda"),
        ("import os", "import"),
        ("secret", "secret"),
        ("x + secret", "secret"),
        ("f(__class__)", "__class__"),
        ("sin(x)", "sin(x"),
        ("sin(x)", "sin"),
        ("2*sin (Symbol ('x' ))", "sin"),
        ("x + sin", "sin"),
        ("x = sin(y)\n", "sin"),
    ],
)
def test_more_than_a_word_and_what_is_not_the_functions_is_refused_in_a_librarys_code(
    source: str, value: str
) -> None:
    judgement = judge_python(
        source, FakeProvenance({"text": value}, keys=False), OwnText(["sin", "__class__"]), by_library=True
    )
    assert judgement.verdict == "refuse"


def test_an_expression_that_is_one_word_of_the_functions_is_refused_in_a_library_too() -> None:
    event = FakeProvenance({"text": "sin"}, keys=False)
    assert judge_python("sin", event, OwnText(["sin"]), by_library=True).verdict == "refuse"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def render(write, name):\n    write('<h1>5 for $4</h1>')\n", "allow"),
        ("def render(write, name):\n    write(5 for $4)\n", "refuse"),
    ],
)
def test_a_text_of_a_template_that_was_judged_before_is_a_literal(source: str, expected: str) -> None:
    own = OwnText(["<h1>"], ["def render(write, name):\n    write('", "')\n", "</h1>"])
    event = Provenance({"head": "5 for $4"})
    assert judge_python(source, event, own, by_library=True, by_template=True).verdict == expected
    assert judge_python(source, event, own, by_library=True).verdict == "refuse"


CLASS = "class Row:\n    def __init__(self, values):\n"


@pytest.mark.parametrize("name", ["größe", "straße_nr", "размер", "größe__class__", "サイズ"])
def test_a_word_of_other_letters_is_there_by_chance_as_one_of_ascii_is(name: str) -> None:
    source = CLASS + f"        self.id = values[0]\n        self.{name} = values[1]\n"
    event = Provenance({"csv": f"id,{name}\n1,2\n"})
    assert judge_python(source, event, OwnText([])).rule == "python.unexplained"
    # All that a value is, or a name that the function has.
    assert judge_python(source, Provenance({"name": name}), OwnText([])).verdict == "refuse"
    assert judge_python(source, event, OwnText([name])).verdict == "refuse"


@pytest.mark.parametrize(
    "code",
    [
        *(
            "größe=1;größen",
            "größe(größen)",
            "größe.größen",
            "größe, größen",
            "größe\n        größen",
            "größe:größen",
        ),
        *(
            "größe.__class__",
            "__größe__",
            "größe = eval('größe')",
            "[größe for größe in größen]",
            "größe/größen",
        ),
        *(
            "ｏｐｅｎｅｒ",
            "ｓｕｂｐｒｏｃｅｓｓ",
            "_＿ｃｌａｓｓ_＿",
            "__ｃｌａｓｓ__",
            "𝓼𝓾𝓫𝓹𝓻𝓸𝓬𝓮𝓼𝓼",
            "ſubproceſſ",
            "＿＿größe",
        ),
    ],
)
def test_what_is_more_than_such_a_word_or_reads_as_another_is_refused(code: str) -> None:
    source = CLASS + f"        self.{code} = values[1]\n"
    event = Provenance({"csv": f"id;{code};x\n1;2\n"})
    assert event.spans(source)
    assert judge_python(source, event, OwnText([])).verdict == "refuse"


@pytest.mark.slow
def test_many_names_of_other_letters_are_judged_in_linear_time() -> None:
    source = "größe = 1\n" * 8_000
    before = time.process_time()
    judge_python(source, FakeProvenance({"a": "größe"}), OwnText([]))
    judge_python("größe" * 16_000, FakeProvenance({"a": "größe"}), OwnText([]))
    assert time.process_time() - before < 10
