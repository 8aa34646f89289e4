"""What the client makes of texts that must fit into a header."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.frames import is_header_value
from dayfly.runtime.client import _ascii_json, _whole_number


@given(text=st.text(max_size=60))
def test_a_cause_may_always_stand_in_a_header_and_says_the_same(text: str) -> None:
    """An exception's message comes into the X-Ray cause; DEL and every script may be in it."""
    for is_ascii in (True, False):
        packed = json.dumps({"message": text}, ensure_ascii=is_ascii)
        escaped = _ascii_json(packed)
        assert is_header_value(escaped.encode("ascii"))
        assert json.loads(escaped) == json.loads(packed)


def test_plain_text_stays_as_it_is() -> None:
    assert _ascii_json('{"a": "b~"}') == '{"a": "b~"}'


def test_a_delete_character_does_not_make_an_honest_error_a_hostile_one() -> None:
    assert _ascii_json('"\x7f"') == '"\\u007f"'


def test_lone_halves_of_a_surrogate_pair_survive() -> None:
    assert json.loads(_ascii_json('"\ud83d"')) == "\ud83d"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1790000000000", 1790000000000), ("", 0), ("-1", 0), ("1e9", 0), ("²", 0), ("9" * 5000, 0)],
)
def test_a_deadline_that_is_no_number_ends_no_worker(text: str, number: int) -> None:
    assert _whole_number(text) == number
