"""The function's own text: what it covers, and that a library's megabytes of constants help no attacker."""

from __future__ import annotations

import glob
import os.path
import warnings
from collections.abc import Callable, Iterator

import pytest
from tests.core.structure import test_python, test_sql
from tests.core.structure.fakes import fill

from dayfly.core.structure.python import judge_python
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.trusted_literals import OwnText, choices_of, texts_of


def library_texts() -> Iterator[str]:
    """Every constant of the standard library's top-level modules, about a megabyte."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(glob.glob(os.path.dirname(os.path.abspath(os.__file__)) + "/*.py")):
            with open(path, "rb") as file:
                yield from texts_of(compile(file.read(), path, "exec"))


LIBRARY = list(library_texts())


def with_library(templates: tuple[str, ...]) -> OwnText:
    return OwnText([piece for one in templates for piece in one.split("{}")], LIBRARY)


def test_a_librarys_constants_excuse_no_python() -> None:
    own = with_library(test_python.TEMPLATES)
    for template, *values in test_python.REFUSED:
        source, provenance = fill(template, *values)
        assert judge_python(source, provenance, own).verdict == "refuse", source


def test_a_librarys_constants_excuse_no_sql() -> None:
    own = with_library(test_sql.TEMPLATES)
    for template, *values in test_sql.REFUSED:
        sql, provenance = fill(template, *values)
        assert judge_sql(sql, provenance, own).verdict == "refuse", sql


@pytest.mark.parametrize(
    ("constant", "text"),
    [
        ("SELECT %s FROM t WHERE a = '%(name)s'", "SELECT a FROM t WHERE a = 'x'"),
        ("{} of {name!r:>5} {{x}}", "1 of 'a' {x}"),
        ("$day of ${month} $$", "1 of 2 $"),
        ("100%%", "100%"),
        ("plain", "plain"),
    ],
)
def test_templates_cover_what_they_make(constant: str, text: str) -> None:
    own = OwnText([constant])
    assert own.covers(text) or own.explain(text, bytearray(len(text)), bytearray(len(text))).unexplained < 0
    assert not own.covers("something else")


def test_the_texts_are_asked_for_once_and_only_when_needed() -> None:
    asked = []

    def texts() -> list[str]:
        asked.append(1)
        return ["price"]

    own = OwnText(texts)
    assert not asked
    assert own.has_word("price")
    assert own.is_constant("price")
    assert asked == [1]


def test_texts_of_code_are_its_constants_and_names_at_any_depth() -> None:
    code = compile("def f(a):\n    return [b'x', ('y', 'z'), f'{a}!', other.name]\n", "app.py", "exec")
    assert {"a", "x", "y", "z", "!", "other", "name", "f"} <= set(texts_of(code))


def test_what_the_function_compares_with_or_looks_up_is_its_choice() -> None:
    def sample(name: str, way: str) -> object:
        names = {"map-key": "map-value"}
        match way:
            case "matched":
                return names[name]
        return name == "compared" or name in {"member", "other"} or name in ["a-list", "b-list", "c-list"]

    def start(run: Callable[..., object], way: str) -> object:
        run(way, env=1, timeout=run(way, check=1, other=1))
        return way in ("check", "other")

    assert choices_of(start.__code__) == ["check", "other"], "keyword arguments are no choices"
    found = set(choices_of(sample.__code__))
    assert {"map-key", "map-value", "matched", "compared", "member", "other", "a-list", "b-list"} <= found
    assert "names" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Price", True), ("price", True), ("price;", False), ("'", False), ("../up", False)],
)
def test_a_choice_is_a_whole_member_without_signs_of_structure(text: str, expected: bool) -> None:
    assert OwnText(choices=["price", "'", "../up", "price;"]).is_choice(text) is expected


def test_own_text_that_could_not_be_read_is_read_again() -> None:
    ends = [TimeoutError(), None]

    def texts() -> Iterator[str]:
        if (end := ends.pop(0)) is not None:
            raise end
        yield "SELECT id FROM customers"

    own = OwnText(texts)
    with pytest.raises(TimeoutError):
        own.is_constant("id")
    assert own.is_constant("SELECT id FROM customers")
