"""Marks tests by what they cost: `make test` runs what proves a behaviour fastest, `make test-all` the rest as well."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

# Written by `python -m tests.tiers` from a run's times; a test function that is in neither list is quick.
TIERS = Path(__file__).with_name("tiers.json")
# Of these, what is slow runs at night: other makers' suites, emulators side by side, every attack in every isolation.
NIGHTLY = (
    "tests/attacks/test_techniques",
    "tests/lab/differential/",
    "tests/lab/gauntlet/peers/",
    "tests/lab/suites/",
    "tests/lab/test_node_client.py",
)


@functools.cache
def tiers() -> dict[str, frozenset[str]]:
    """Test functions by name: `slow` runs in `make test-all` alone, of `first` the first case runs in `make test`, too."""
    return {name: frozenset(functions) for name, functions in json.loads(TIERS.read_text()).items()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow by the lists, beside what its own file marks, and of that what runs at night."""
    seen: set[str] = set()
    for item in items:
        function = item.nodeid.partition("[")[0]
        is_slow = function in tiers()["slow"]
        if function in tiers()["first"] and item.get_closest_marker("slow") is None:
            is_slow = function in seen
            seen.add(function)
        if is_slow:
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(NIGHTLY) and item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.nightly)
