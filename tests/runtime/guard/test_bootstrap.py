"""Between AWS's loop and the handler: a refusal becomes an error like any other, and nothing else changes."""

from __future__ import annotations

import traceback
import types

import pytest
from tests.runtime.guard.guards import serving

from dayfly.core.structure.judgement import Judgement
from dayfly.runtime.guard.bootstrap import guarded
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.refusal import ERROR_TYPE
from dayfly.runtime.guard.wrapping import precede


def refuse(guard: Guard) -> None:
    guard.act_on(Judgement("refuse", "python.structure"), "x", None)


def test_a_refusal_becomes_an_error_that_is_named_and_shows_the_functions_part() -> None:
    guard = serving({})

    def handler(_event: object, _context: object) -> None:
        refuse(guard)

    with pytest.raises(Exception, match="refused") as caught:
        guarded(handler, guard)(None, None)
    assert type(caught.value).__name__ == ERROR_TYPE
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][-1] == "refuse"
    assert [frame for frame in frames if "guarding" in frame.filename] == []
    assert guard.end()[1] == b""


def test_answers_and_errors_of_the_handler_pass_as_they_are() -> None:
    guard = serving({})
    assert guarded(lambda event, context: (event, context), guard)(1, 2) == (1, 2)

    def fail(_event: object, _context: object) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        guarded(fail, guard)(None, None)
    with pytest.raises(SystemExit):
        guarded(lambda _event, _context: exit(3), guard)(None, None)


def test_an_error_out_of_a_library_that_is_watched_has_the_trace_that_it_has_without_a_guard() -> None:
    guard = serving({})
    library = types.SimpleNamespace(load=load_library)

    def handler(event: object, _context: object) -> object:
        return library.load(event)

    def frames() -> list[tuple[str, str | None]]:
        with pytest.raises(KeyError) as caught:
            guarded(handler, guard)({}, None)
        # AWS's loop leaves those of files of this name out.
        found = traceback.extract_tb(caught.value.__traceback__)[1:]
        return [(frame.name, frame.line) for frame in found if not frame.filename.endswith("/bootstrap.py")]

    plain = frames()
    seen: list[object] = []
    precede(library, "load", guard, seen.append)
    assert library.load is not load_library
    guard.enter()
    assert frames() == plain
    assert seen == [{}]
    assert [name for name, _ in plain] == ["handler", "load_library"]


def load_library(event: dict[str, object]) -> object:
    return event["missing"]


def test_an_error_of_the_functions_that_stands_for_a_refusal_does_not_go_out() -> None:
    guard = serving({})

    def hide(_event: object, _context: object) -> None:
        try:
            refuse(guard)
        except BaseException:
            raise ValueError("what the function says of it") from None

    with pytest.raises(ValueError, match="what the function says"):
        guarded(hide, guard)(None, None)
    assert ERROR_TYPE.encode() in guard.end()[1]
