"""Lines of the recorder and the watch are told from everybody else's."""

from __future__ import annotations

import json

import pytest

from dayfly.lab.learn.lines import Began, Reached, read_line
from dayfly.policy.model import Use

USE = {"kind": "read", "target": "/x", "packages": ["yaml"], "phase": "init", "place": "app.py:1 <module>"}


def test_each_kind_of_line_is_read() -> None:
    assert read_line(json.dumps(USE)) == (Use("read", "/x", ("yaml",), "init"), "app.py:1 <module>")
    assert read_line('{"reached": "app.py:3 handler"}') == Reached("app.py:3 handler")
    assert read_line('{"test": "t.py::test_a[é]"}') == Began("t.py::test_a[é]")
    assert read_line('{"test": ""}') == Began("")


@pytest.mark.parametrize(
    "line",
    [
        "", "START", '{"kind": 1}', '{"reached": 7}', '{"reached": "a", "test": "b"}', '{"reached": "a\\nb"}',
        '{"message": "reached"}', "[" * 100_000, '{"reached": ' + "[" * 100_000, json.dumps({**USE, "kind": "magic"}),
    ],
)  # fmt: skip
def test_what_is_none_of_them_is_left(line: str) -> None:
    assert read_line(line) is None
