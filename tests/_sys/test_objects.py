"""Objects get another class, or are left as they were."""

from __future__ import annotations

import datetime
import gc
import sys

import pytest

from dayfly._sys import objects


class Plain:
    """Written in Python."""

    def name(self) -> str:
        """Who it is."""
        return "plain"


class Below(Plain):
    """Below it, with nothing of its own."""

    __slots__ = ()

    def name(self) -> str:
        """Who it is."""
        return "below"


class Crowd(set[int]):
    """Below a class written in C, with nothing of its own."""

    __slots__ = ()

    def pop(self) -> int:
        """Not what a set does."""
        return -1


class Marked(set[int]):
    """With a place more than its base has."""

    __slots__ = ("mark",)


class Day(datetime.date):
    """The collector looks at its instances, but not at those of its base."""

    __slots__ = ()


def test_an_object_of_a_class_written_in_python_changes_back_and_forth() -> None:
    item = Plain()
    assert objects.change_class(item, Below)
    assert item.name() == "below"
    assert objects.change_class(item, Plain)
    assert (item.name(), type(item)) == ("plain", Plain)


def test_an_object_of_a_class_written_in_c_changes_back_and_forth() -> None:
    item = {7}
    for _ in range(1000):
        assert objects.change_class(item, Crowd)
        assert (item.pop(), type(item), item) == (-1, Crowd, {7})
        assert objects.change_class(item, set)
        assert type(item) is set
    assert (item.pop(), item) == (7, set())


def test_objects_die_well_in_either_class() -> None:
    for number in range(1000):
        item = {number, str(number)}
        assert objects.change_class(item, Crowd)
        if number % 2:
            assert objects.change_class(item, set)
        del item
        if number % 100 == 0:
            gc.collect()
    count = sys.getrefcount(Crowd)
    item = {1, "1"}
    assert objects.change_class(item, Crowd)
    del item
    # The object has taken its reference with it.
    assert sys.getrefcount(Crowd) == count


@pytest.mark.parametrize("kind", [Marked, Plain, frozenset])
def test_a_class_of_another_shape_or_family_is_refused(kind: type) -> None:
    item = {7}
    assert objects.change_class(item, kind) is False
    assert type(item) is set


def test_a_class_whose_instances_are_allocated_otherwise_is_refused() -> None:
    item = datetime.date(2026, 1, 31)
    assert objects.change_class(item, Day) is False
    assert type(item) is datetime.date


@pytest.mark.parametrize(
    ("item", "name"), [(1j, "real"), (Plain(), "name"), ("text", "nothing"), (1, "real")]
)
def test_only_a_long_at_a_known_place_is_written(item: object, name: str) -> None:
    assert objects.write_long_member(item, name, 7) is False
