"""One service for many tests, and people who use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fleet.service.running import Person, Served, add_people


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for many tests, with an account of each role: ann (admin), rob (responder), vic (viewer)."""
    folder = tmp_path_factory.mktemp("served")
    add_people(folder)
    with Served(folder) as running:
        yield running


@pytest.fixture
def person(served: Served) -> Iterator[Person]:
    """Somebody who has not signed in."""
    with Person(served.url) as somebody:
        yield somebody


@pytest.fixture(scope="session")
def admin(served: Served) -> Iterator[Person]:
    with Person(served.url) as somebody:
        assert somebody.sign_in("ann").status_code == 303
        yield somebody


@pytest.fixture(scope="session")
def responder(served: Served) -> Iterator[Person]:
    with Person(served.url) as somebody:
        assert somebody.sign_in("rob").status_code == 303
        yield somebody


@pytest.fixture(scope="session")
def viewer(served: Served) -> Iterator[Person]:
    with Person(served.url) as somebody:
        assert somebody.sign_in("vic").status_code == 303
        yield somebody
