"""Patterns of CloudWatch Logs for plain lines."""

from __future__ import annotations

import pytest

from dayfly.lab.control.log_filter import FilterError, parse


@pytest.mark.parametrize(
    "pattern",
    ["{ $.a = 1 }", "[ip, user]", "%ERR%", '"open', 'a"b"', "?", "x" * 1025, '"a""b"', "-", '"' + "\\" * 999],
)
def test_what_the_lab_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError):
        parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "anything", True),
        ("START", "START RequestId: 1", True),
        ("START", "start", False),
        ('"START RequestId"', "START RequestId: 1", True),
        ("ERROR -handled", "ERROR handled", False),
        ("ERROR -handled", "ERROR", True),
        ("a b", "b a", True),
        ("a b", "a", False),
        ('?"x y" ?z', "z", True),
        ('?"x y" ?z', "x z y", True),
        ('?"x y" ?q', "x", False),
        ('"say \\"hi\\""', 'to say "hi"', True),
    ],
)
def test_terms_are_all_any_or_none(pattern: str, text: str, expected: bool) -> None:
    assert parse(pattern).matches(text) is expected
