"""tests/distributions.toml names a distribution for every test, the one that has the module it is named for."""

from __future__ import annotations

import pytest
from tests.distributions.owners import MAP, TESTS, distribution_of, prefix_of
from tests.wheels import PROJECTS, modules_of, wheel_of

PATHS = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def test_every_test_has_one_distribution_and_every_name_in_the_map_a_test() -> None:
    assert MAP.keys() == {*PROJECTS, "repository"}
    assert [path for path in PATHS if not prefix_of(path)] == []
    names = [prefix for prefixes in MAP.values() for prefix in prefixes]
    assert len(names) == len(set(names))
    assert set(names) - {prefix_of(path) for path in PATHS} == set()


@pytest.mark.slow  # builds the wheels where no other test has
def test_a_test_that_is_named_for_a_module_is_its_distributions() -> None:
    owners = {module: name for name in PROJECTS for module in modules_of(wheel_of(name))}
    mirrored = {
        path: owners[module]
        for path in PATHS
        if (module := "dayfly." + path.removesuffix(".py").replace("/test_", "/").replace("/", ".")) in owners
    }
    assert set(mirrored.values()) == set(PROJECTS)
    assert {path: distribution_of(path) for path in mirrored} == mirrored
