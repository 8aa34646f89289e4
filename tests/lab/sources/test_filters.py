"""Filter patterns, against what AWS's documentation says of each rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dayfly.lab.sources.filters import PatternError, matches, parse


@pytest.mark.parametrize(
    ("pattern", "record", "expected"),
    [
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"], "b": ["z"]}, {"a": "x"}, False),
        ({"a": {"b": [1]}}, {"a": {"b": 1}}, True),
        ({"a": {"b": [1]}}, {"a": 1}, False),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": 5}, False),
        ({"a": [{"suffix": "bc"}]}, {"a": "abc"}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": ["x"]}]}, {}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 5}, True),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 1}, False),
        ({"a": [{"numeric": ["=", 1]}]}, {"a": "1"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": True}]}, {}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": [{"equals-ignore-case": "AbC"}]}, {"a": "aBc"}, True),
        ({"a": [{"wildcard": "a*[c]"}]}, {"a": "ab[c]"}, True),
        ({"a": [{"wildcard": "a*[c]"}]}, {"a": "abc"}, False),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}, {"b": 2}, False),
        ({}, {"a": 1}, True),
        ({"a": ["x"]}, "text", False),
    ],
)
def test_a_record_passes_where_every_key_has_what_one_of_its_rules_asks(
    pattern: Any, record: Any, expected: bool
) -> None:
    assert matches(parse(json.dumps(pattern)), record) is expected


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"a": "b"}',
        '{"a": [[1]]}',
        '{"a": [{"like": "x"}]}',
        '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": [1]}]}',
        '{"a": [{"exists": 1}]}',
        '{"a": [{"prefix": 1}]}',
        '{"$or": []}',
        '{"a":' * 30 + "[1]" + "}" * 30,
        "[" * 100_000,
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        parse(text)
