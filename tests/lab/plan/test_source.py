"""Places and makers are found in the syntax tree, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.lab.plan.source import Maker, Source

CODE = """
import os
raise_if_run = os.environ["NOT THERE"]
CACHE: dict[str, int] = {}
try:
    FAST = True
except ImportError:
    FAST = False
_client = None
_other = None


class Store:
    items = {}


STORE = Store()


def client(region="eu"):
    global _client
    _client = region


def other(name):
    global _other
    _other = name


def again(*, name):
    global CACHE
    CACHE = name


def also():
    global _twice
    _twice = 1


def too():
    global _twice
    _twice = 2
"""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "app.py").write_text(CODE)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "__init__.py").write_text("X = 1\n")
    (tmp_path / "wrong.py").write_text("def (:\n")
    return Source(tmp_path)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("app.CACHE", "app.py:4"),
        ("app.FAST", "app.py:6"),
        ("app.Store.items", "app.py:14"),
        ("app.STORE.items", "app.py:17"),
        ("src.deep.X", "src/deep/__init__.py:1"),
        ("app.nowhere", ""),
        ("wrong.X", ""),
        ("missing.X", ""),
    ],
)
def test_a_name_is_where_it_is_first_bound(source: Source, name: str, line: str) -> None:
    assert source.line_of(name) == line


def test_the_only_function_that_assigns_a_name_makes_it(source: Source) -> None:
    assert source.maker_of("app._client") == Maker("client", "app.py:20", takes_arguments=False)
    assert source.maker_of("app._other") == Maker("other", "app.py:25", takes_arguments=True)
    assert source.maker_of("app.CACHE") == Maker("again", "app.py:30", takes_arguments=True)
    for name in ("app._twice", "app.FAST", "app.STORE.items", "missing.X"):
        assert source.maker_of(name) is None


def test_a_function_says_whether_it_takes_arguments(source: Source) -> None:
    assert source.function("app.client") == Maker("client", "app.py:20", takes_arguments=False)
    assert source.function("app.other") == Maker("other", "app.py:25", takes_arguments=True)
    assert source.function("app.Store") is None
