"""Marks stand under what they mark, whatever the line has in it, and the line fits."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Place
from dayfly.scan.report.snippets import cell_width, cut_snippet, is_repeated


def place(line: str, text: str) -> Place:
    column = line.index(text) + 1
    return Place("a.py", 1, column, 1, column + len(text))


def marked(line: str, text: str, *, width: int = 60) -> str:
    """What stands in the marked cells."""
    snippet = cut_snippet(line, place(line, text), width=width)
    cells = "".join(char + "\0" * (cell_width(char) - 1) for char in snippet.text)
    assert len(cells) <= width
    return cells[snippet.start : snippet.start + snippet.width].replace("\0", "")


@pytest.mark.parametrize(
    "line",
    [
        "run(event)",
        "\trun(event)",
        "x = '報告書'; run(event)",
        "x = 'é'; run(event)",
        "x = '\x1b[31m'; run(event)",
        "x = '\u202e'; run(event)",
        "x = [" + ", ".join("1" for _ in range(200)) + "]; run(event)",
        "run(event); x = [" + ", ".join("1" for _ in range(200)) + "]",
        "\t\t\tx = '" + "報" * 100 + "'; run(event); y = '" + "報" * 100 + "'",
    ],
)
@pytest.mark.parametrize("width", [30, 60, 100])
def test_the_mark_is_under_what_it_marks(line: str, width: int) -> None:
    assert marked(line, "run(event)", width=width) == "run(event)"


def test_a_mark_longer_than_the_line_begins_in_sight() -> None:
    line = "x = f(" + "a" * 200 + ")"
    snippet = cut_snippet(line, Place("a.py", 1, 5, 1, len(line) + 1), width=40)
    assert snippet.text[snippet.start :].startswith("f(aaa")
    assert snippet.start + snippet.width <= 40


def test_a_place_over_several_lines_marks_the_rest_of_the_first() -> None:
    snippet = cut_snippet("call(a,", Place("a.py", 1, 1, 3, 2), width=40)
    assert (snippet.start, snippet.width) == (0, 7)


@pytest.mark.parametrize(
    "at",
    [
        Place("a.py", 1),
        Place("a.py", 1, 500, 1, 510),
        Place("a.py", 1, 4, 1, 2),
        Place("a.py", 1, 1, 1, 10**9),
    ],
)
def test_a_place_that_is_not_in_the_line_breaks_nothing(at: Place) -> None:
    snippet = cut_snippet("run(event)", at, width=40)
    assert snippet.text == "run(event)"
    assert snippet.start + snippet.width <= 40


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("", True),
        ("event['a']", True),
        ('x = event["a"]', True),
        ("x = ev…", True),
        ("run(command)", False),
        ("`event` is the caller's", False),
    ],
)
def test_words_that_only_repeat_the_line_are_told_from_others(what: str, expected: bool) -> None:
    assert is_repeated(what, '    x = event["a"]') is expected
