"""What libraries that write code say is read once, and again where more of them were loaded."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from dayfly.core.structure.trusted_literals import OwnText
from dayfly.runtime.guard.written import Written


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(name)
    module.__file__ = f"/srv/{name}.py"
    exec(f"TEXT = 'a text of {name}'", vars(module))
    monkeypatch.setitem(sys.modules, name, module)


def test_a_writer_that_is_loaded_later_is_read_then(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnText(["the function's"])
    written = Written(own, ("honest_writer.",))
    before = written.now()
    assert not before.is_constant("a text of honest_writer", generators=True)
    loaded("another", monkeypatch)
    assert written.now() is before
    loaded("honest_writer.more", monkeypatch)
    after = written.now()
    assert after is not before
    assert after.is_constant("a text of honest_writer.more", generators=True)
    assert not after.is_constant("a text of another", generators=True)
    assert after.is_constant("the function's")
    # The function's text alone is what it was.
    assert not own.is_constant("a text of honest_writer.more", generators=True)
    assert written.now() is after


def test_a_callers_words_come_with_the_same_librarys() -> None:
    calls = []

    def generators() -> list[str]:
        calls.append(1)
        return ["a library's"]

    first = OwnText(["one"], generators)
    second = first.with_constants(["two"])
    assert first.is_constant("a library's", generators=True)
    assert second.is_constant("a library's", generators=True)
    assert (second.is_constant("two"), second.is_constant("one"), first.is_constant("two")) == (
        True,
        False,
        False,
    )
    assert calls == [1]
