"""Servers for the session and, once for each function, what it does without Dayfly."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator

import pytest
from tests.real.catalogue import Sample
from tests.real.drive import Record, drive
from tests.real.servers import Servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Started when a function first asks for one; each test worker has its own."""
    with Servers() as running:
        yield running


@pytest.fixture(scope="session")
def plain_record(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[Sample], Record]:
    """The record of a function under plain awslambdaric, made once for all test workers."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent

    def record(sample: Sample) -> Record:
        stored = folder / f"plain-{sample.name}.pickle"
        with (folder / f"plain-{sample.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stored.exists():
                stored.write_bytes(pickle.dumps(drive(sample, "plain", servers)))
        made: Record = pickle.loads(stored.read_bytes())
        return made

    return record
