"""Dictionaries are watched: what changed is told with what it held before, in a fork, in threads, and at the very end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from tests.interpreters import found_interpreters
from tests.rie import ROOT

from dayfly._sys import dictwatch


@pytest.fixture
def watch() -> Iterator[dictwatch.DictWatch]:
    made = dictwatch.watcher()
    assert made is not None
    yield made
    made.close()


CHANGES: dict[str, Callable[[dict[object, object]], object]] = {
    "set": lambda one: one.__setitem__("b", 2),
    "replace": lambda one: one.__setitem__("a", 3),
    "replace by an equal one": lambda one: one.__setitem__("a", 1.0),
    "delete": lambda one: one.pop("a"),
    "clear": lambda one: one.clear(),
    "update": lambda one: one.update(c=4),
    "merge": lambda one: one.__ior__({"d": 5}),
    "setdefault": lambda one: one.setdefault("e", 6),
    "popitem": lambda one: one.popitem(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_kind_of_change_is_told(watch: dictwatch.DictWatch, name: str) -> None:
    one: dict[object, object] = {"a": 1}
    other: dict[object, object] = {"a": 1}
    watch.watch((one, other))
    CHANGES[name](one)
    (found,) = watch.changed()
    assert found[0] is one
    assert found[1] == {"a": 1}
    assert type(found[1]["a"]) is int


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a version is the whole dictionary's")
def test_a_key_that_is_passed_is_not_told_and_hides_no_other(watch: dictwatch.DictWatch) -> None:
    one: dict[object, object] = {"a": 1}
    watch.watch((one,))
    watch.passed[id(one)] = frozenset(("a", "b"))
    one["a"] = 2
    one["b"] = 3
    del one["b"]
    assert watch.changed() == []
    one["c"] = 4
    assert watch.changed() == [(one, {"a": 2})]
    watch.rest()
    one.clear()
    assert watch.changed() == [(one, {"a": 2, "c": 4})]


def test_reading_is_no_change(watch: dictwatch.DictWatch) -> None:
    one: dict[object, object] = {"a": 1}
    watch.watch((one,))
    assert one["a"] == 1
    assert list(one.items()) == [("a", 1)]
    assert one == {"a": 1}
    assert watch.changed() == []


def test_after_a_rest_the_next_change_is_told_with_what_was_there_then(watch: dictwatch.DictWatch) -> None:
    one: dict[object, object] = {}
    watch.watch((one,))
    one["a"] = 1
    one["b"] = 2
    watch.rest()
    assert watch.changed() == []
    one["c"] = 3
    ((_, before),) = watch.changed()
    assert before == {"a": 1, "b": 2}


def test_attributes_of_modules_and_classes_are_entries(watch: dictwatch.DictWatch) -> None:
    import gc
    import types

    module = types.ModuleType("some")

    class Kind:
        value = 1

    (inside,) = (item for item in gc.get_referents(vars(Kind)) if type(item) is dict)
    watch.watch((vars(module), inside))  # type: ignore[arg-type]
    module.name = 1  # type: ignore[attr-defined]
    Kind.value = 2
    assert [found for found, _ in watch.changed()] == [vars(module), inside]


def test_a_thread_s_change_is_told(watch: dictwatch.DictWatch) -> None:
    one: dict[object, object] = {}
    watch.watch((one,))
    thread = threading.Thread(target=one.__setitem__, args=("a", 1))
    thread.start()
    thread.join()
    assert [found for found, _ in watch.changed()] == [one]


def test_a_change_with_an_exception_in_flight_harms_neither(watch: dictwatch.DictWatch) -> None:
    one: dict[object, object] = {}

    class Late:
        def __del__(self) -> None:
            one["gone"] = True

    def fail() -> None:
        _late = Late()
        raise KeyError("a")

    watch.watch((one,))
    with pytest.raises(KeyError):
        fail()
    assert [found for found, _ in watch.changed()] == [one]


ENDING = """
import json, os, sys
from dayfly._sys import dictwatch
watch = dictwatch.watcher()
watch.watch([vars(module) for module in list(sys.modules.values()) if type(vars(module)) is dict])
json.extra = 1
if os.fork() == 0:
    json.more = 2
    sys.exit(7)
pid, status = os.wait()
print(os.waitstatus_to_exitcode(status), len(watch.changed()) > 0)
"""


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda one: one.version)
def test_an_interpreter_ends_in_peace(interpreter: object) -> None:
    path = getattr(interpreter, "path", sys.executable)
    done = subprocess.run(
        [path, "-c", ENDING],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["7", "True"], "")


def test_a_change_that_was_not_told_for_want_of_stack_leaves_the_next_one_told(
    watch: dictwatch.DictWatch,
) -> None:
    one: dict[object, object] = {}
    watch.watch((one,))

    def deeper() -> None:
        try:
            deeper()
        except RecursionError:
            one["deep"] = 1
            raise

    with pytest.raises(RecursionError):
        deeper()
    one["here"] = 1
    assert [found for found, _ in watch.changed()] == [one]
