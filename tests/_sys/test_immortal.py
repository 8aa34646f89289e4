"""Immortal objects are not counted, and stay what they are."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.rie import ROOT
from tests.unprivileged import forked

from dayfly._sys import immortal

needs_support = pytest.mark.skipif(
    not immortal.is_supported(), reason="this interpreter's layout is unknown to Dayfly"
)


@needs_support
def test_an_immortal_object_is_not_counted_and_not_freed() -> None:
    def act() -> tuple[int, int, bool, str]:
        text = "immortal " + "text" * 3
        immortal.immortalise([text])
        before = sys.getrefcount(text)
        held = [text] * 1000
        after = sys.getrefcount(text)
        address = id(text)
        held.clear()
        return before, after, id(text) == address, text

    before, after, is_same, text = forked(act)
    assert before == after >= 2**31
    assert is_same
    assert text == "immortal texttexttext"


@needs_support
def test_a_function_made_immortal_is_called_and_replaced_as_ever() -> None:
    def act() -> list[int]:
        def double(number: int, by: int = 2) -> int:
            return number * by

        kept = double
        immortal.immortalise([double, double.__code__, type(double)])
        answers = [double(number) for number in range(3)]
        double.__defaults__ = (3,)
        answers.append(kept(1))
        double.__code__ = (lambda number, by=0: -number).__code__
        return [*answers, kept(5)]

    assert forked(act) == [0, 2, 4, 3, -5]


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_it_is_done_on_known_versions_alone(interpreter: Interpreter) -> None:
    program = "import sys; from dayfly._sys import immortal; print(immortal.is_supported())"
    told = subprocess.run(
        [interpreter.path, "-S", "-c", program],
        env={"PYTHONPATH": str(ROOT / "src")},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.strip() == str(interpreter.version in ("3.12", "3.13"))
