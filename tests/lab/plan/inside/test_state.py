"""State is looked at without running anything of the function's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from dayfly.lab.plan.inside.dayfly_probe.places import Places
from dayfly.lab.plan.inside.dayfly_probe.state import look_at_flags, look_at_state

CODE = """
import collections
import json

X = []
COLD = True
NAME = "secret"
NOTHING = None


class Loud(dict):
    def __len__(self):
        raise RuntimeError("counted by its own code")

    def __eq__(self, other):
        raise RuntimeError("compared by its own code")

    __hash__ = None


class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("asked for its class")


class Store:
    shared = {1: 2}

    def __init__(self):
        self.items = [1, 2, 3]


LOUD = Loud(a=1)
PROXY = Proxy()
STORE = Store()
DECODER = json.JSONDecoder()


def __getattr__(name):
    raise RuntimeError("asked for " + name)


def handler(event, context):
    return None
"""


@pytest.fixture
def module() -> Iterator[ModuleType]:
    made = ModuleType("sampled")
    made.__dict__["__file__"] = "/var/task/sampled.py"
    exec(compile(CODE, "/var/task/sampled.py", "exec"), made.__dict__)
    sys.modules["sampled"] = made
    yield made
    del sys.modules["sampled"]


def test_entries_have_names_kinds_and_sizes(module: ModuleType) -> None:
    found = look_at_state(Places("/var/task", []))
    seen = {name: (entry.kind, entry.size) for name, entry in found.items()}
    assert seen["sampled.X"] == ("container", 0)
    assert seen["sampled.LOUD"] == ("container", 1)
    assert seen["sampled.STORE.items"] == ("container", 3)
    assert seen["sampled.Store.shared"] == ("container", 1)
    assert seen["sampled.NOTHING"] == ("none", -1)
    assert seen["sampled.NAME"] == ("value", -1)
    assert seen["sampled.DECODER"] == ("object", -1)
    assert seen["sampled.PROXY"] == ("object", -1)
    assert found["sampled.COLD"].flag is True
    assert not {"sampled.handler", "sampled.json", "sampled.Store"} & set(seen)


def test_what_changes_has_another_mark(module: ModuleType) -> None:
    before = look_at_state(Places("/var/task", []))
    module.__dict__["NAME"] = "another"
    after = look_at_state(Places("/var/task", []))
    assert before["sampled.NAME"].mark != after["sampled.NAME"].mark
    assert before["sampled.X"].mark == after["sampled.X"].mark


def test_libraries_are_not_looked_at(module: ModuleType) -> None:
    assert look_at_state(Places("/var/task", ["sampled"])) == {}


def test_flags_of_any_module_are_found_by_name(module: ModuleType) -> None:
    assert look_at_flags()["sampled.COLD"] is True
    module.__dict__["is_cold_start"] = False
    assert look_at_flags()["sampled.is_cold_start"] is False
