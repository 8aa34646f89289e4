"""Real functions, written as their libraries' documentation tells, behave under every isolation as without Dayfly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.real.catalogue import SAMPLES, Sample
from tests.real.daemons import ServerUnavailableError
from tests.real.drive import ISOLATIONS, Isolation, Record, drive
from tests.real.judging import complaints
from tests.real.servers import Servers

SHOWN = 8

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


# In this order all of a sample's tests stand together.
@pytest.mark.parametrize(
    "isolation",
    # The default one in `make test`, all of them in `make test-slow`: 15 minutes are soon over.
    [pytest.param(one, marks=[] if one == "invocation" else [pytest.mark.slow]) for one in ISOLATIONS],
)
@sample_parameters
def test_function_behaves_as_without_dayfly(
    sample: Sample, isolation: Isolation, servers: Servers, plain_record: Callable[[Sample], Record]
) -> None:
    require(sample, servers)
    judge(drive(sample, isolation, servers), plain_record(sample))
