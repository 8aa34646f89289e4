"""A value ends no quotes that the function's own text put it between, wherever it came from."""

from __future__ import annotations

import pytest

from dayfly.core.structure.quotes import leaves_shell_quotes, leaves_sql_quotes, reaches_inward
from dayfly.core.structure.trusted_literals import OwnText

NAMED = "SELECT a FROM b WHERE name = '{}' ORDER BY id"
LIKE = "SELECT a FROM b WHERE name LIKE '%{}%'"
TWO = "UPDATE b SET name='{}', note = 'x' WHERE id=7"
LISTED = "SELECT a FROM b WHERE kind IN ('{}')"
COUNTED = "grep -c '{}' /tmp/list.txt | sort"
SAID = 'echo "{}, it is $(date)" > "/tmp/{}.txt" # it\'s noted'


def own(*templates: str) -> OwnText:
    # What f-strings and `format` leave of them, and what else functions have.
    return OwnText([*templates, *(piece for one in templates for piece in one.split("{}")), "','", "''", "'"])


@pytest.mark.parametrize("template", [NAMED, LIKE, TWO, LISTED])
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", ""])
@pytest.mark.parametrize(
    "value",
    [
        *(
            "x' UNION SELECT secret, 2 FROM c WHERE '1",
            "x' OR '1'='1",
            "' || (SELECT 1) || '",
            "1' AND 1=1 OR '",
        ),
        "x' or name like '",
    ],
)
def test_a_value_that_ends_the_quotes_of_a_statement_is_found(
    template: str, dialect: str, value: str
) -> None:
    assert leaves_sql_quotes(template.format(value), dialect, own(template)) >= 0


@pytest.mark.parametrize("template", [NAMED, LIKE, TWO, LISTED])
@pytest.mark.parametrize("comment", ["-- ", "/*"])
def test_a_comment_hides_the_functions_own_quote_no_better(template: str, comment: str) -> None:
    value = f"x' OR 1=1 {comment}" + ("*/ AND '1" if comment == "/*" else "")
    assert leaves_sql_quotes(template.format(value), "sqlite", own(template)) >= 0


@pytest.mark.parametrize("template", [NAMED, LIKE, TWO, LISTED])
@pytest.mark.parametrize(
    "value",
    [
        *(
            "Ada",
            "O''Brien",
            "O'Brien",
            "",
            "100%",
            "a -- b",
            "a; b",
            "select * from x",
            'say "hi"',
            "it''s",
            "''",
        ),
        *("a','b", "x -- it''s", "two\nlines", "é", "%", "a\\"),
    ],
)
def test_a_value_within_its_quotes_is_none(template: str, value: str) -> None:
    assert leaves_sql_quotes(template.format(value), "sqlite", own(template)) < 0


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("INSERT INTO b VALUES ('{}', {})", ("Ada", 5)),
        ("SELECT a FROM b WHERE name = '{}' {}", ("Ada", "ORDER BY 1")),
        (
            "SELECT a FROM b WHERE name = 'Dear {}, thank you for your order of last week, and see you soon' {}",
            ("A", "x"),
        ),
        ("SELECT a FROM b WHERE name IN ('{}') {}", ("Ada", "OR c")),
        ("SELECT a FROM b WHERE at > '{}T00:00:00Z' AND {} = '{}'", ("2026-12-02", "city", "Cork")),
    ],
)
def test_what_follows_a_quote_may_be_a_value_too(template: str, values: tuple[object, ...]) -> None:
    assert leaves_sql_quotes(template.format(*values), "sqlite", own(template)) < 0


def test_a_statement_may_begin_as_another_one_does() -> None:
    whole = "SELECT a FROM b WHERE name = 'fixed' OR kind = 'x' AND " + "c = 1 AND " * 30 + "d = 2"
    assert leaves_sql_quotes(whole, "sqlite", own(NAMED, whole)) < 0


def test_a_list_of_values_is_no_injection() -> None:
    dumped = "INSERT INTO \"t\" VALUES('a','b');\nINSERT INTO \"t\" VALUES('c');"
    assert leaves_sql_quotes(dumped, "sqlite", own("VALUES('{}'", "INSERT INTO b VALUES ('{}', 5)")) < 0
    assert (
        leaves_sql_quotes("INSERT INTO b VALUES ('a', 5, 'c')", "sqlite", own("INSERT INTO b VALUES ('{}'"))
        < 0
    )


def test_a_format_of_a_shells_is_the_functions() -> None:
    for quoted in ("'a'\"'\"'b; c'", "'it'\\''s $(x)'", "'100% of $HOME'", "plain"):
        assert (
            leaves_shell_quotes(
                f"printf '%s\\n' {quoted} | tr a-z A-Z", own("printf '%s\\n' ", " | tr a-z A-Z")
            )
            < 0
        )


def test_what_no_text_of_the_functions_begins_is_not_looked_at() -> None:
    other = own("DELETE FROM c WHERE id = '{}'")
    assert leaves_sql_quotes(NAMED.format("x' OR '1'='1"), "sqlite", other) < 0
    # A driver's own: the whole list is written by `repr`.
    assert (
        leaves_sql_quotes(
            "SELECT a FROM b WHERE c IN ('x', 'y') OR d = 2", "sqlite", own("SELECT a FROM b WHERE c IN ")
        )
        < 0
    )


@pytest.mark.parametrize("value", ["x'; id; '", "x' /etc/passwd #", "' -e '' /etc/passwd #", "x'$(id)'"])
def test_a_value_that_ends_a_shells_quotes_is_found(value: str) -> None:
    assert leaves_shell_quotes(COUNTED.format(value), own(COUNTED)) >= 0


@pytest.mark.parametrize("value", ['x"; id; "', "$(id)", "`id`", "a$(printenv KEY)b", '" > /tmp/x; id #'])
def test_a_command_between_double_quotes_is_found(value: str) -> None:
    assert leaves_shell_quotes(SAID.format(value, "y"), own(SAID)) >= 0


@pytest.mark.parametrize(
    "value", ["Ada", "a; b | c > d && e", "5 $ #1", "it's" * 2, "two\nlines", "\\$(x)", "*"]
)
def test_what_a_shell_reads_as_text_is_none(value: str) -> None:
    assert leaves_shell_quotes(SAID.format(value, "y"), own(SAID)) < 0
    assert leaves_shell_quotes(COUNTED.format(value.replace("'", "")), own(COUNTED)) < 0


def test_names_that_lead_inward() -> None:
    for code in (
        "joiner.__init__.__globals__",
        "''.__class__.__mro__[1].__subclasses__()",
        "__import__('os')",
    ):
        assert reaches_inward(code)
    for code in ("x.__class__.__name__", "user._id", "a__b__c", "__", "obj.__doc__", "snake__case"):
        assert not reaches_inward(code)
