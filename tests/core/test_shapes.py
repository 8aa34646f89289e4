"""What an entry of `[policy.shapes]` says, and until when it counts."""

from __future__ import annotations

import pytest

from dayfly.core.policy import Policy
from dayfly.core.policyfile import parse_policy
from dayfly.core.shapes import MANY_ENTRIES, Shape, known_shapes, parse_entry, parse_shape
from dayfly.errors import SettingError

TEXT = "sql app.py:find<handler 9f3a01c2 1c2d3e4f5a6b7c8d"
ENTRY = TEXT + " 2027-02-28"


def test_a_shape_is_read_as_it_is_written() -> None:
    shape = parse_shape(TEXT)
    assert shape is not None
    assert str(shape) == TEXT
    assert shape.key == ("sql", "9f3a01c2")
    long = str(Shape("sql", "a b" * 100, "9f3a01c2", "1c2d3e4f5a6b7c8d"))
    assert len(long) <= 200
    assert parse_shape(long) is not None


@pytest.mark.parametrize(
    "text", ["", TEXT, TEXT + " never", ENTRY.replace("sql", "path"), ENTRY.replace("9f", "zz"), ENTRY + "1"]
)
def test_what_is_no_entry_is_refused_where_the_policy_is_read(text: str) -> None:
    assert parse_entry(text) is None
    with pytest.raises(SettingError, match="invalid entry"):
        parse_policy({"shapes": {"allow": [text]}})


def test_an_entry_counts_until_its_date() -> None:
    assert known_shapes([ENTRY], "2027-02-27") == {("sql", "9f3a01c2"): frozenset({"1c2d3e4f5a6b7c8d"})}
    assert known_shapes([ENTRY], "2027-02-28") == {}


def test_a_policy_takes_its_shapes_along_and_only_so_many() -> None:
    policy = parse_policy({"shapes": {"allow": [ENTRY]}})
    assert Policy.unpack(policy.promoted(0.0).pack()).shapes == (ENTRY,)
    assert not policy.restricts("network")
    with pytest.raises(SettingError, match="more than"):
        parse_policy({"shapes": {"allow": [ENTRY] * (MANY_ENTRIES + 1)}})
