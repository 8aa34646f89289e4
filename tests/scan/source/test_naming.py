"""Dotted names by what imports bind."""

from __future__ import annotations

import ast

import pytest

from dayfly.scan.source.naming import dotted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sp.run", "subprocess.run"),
        ("run", "run"),
        ("a.b.c", "a.b.c"),
        ("f().run", ""),
        ("items[0].run", ""),
        ("1", ""),
    ],
)
def test_the_first_part_is_what_the_import_says(text: str, expected: str) -> None:
    assert dotted(ast.parse(text, mode="eval").body, {"sp": "subprocess"}) == expected
