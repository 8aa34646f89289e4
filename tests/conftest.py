"""Marks tests by what they cost: `make test` runs what proves a behaviour fastest, `make test-all` the rest as well."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

# Written by `python -m tests.tiers` from a run's times; a test function that is in neither list is quick.
ROOT = Path(__file__).resolve().parent.parent
TIERS = Path(__file__).with_name("tiers.json")
# Of these, what is slow runs at night: other makers' suites and tools, emulators side by side, every attack against other settings than those of AWS,
# processes killed at every step.
NIGHTLY = (
    "tests/attach/live/test_wire.py::test_a_process_that_is_killed_at_any_request",
    "tests/attach/templates/test_serverless_tool.py",
    "tests/attacks/test_techniques.py::test_on_a_plain",
    "tests/attacks/test_techniques.py::test_with_windows",
    "tests/attacks/test_techniques.py::test_without",
    "tests/attacks/test_techniques_guarded",
    "tests/cdk/",
    "tests/fleet/ingest/test_killing.py::test_a_hundred_kills",
    "tests/fuzz/test_coverage_guided",
    "tests/lab/differential/",
    "tests/lab/gauntlet/peers/",
    "tests/lab/suites/",
    "tests/lab/test_node_client.py",
    "tests/layer/test_layer_pythons.py::test_a_variable_that_somebody_changed",
)
# The default one first.
ISOLATIONS = ("invocation", "process", "window")
# Of so many slow cases those that repeat one in another isolation are worth leaving to the night.
MANY_CASES = 12


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
    slow = [item for item in items if item.get_closest_marker("slow") is not None]
    for item in (*(one for one in slow if one.nodeid.startswith(NIGHTLY)), *repeated(slow)):
        item.add_marker(pytest.mark.nightly)


def repeated(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """What repeats a case in a further isolation: the default one stays, and of the others each has its turn.

    Only of functions with many cases; where the file says itself what runs at night, that stands.
    """
    functions: dict[str, list[tuple[pytest.Item, str, str]]] = {}
    for item in items:
        params: Mapping[str, object] = getattr(getattr(item, "callspec", None), "params", {})
        isolation = next((value for value in params.values() if value in ISOLATIONS), None)
        if isinstance(isolation, str):
            case = str([value for value in params.values() if value != isolation])
            functions.setdefault(item.nodeid.partition("[")[0], []).append((item, isolation, case))
    for found in functions.values():
        is_settled = any(item.get_closest_marker("nightly") is not None for item, _, _ in found)
        if is_settled or len(found) < MANY_CASES:
            continue
        others = sorted({isolation for _, isolation, _ in found} - {ISOLATIONS[0]})
        turns: dict[str, int] = {}
        for item, isolation, case in found:
            turn = turns.setdefault(case, len(turns))
            if isolation in others and (turn + others.index(isolation)) % 2:
                yield item
