"""One service for many tests, and people who use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.fleet.service.receiver import Receiver
from tests.fleet.service.running import Person, Served, add_people

from dayfly.fleet.service.front import Front
from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.passwords import Passwords
from dayfly.fleet.service.service import Service
from dayfly.fleet.store.store import Store


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


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Iterator[Service]:
    """The parts of a service, without a server."""
    ledger = Ledger(tmp_path)
    yield Service(tmp_path, store, ledger, Front("127.0.0.1", 8710), Passwords())
    ledger.close()


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Receiver", (Receiver,), {"got": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", kind
        server.shutdown()
