"""What the function's code says is found: constants, names, values of init, also in closures and classes."""

from __future__ import annotations

import collections
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dayfly.runtime.guard.owntext import (
    choices_in,
    function_modules,
    libraries_in,
    library_texts,
    texts_in,
)
from dayfly.runtime.guard.places import Places

SOURCE = """
import functools
QUERY = "SELECT " + "one"
TABLE = {"a": ["in a list"], "b": ("in a tuple", {"deep": "deeper"})}
def wrap(function):
    @functools.wraps(function)
    def inner(*x): return function(*x, "in a wrapper")
    return inner
@wrap
def plain(): return f"SELECT {QUERY} FROM here"
class Shop:
    word = "of a class"
    @property
    def one(self): return "in a property"
    @staticmethod
    def two(): return lambda: "in a lambda"
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    made = ModuleType("made_for_this_test")
    made.__file__ = str(tmp_path / "made_for_this_test.py")
    exec(compile(SOURCE, made.__file__, "exec"), vars(made))
    return made


def test_constants_are_found_wherever_they_are(module: ModuleType) -> None:
    found = set(texts_in(module))
    assert {
        "SELECT one", "in a list", "in a tuple", "deeper", "deep", "in a wrapper", " FROM here", "of a class",
        "in a property", "in a lambda", "plain", "Shop", "QUERY",
    } <= found  # fmt: skip


def test_documentation_is_no_text_of_the_standard_library_and_of_others_it_is(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set(library_texts(("collections",)))
    assert "Create new instance of " in found, "namedtuple writes it"
    assert collections.namedtuple.__doc__ not in found
    exec("def write():\n    'of\\nseveral\\nlines\\nand words'", vars(module))
    monkeypatch.setitem(sys.modules, "made_for_this_test", module)
    assert "of\nseveral\nlines\nand words" in set(library_texts(("made_for_this_test",)))


def test_libraries_beside_the_function_are_not_the_function(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(str(tmp_path), (), since=0.0)
    monkeypatch.setitem(sys.modules, "made_for_this_test", module)
    assert module in function_modules(places, libraries_in(places.task))
    record = tmp_path / "made-1.0.dist-info"
    record.mkdir()
    (record / "RECORD").write_text("made_for_this_test.py,sha256=x,1\nother/__init__.py,,\n")
    assert module not in function_modules(places, libraries_in(places.task))


def test_what_the_function_chooses_among_is_found_in_collections_enums_and_literals(
    module: ModuleType,
) -> None:
    source = (
        "import enum, typing\nWays = enum.Enum('Ways', {'UP': 'ascending'}, module=__name__)\n"
        "Kind = typing.Literal['literal']\nclass Shop:\n    allowed = ['of a class']\nNAME = 'no choice'\n"
    )
    exec(source, vars(module))
    found = set(choices_in(module))
    assert {"UP", "ascending", "literal", "of a class", "deep", "deeper"} <= found
    assert "no choice" not in found
