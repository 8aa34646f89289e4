"""Marks tests by what they cost: `make test` runs what proves a behaviour fastest, `make test-all` the rest as well."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Written by `python -m tests.tiers` from a run's times; a test function that is in neither list is quick.
ROOT = Path(__file__).resolve().parent.parent
TIERS = Path(__file__).with_name("tiers.json")
# Of these, what is slow runs at night: other makers' suites, emulators side by side, every attack in every isolation.
NIGHTLY = (
    "tests/attacks/test_techniques",
    "tests/lab/differential/",
    "tests/lab/gauntlet/peers/",
    "tests/lab/suites/",
    "tests/lab/test_node_client.py",
)
# Test files whose environments run under both supervisors, the native one among the slow tests.
BOTH_SUPERVISORS = frozenset(
    f"tests/attacks/test_{name}.py"
    for name in (
        "frames",
        "leftovers",
        "limits",
        "output",
        "siblings",
        "signals",
        "techniques",
    )
)
# Of the conformance tests on the native supervisor, those that `make test` runs.
NATIVE_QUICK = ("tests/conformance/test_results.py", "tests/conformance/test_errors.py")
VARIABLE = "DAYFLY_SUPERVISOR"


@pytest.fixture(scope="module")
def supervisor(request: pytest.FixtureRequest) -> Iterator[str]:
    """The supervisor under which functions run while the module's tests do; see `BOTH_SUPERVISORS`."""
    before = os.environ.get(VARIABLE)
    name = getattr(request, "param", before or "python")
    os.environ[VARIABLE] = name
    yield name
    if before is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = before


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of the files that are listed once for each supervisor."""
    path = Path(metafunc.module.__file__ or "").resolve()
    if path.is_relative_to(ROOT) and path.relative_to(ROOT).as_posix() in BOTH_SUPERVISORS:
        metafunc.fixturenames.insert(0, "supervisor")
        native = pytest.param("native", marks=pytest.mark.slow)
        metafunc.parametrize("supervisor", ["python", native], indirect=True, scope="module")


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
        if item.nodeid.startswith("tests/conformance/") and "[native" in item.nodeid:
            is_slow |= not item.nodeid.startswith(NATIVE_QUICK)
        if is_slow:
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(NIGHTLY) and item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.nightly)
