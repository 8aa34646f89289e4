"""Text out of logs stays text."""

from __future__ import annotations

import pytest

from dayfly.fleet.console.text import csv_cell, plain, sentence, shorten


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\u202eb", "a‹U+202E›b"),
        ("\u2066x\u2069", "‹U+2066›x‹U+2069›"),
        ("bell\x07esc\x1b[31m", "bell‹U+0007›esc‹U+001B›[31m"),
        ("zero\u200bwidth\ufeff", "zero‹U+200B›width‹U+FEFF›"),
        ("lone \ud800", "lone ‹U+D800›"),
        ("line\u2028separator", "line‹U+2028›separator"),
        ("Größe 日本語 é", "Größe 日本語 é"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_characters_that_command_are_named(given: str, shown: str) -> None:
    assert plain(given) == shown


def test_long_text_keeps_its_beginning_and_its_end() -> None:
    text = shorten("/aws/lambda/" + "x" * 500 + "/handler.py", 40)
    assert len(text) == 40
    assert text.startswith("/aws/lambda/")
    assert text.endswith("/handler.py"[-13:])


def test_prose_is_cut_between_words() -> None:
    assert sentence("one two three four", 12) == "one two…"
    assert sentence("x" * 30, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_a_spreadsheet_gets_no_formula(cell: str) -> None:
    assert csv_cell(cell).startswith("'")


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert csv_cell("GET /orders/{id}") == "GET /orders/{id}"
