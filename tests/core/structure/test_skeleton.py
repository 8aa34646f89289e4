"""What is one structure and what is another, and what of a new one the function's own text makes up."""

from __future__ import annotations

import pytest

from dayfly.core.provenance import Span
from dayfly.core.structure.skeleton import read_skeleton
from dayfly.core.structure.sqltokens import EXPRESSION
from dayfly.core.structure.trusted_literals import OwnText

SAME = [
    ("sql", "SELECT a FROM t WHERE n = 'ann'", "select  a from t where n='o''brien'"),
    ("sql", "SELECT a FROM t WHERE n IN (1, 2)", "SELECT a FROM t WHERE n IN (3)"),
    ("sql", "INSERT INTO t VALUES (?, ?), (?, ?)", "INSERT INTO t VALUES (?, ?)"),
    ("sql", "SELECT a FROM t WHERE n BETWEEN -1 AND 5", "SELECT a FROM t WHERE n BETWEEN 1 AND 5"),
    ("sql", "SELECT a FROM t WHERE n = NULL /* id 1 */", "SELECT a FROM t WHERE n = 5 /* id 2 */"),
    ("sql", "SELECT a FROM t ORDER BY a LIMIT 5", 'SELECT a FROM t ORDER BY t.b DESC, "c" LIMIT 5'),
    ("shell", 'printf %s "done"', 'printf %s "!a ! done!"'),
    ("shell", "grep -c 'a b' /tmp/x", "grep -c word /tmp/x /tmp/y"),
    ("shell", "tar --file=/tmp/a x", "tar --file=/tmp/b x"),
    ("argv", "git\0clone\0https://a.example/x", "/usr/bin/git\0clone\0https://b.example/y"),
    ("argv", "head\0-5\0/tmp/a", "head\0-7\0/tmp/b"),
    ("python", "f(1, 'a')  # note", "f(2, 'b')"),
    ("python", "total >= 5", "total * 2 >= limit and not closed"),
    ("template", "{{ name }}", "{{ order.number }}\n{% if paid %}\n{{ name|upper }}\n{{ 'a(b)[c]' }}"),
    ("template", "{{ name|default('you') }}", "{{ note|default('(none)') }}"),
]
EXPRESSIONS = [
    ("#a = :b", "customer.address[0] = :customer"),
    ("SET #a = :b", "SET #a = :b, #c = :d, total = :e"),
    ("a, b", "#c"),
    ("a IN (:a, :b)", "a IN (:a)"),
]
OTHER_EXPRESSIONS = [
    ("#a = :b", "tier = :b OR visibility = :b"),
    ("#a = :b", "attribute_exists(secret)"),
    ("SET #a = :b", "SET #a = :b REMOVE owner"),
]
OTHER = [
    ("sql", "SELECT a FROM t WHERE n = 'ann'", "SELECT a FROM t WHERE n = 'x' OR '1'='1'"),
    ("sql", "SELECT a FROM t WHERE n = 'ann' AND p = 'q'", "SELECT a FROM t WHERE n = 'x' --' AND p = 'q'"),
    ("sql", "SELECT a FROM t WHERE n = 5", "SELECT a FROM t WHERE n = 5; DROP TABLE t"),
    ("sql", "SELECT a FROM t WHERE n = 5", "SELECT a FROM t WHERE n = n"),
    ("sql", "SELECT a FROM t WHERE n = 5", "SELECT a FROM t WHERE n = 5 - 4"),
    ("sql", "SELECT a FROM t WHERE n = 'ann'", "SELECT a FROM t WHERE n = 'o'brien'"),
    ("sql", "SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY sleep(5)"),
    ("sql", "SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY CASE WHEN a < 'b' THEN 1 END"),
    ("sql", "SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a UNION SELECT b FROM c"),
    ("sql", "SELECT a FROM t ORDER BY lower(a)", "SELECT a FROM t ORDER BY sleep(a)"),
    ("shell", "ls /tmp/x", "! ls /tmp/x"),
    ("shell", "ls /tmp/x", "ls /tmp/x; id"),
    ("shell", "ls /tmp/x", "ls /tmp/$(id)"),
    ("shell", "ls /tmp/x", "ls /tmp/x > /tmp/y"),
    ("argv", "git\0clone\0https://a.example/x", "git\0clone\0--upload-pack=id"),
    ("argv", "sh\0-c\0ls /tmp/x", "sh\0-c\0ls /tmp/x; id"),
    ("python", "price * 2", "price.__class__"),
    ("python", "f'{a}'", "f'{b()}'"),
    ("python", "total >= 5", "total >= 5 and exit()"),
    ("template", "", "{{ name }}"),
    ("template", "{{ name }}", "{{ name.__class__ }}"),
    ("template", "{{ name }}", "{{ name|attr('_' ~ x) }}"),
    ("template", "{{ name }}", "{{ config['KEY'] }}"),
    ("template", "{{ name }}", "{%- print(1) -%}"),
]


@pytest.mark.parametrize(("sink", "one", "other"), SAME)
def test_another_value_is_no_other_structure(sink: str, one: str, other: str) -> None:
    assert read_skeleton(sink, one).hash() == read_skeleton(sink, other).hash()


@pytest.mark.parametrize(("sink", "one", "other"), OTHER)
def test_more_than_a_value_is_another_structure(sink: str, one: str, other: str) -> None:
    assert read_skeleton(sink, one).hash() != read_skeleton(sink, other).hash()


def test_an_expression_is_made_of_attributes_and_of_what_is_done_with_them() -> None:
    for one, other in EXPRESSIONS:
        assert _expression(one) == _expression(other), other
    for one, other in OTHER_EXPRESSIONS:
        assert _expression(one) != _expression(other), other


def _expression(text: str) -> str:
    return read_skeleton("sql", text, dialect=EXPRESSION).hash()


def test_what_a_dialect_cannot_read_has_a_structure_of_its_own() -> None:
    broken = {read_skeleton("sql", text, dialect="sqlite").hash() for text in ("'a", '"b', "/* c \0")}
    assert len(broken) == 1
    assert broken != {read_skeleton("sql", "'a'", dialect="sqlite").hash()}


OWN = OwnText(
    (
        "SELECT a FROM t WHERE n = '",
        "'",
        " AND p > ",
        " ORDER BY ",
        "p",
        "or",
        "rm -rf ",
        "git",
        "--depth",
        "clone",
    ),
    ("SELECT ", " FROM ", " UNION ", " OR ", ";", "id"),
)


@pytest.mark.parametrize(
    ("sink", "text"),
    [
        ("sql", "SELECT a FROM t WHERE n = 'ann' AND p > 5 ORDER BY p"),
        # A library's, which sends parameters.
        ("sql", "SELECT p FROM p UNION SELECT p FROM p"),
        ("shell", "rm -rf /tmp/x"),
        ("argv", "git\0clone\0--depth\0" + "1"),
    ],
)
def test_what_the_code_puts_together_of_whole_pieces_is_its_own(sink: str, text: str) -> None:
    assert read_skeleton(sink, text).is_own(OWN, ())


@pytest.mark.parametrize(
    ("sink", "text"),
    [
        ("sql", "SELECT a FROM t WHERE n = 'x' OR '1'='1'"),
        ("sql", "SELECT a FROM t WHERE n = 'x' UNION SELECT p FROM p WHERE n = ''"),
        ("sql", "SELECT a FROM t WHERE n = 'x' --' AND p > 5"),
        ("shell", "rm -rf /tmp/x; id"),
        ("argv", "git\0clone\0--upload-pack=id"),
    ],
)
def test_words_that_the_code_has_somewhere_do_not_make_a_clause_its_own(sink: str, text: str) -> None:
    assert not read_skeleton(sink, text).is_own(OWN, ())


def test_what_the_event_was_allowed_to_supply_needs_no_own_text() -> None:
    text = "SELECT a FROM t WHERE n = 'x' AND p > colour"
    start = text.index("colour")
    assert not read_skeleton("sql", text).is_own(OWN, ())
    assert read_skeleton("sql", text).is_own(OWN, (Span(start, len(text), "sort"),))
