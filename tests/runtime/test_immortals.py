"""Code, constants and plain values become immortal, a slice at a time; what holds a resource never does."""

from __future__ import annotations

import collections
import gc
import json
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Callable

import pytest
from tests.unprivileged import forked

from dayfly._sys import immortal
from dayfly.runtime import immortals
from dayfly.runtime.immortals import Immortaliser

pytestmark = pytest.mark.skipif(
    not immortal.is_supported(), reason="this interpreter's layout is unknown to Dayfly"
)


@pytest.fixture
def any_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the process of the tests holds."""
    monkeypatch.setattr(immortals, "_MOST_OBJECTS", sys.maxsize)


Point = collections.namedtuple("Point", ["x", "y"])  # its fields are what is looked at


class Field:
    """A descriptor of a library's own, written in Python."""

    def __init__(self, name: str, owned: object = None) -> None:
        self.name = name
        self.owned = owned

    def __get__(self, instance: object, owner: type) -> str:
        return self.name


class Record:
    """Has descriptors: one as plain as code, one that holds something."""

    plain = Field("first name")
    owner = Field("last name", owned=[])


class Holder:
    """A class of the function's, with a resource in each instance."""

    def use(self) -> str:
        return "used"


def is_immortal(item: object) -> bool:
    return sys.getrefcount(item) >= 2**31


def kept_by(item: object) -> Callable[[], object]:
    def look() -> object:
        return item

    return look


def run_to_the_end() -> int:
    chores = Immortaliser()
    slices = 0
    while not chores.is_done:
        chores.spend_a_moment()
        slices += 1
    return slices


def test_code_and_constants_become_immortal_and_instances_do_not(any_heap: None) -> None:
    def act() -> dict[str, bool]:
        holder, pair = Holder(), (Holder(), "x")
        slices = run_to_the_end()
        return {
            "sliced": slices > 3,
            "function": is_immortal(json.dumps),
            "code": is_immortal(json.dumps.__code__),
            "constants": is_immortal(json.dumps.__code__.co_consts),
            "class": is_immortal(Holder),
            "method": is_immortal(Holder.use.__code__),
            "module": is_immortal(json),
            "instance": is_immortal(holder),
            "tuple with an instance": is_immortal(pair),
            "dict": is_immortal(json.__dict__),
            "works": json.loads(json.dumps({"a": [1, 2.5, None]})) == {"a": [1, 2.5, None]},
        }

    found = forked(act)
    assert {name for name, value in found.items() if not value} == {
        "instance",
        "tuple with an instance",
        "dict",
    }


@pytest.mark.slow
def test_plain_values_become_immortal_and_whatever_may_come_to_hold_a_resource_does_not(
    any_heap: None,
) -> None:
    def act() -> dict[str, bool]:
        holder, number = Holder(), os.getpid() * 100_000
        texts = {
            "id": f"order {number}",
            "lines": [f"line {number}", (f"a {number}", (number, 0.5 + number))],
        }
        holders = [holder, (holder, "x"), (), {}, weakref.ref(holder), weakref.ref(holder, print)]
        calls = [holder.use, len, {}.get, kept_by(holder), kept_by("x"), re.compile(f"{number}+")]
        run_to_the_end()
        lines = texts["lines"]
        assert isinstance(lines, list)
        fields = vars(Point)["x"], vars(Record)["plain"], vars(Record)["owner"]
        return {
            "text": is_immortal(texts["id"]),
            "text in a list": is_immortal(lines[0]),
            "tuple in a list": is_immortal(lines[1]),
            "tuple in a tuple": is_immortal(lines[1][1]),
            "number": is_immortal(lines[1][1][1]),
            "mapping": is_immortal(texts),
            "list": is_immortal(lines),
            "tuple with an instance": is_immortal(holders[1]),
            "empty mapping": is_immortal(holders[3]),
            "reference": is_immortal(holders[4]),
            "reference with a callback": is_immortal(holders[5]),
            "method of an instance": is_immortal(calls[0]),
            "function in C": is_immortal(calls[1]),
            "method of a mapping": is_immortal(calls[2]),
            "function that keeps an instance": is_immortal(calls[3]),
            "function that keeps a text": is_immortal(calls[4]),
            "pattern": is_immortal(calls[5]),
            "field of a tuple": is_immortal(fields[0]),
            "plain descriptor": is_immortal(fields[1]),
            "descriptor that holds a list": is_immortal(fields[2]),
        }

    assert {name for name, value in forked(act).items() if not value} == {
        "mapping",
        "list",
        "tuple with an instance",
        "empty mapping",
        "reference with a callback",
        "method of an instance",
        "method of a mapping",
        "function that keeps an instance",
        "descriptor that holds a list",
    }


def test_a_file_is_written_when_what_alone_reaches_it_is_dropped(any_heap: None) -> None:
    def act() -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, str(number)) for number in range(5)]
            files = [open(path, "w") for path in paths]  # noqa: SIM115
            for opened in files:
                opened.write("written")
            del opened
            by_method, by_function = files.pop().write, kept_by(files.pop())
            by_tuple, by_list = ((files.pop(), "x"), "y"), [files.pop()]
            later: list[object] = []
            run_to_the_end()
            later.append(files.pop())
            del by_method, by_function, by_tuple, by_list, later
            return [open(path).read() for path in paths]

    assert forked(act) == ["written"] * 5


def test_what_a_worker_drops_is_finalised_as_ever(any_heap: None) -> None:
    def act() -> tuple[bool, bool]:
        dropped: list[str] = []
        holder = Holder()
        weakref.finalize(holder, dropped.append, "gone")
        run_to_the_end()
        alive = not dropped
        del holder
        gc.collect()
        return alive, dropped == ["gone"]

    assert forked(act) == (True, True)


def test_a_large_heap_is_left_alone() -> None:
    def act() -> dict[str, bool]:
        table = [[number] for number in range(100_000)]
        return {"slices": run_to_the_end() == 1, "function": is_immortal(json.dumps), "rows": bool(table)}

    assert forked(act) == {"slices": True, "function": False, "rows": True}
