"""What paths through an invocation agree on, and which parts of kept things are the same."""

from __future__ import annotations

import pytest

from dayfly.scan.state.keeping import State, covers, element, overlap
from dayfly.scan.state.values import CONSTANT, NOTHING, Root, RootKind, Spot, Value

ORDERS = Root(RootKind.GLOBAL, "app.py", "ORDERS")
USER = Value(parts=frozenset({("user",)}))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((), ("user",), True),
        (("user",), ("user",), True),
        (("user",), ("name",), False),
        (("*",), ("name",), True),
        (("*id",), ("*path",), True),
        ((".rows", "*"), (".rows",), True),
        ((".rows",), (".user",), False),
        ((".*",), (".user",), True),
    ],
)
def test_fields_overlap_where_one_may_lie_in_the_other(
    one: tuple[str, ...], other: tuple[str, ...], expected: bool
) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


@pytest.mark.parametrize(
    ("key", "parts", "expected"),
    [
        ({("user",)}, {("user",)}, True),
        ({("user",)}, {("user", "name")}, True),  # the key has the whole, the value a part of it
        ({("user", "name")}, {("user",)}, False),
        ({()}, {("user",), ("path",)}, True),  # the whole event
        ({("path",)}, {("path",), ("user",)}, False),
        ({("path",)}, set(), True),
    ],
)
def test_key_covers_what_it_tells_apart(
    key: set[tuple[str, ...]], parts: set[tuple[str, ...]], expected: bool
) -> None:
    assert covers(frozenset(key), frozenset(parts)) is expected


def test_element_of_a_constant_key_has_its_name_and_others_say_what_made_the_key() -> None:
    assert element(CONSTANT, "user") == "user"
    assert element(NOTHING, None) == "*"
    assert element(USER, None) == "*user"


def test_paths_that_join_are_fresh_where_all_were_and_dirty_where_one_is() -> None:
    spot = Spot(ORDERS, ("last",))
    written, other = State(), State()
    written.put(spot, USER, is_whole=True, is_dirty=True)
    assert written.is_fresh(spot)
    joined = State()
    joined.merge([written, other])
    assert not joined.is_fresh(spot)
    assert joined.dirty == {spot}


def test_paths_that_end_do_not_join() -> None:
    written, ended = State(), State()
    written.put(Spot(ORDERS), USER, is_whole=True, is_dirty=True)
    ended.is_live = False
    joined = State()
    joined.merge([written, ended])
    assert joined.is_fresh(Spot(ORDERS))


def test_overwriting_the_whole_takes_its_parts_along() -> None:
    state = State()
    state.put(Spot(ORDERS, ("*",)), USER, is_whole=False, is_dirty=True)
    state.put(Spot(ORDERS), CONSTANT, is_whole=True, is_dirty=False)
    assert not state.dirty
    assert state.is_fresh(Spot(ORDERS, ("*",)))


def test_what_is_emptied_in_place_is_empty_under_every_name() -> None:
    state = State()
    state.put(Spot(ORDERS, ("*",)), USER, is_whole=False, is_dirty=True)
    state.empty(Spot(ORDERS))
    assert state.is_emptied(Spot(ORDERS, ("*",)))
    assert not state.dirty
