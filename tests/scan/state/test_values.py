"""What is known of a value that may be several, or is computed of several."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Place
from dayfly.scan.state.values import (
    CONSTANT,
    NOTHING,
    External,
    Read,
    Root,
    RootKind,
    Spot,
    Value,
    is_deciding,
    join,
    mix,
)

ORDERS = Root(RootKind.GLOBAL, "app.py", "ORDERS")
USER = Value(parts=frozenset({("user",)}), text="u", refs=(External("list()"),))
NAME = Value(parts=frozenset({("name",)}), text="n", is_client=True)


def test_a_value_that_may_be_either_has_the_parts_of_both() -> None:
    either = join(USER, NAME)
    assert either.parts == {("user",), ("name",)}
    assert either.refs == USER.refs
    assert either.is_client


def test_a_value_is_constant_only_where_it_is_so_in_every_case() -> None:
    assert join(CONSTANT, CONSTANT).is_constant
    assert not join(CONSTANT, USER).is_constant
    assert not join(CONSTANT, NOTHING).is_constant


def test_a_truth_is_no_longer_known_of_what_may_be_something_else() -> None:
    true, false = Value(is_constant=True, truth=True), Value(is_constant=True, truth=False)
    assert join(true, false).truth is None
    assert join(true, NOTHING).truth is None


def test_items_are_joined_key_by_key() -> None:
    one = Value(items=(("a", USER),))
    other = Value(items=(("a", NAME), ("b", CONSTANT)))
    joined = join(one, other)
    assert [key for key, _ in joined.items] == ["a", "b"]
    found = joined.item("a")
    assert found is not None
    assert found.parts == {("user",), ("name",)}
    assert joined.item("c") is None


def test_what_is_computed_has_the_data_and_is_the_thing_no_more() -> None:
    spot = Spot(ORDERS, ("*",))
    held = Value(parts=USER.parts, spots=frozenset({spot}), refs=USER.refs, text="u", is_client=True)
    computed = mix(held)
    assert computed.parts == USER.parts
    assert not computed.spots
    assert not computed.refs
    assert computed.text is None
    assert not computed.is_client
    assert held.derived(keeps_spots=True).spots == {spot}


def test_more_parts_than_are_told_apart_are_the_whole_event() -> None:
    many = [Value(parts=frozenset({(str(number),)})) for number in range(100)]
    assert join(*many).parts == {()}


def test_more_reads_than_are_kept_are_the_first_of_them_at_every_run() -> None:
    reads = [Read(Spot(ORDERS), Place("app.py", line)) for line in range(1, 101)]
    kept = NOTHING.with_reads(reads).reads
    assert kept == NOTHING.with_reads(reversed(reads)).reads
    assert min(read.place.line for read in kept) == 1
    assert len(kept) < len(reads)


def test_what_was_drawn_at_init_stays_so_in_what_is_made_of_it() -> None:
    assert join(Value(drawn="clock"), Value(drawn="random")).drawn == "random"
    assert mix(Value(drawn="clock"), USER).drawn == "clock"


def test_a_spot_within_a_spot_ends_at_a_depth() -> None:
    spot = Spot(ORDERS)
    for step in "abcdefghij":
        spot = spot.inner(step)
    assert spot.field == tuple("abcdef")


@pytest.mark.parametrize(
    ("name", "expected"), [("IS_ADMIN", True), ("current_user", True), ("counter", False)]
)
def test_a_name_says_whether_it_decides_what_a_customer_may_do(name: str, expected: bool) -> None:
    assert is_deciding(Root(RootKind.GLOBAL, "app.py", name)) is expected
