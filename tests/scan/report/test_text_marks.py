"""Sentences of all families read alike, and code in them stays code."""

from __future__ import annotations

import pytest

from dayfly.scan.report.text_marks import closed, sentence, split_code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grant s3:PutObject on it", "Grant s3:PutObject on it."),
        ("Whole already.", "Whole already."),
        ("basket[…] is kept", "basket[…] is kept."),
        ("app.handler is called", "app.handler is called."),
        ("`x` is kept", "`x` is kept."),
        ("", ""),
        ("why?", "why?"),
    ],
)
def test_a_sentence_begins_and_ends(text: str, expected: str) -> None:
    assert sentence(text) == expected


def test_a_message_that_begins_with_a_name_keeps_it() -> None:
    assert closed("evil 1.0 sends it") == "evil 1.0 sends it."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a `b` c", [("a ", False), ("b", True), (" c", False)]),
        ("`b`", [("b", True)]),
        ("a ` c", [("a ` c", False)]),
        ("", []),
    ],
)
def test_code_is_between_backticks(text: str, expected: list[tuple[str, bool]]) -> None:
    assert split_code(text) == expected
