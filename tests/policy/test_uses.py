"""A recorder's line is read as far as it is one; nothing in it reaches a file that could be another key."""

from __future__ import annotations

import json

import pytest

from dayfly.policy.model import Use
from dayfly.policy.uses import read_use, use_from

LINE = {
    "kind": "read",
    "target": "/x",
    "packages": ["yaml", "function"],
    "phase": "init",
    "place": "app.py:1 f",
}
USE = Use("read", "/x", ("yaml", "function"), "init")


def test_a_line_and_a_finding_say_the_same() -> None:
    assert read_use(json.dumps(LINE)) == (USE, "app.py:1 f")
    assert use_from({**LINE, "rule": "capability.read", "hash": "00"}) == (USE, "app.py:1 f")
    assert use_from({**LINE, "packages": "yaml,function"}) == (USE, "app.py:1 f")


def test_what_is_not_said_is_the_functions_own_at_an_event() -> None:
    assert read_use('{"kind": "read", "target": "/x"}') == (Use("read", "/x", ("function",), "invoke"), "")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "magic"}, {"kind": 1}, {"target": None}, {"target": "a\nb"}, {"target": "\x7f"}, {"target": "x" * 5000},
        {"phase": "later"}, {"packages": [1]}, {"packages": ["a\n[policy]"]}, {"packages": [""]},
        {"packages": ["a"] * 65}, {"packages": ["a" * 201]}, {"target": "\ud800"},
    ],
)  # fmt: skip
def test_what_is_no_use_is_none(change: dict[str, object]) -> None:
    assert use_from({**LINE, **change}) is None
    assert read_use(json.dumps({**LINE, **change})) is None


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "[" * 100_000, b"\xff", '"kind"'])
def test_what_is_no_json_is_none(line: str | bytes) -> None:
    assert read_use(line) is None
