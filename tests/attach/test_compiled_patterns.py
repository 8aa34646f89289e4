"""Regular expressions of a layer's modules come compiled, and are those that the module's source makes."""

from __future__ import annotations

import marshal
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

import dayfly
from dayfly.attach.build import own_sources
from dayfly.attach.layout import Source
from dayfly.attach.pythons import compile_sources

SOURCE = Source(
    "sample.py",
    rb'''
"""Words."""

from __future__ import annotations

import re

WORD = re.compile(r"(?P<first>\w)(?P<rest>[a-z\u00e9-\u0101]*)", re.IGNORECASE | re.VERBOSE)
BYTES = {"number": re.compile(rb"[0-9]+")}
PART = "[ab]"
NAMED = re.compile(f"{PART}+")
def find(text, _space=re.compile(r"\s")):
    return _space.split(text)
''',
)
EXPECTED = (
    re.compile(r"(?P<first>\w)(?P<rest>[a-z\u00e9-\u0101]*)", re.IGNORECASE | re.VERBOSE),
    re.compile(rb"[0-9]+"),
    re.compile("[ab]+"),
)


def load(data: bytes) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "sample"}
    exec(marshal.loads(data[16:]), names)
    return names


def patterns_of(names: dict[str, object]) -> tuple[object, ...]:
    return names["WORD"], names["BYTES"]["number"], names["NAMED"]  # type: ignore[index]


@pytest.fixture
def compiled() -> bytes:
    return compile_sources(Path(sys.executable), [SOURCE])["sample.py"]


def test_only_what_is_no_constant_is_compiled_at_the_start(
    compiled: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    compile_here = re.compile

    def watched(pattern: str, flags: int = 0) -> re.Pattern[str]:
        seen.append(pattern)
        return compile_here(pattern, flags)

    monkeypatch.setattr(re, "compile", watched)
    names = load(compiled)
    assert seen == ["[ab]+"]
    assert patterns_of(names) == EXPECTED
    assert names["WORD"].match("Été").groupdict() == {"first": "É", "rest": "té"}  # type: ignore[attr-defined]
    assert names["find"]("a b") == ["a", "b"]  # type: ignore[operator]


def test_another_version_of_the_engine_compiles_what_is_written(
    compiled: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_for_this(*_: object) -> NoReturn:
        raise AssertionError("code of another version was given to the engine")

    monkeypatch.setitem(sys.modules, "_sre", SimpleNamespace(MAGIC=1, compile=not_for_this))
    assert patterns_of(load(compiled)) == EXPECTED


def test_hardly_an_expression_of_dayflys_own_is_left() -> None:
    sources = own_sources(Path(dayfly.__file__).parent)
    compiled = compile_sources(Path(sys.executable), sources)
    taken = sum(b"MAGIC" in data for data in compiled.values())
    with_expressions = sum(b"re.compile(" in source.text for source in sources)
    assert with_expressions > 10
    assert taken >= with_expressions - 2
