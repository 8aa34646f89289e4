"""Real functions, written as their libraries' documentation tells, behave under every isolation as without Dayfly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from tests.real.catalogue import SAMPLES, Sample
from tests.real.daemons import ServerUnavailableError
from tests.real.drive import ISOLATIONS, Isolation, Record, drive
from tests.real.judging import complaints
from tests.real.servers import Servers

SHOWN = 8
DEFAULT, *OTHERS = ISOLATIONS

sample_parameters = pytest.mark.parametrize(
    "sample",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.is_slow else []) for one in SAMPLES],
)


def require(sample: Sample, servers: Servers) -> None:
    """Skip, loudly, where a server program cannot be installed."""
    for kind in sample.sees:
        try:
            servers.get(kind)
        except ServerUnavailableError as missing:
            pytest.skip(f"{sample.name}: {missing}")


def judge(record: Record, plain: Record) -> None:
    """Fail with the first complaints and the end of the log."""
    found = complaints(record, plain)
    more = f"\n- and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    listed = "\n- ".join(["", *found[:SHOWN]])
    assert not found, f"{listed}{more}\n{record.describe()}"


@sample_parameters
def test_function_does_what_its_servers_expect_without_dayfly(
    sample: Sample, servers: Servers, plain_record: Callable[[Sample], Record]
) -> None:
    require(sample, servers)
    record = plain_record(sample)
    judge(record, record)


def cases() -> Iterator[object]:
    """Every function in every isolation, in an order in which all of a function's tests stand together.

    `make test` has the default isolation, `make test-slow` another one besides, by turns, and `make nightly` both.
    """
    for sample, (second, third) in zip(SAMPLES, itertools.cycle((OTHERS, OTHERS[::-1]))):
        slow = [pytest.mark.slow]
        for isolation, marks in (
            (DEFAULT, slow if sample.is_slow else []),
            (second, slow),
            (third, [*slow, pytest.mark.nightly]),
        ):
            yield pytest.param(sample, isolation, id=f"{sample.name}-{isolation}", marks=marks)


@pytest.mark.parametrize(("sample", "isolation"), list(cases()))
def test_function_behaves_as_without_dayfly(
    sample: Sample, isolation: Isolation, servers: Servers, plain_record: Callable[[Sample], Record]
) -> None:
    require(sample, servers)
    judge(drive(sample, isolation, servers), plain_record(sample))
