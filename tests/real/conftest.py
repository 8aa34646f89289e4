"""Servers for the session and, once for each function, what it does without Dayfly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.real.catalogue import Sample
from tests.real.drive import Record, drive
from tests.real.servers import Servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Started when a function first asks for one; each process of tests has its own."""
    with Servers() as running:
        yield running


@pytest.fixture(scope="session")
def plain_record(servers: Servers) -> Callable[[Sample], Record]:
    """The record of a function under plain awslambdaric, made once."""
    made: dict[str, Record] = {}

    def record(sample: Sample) -> Record:
        if sample.name not in made:
            made[sample.name] = drive(sample, "plain", servers)
        return made[sample.name]

    return record
