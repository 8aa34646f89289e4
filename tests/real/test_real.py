"""Real functions, written as their libraries' documentation tells, behave under every isolation as without Dayfly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests.real.catalogue import COPIED, FALL_BACK, LIBRARIES, SAMPLES_AND_LIBRARIES, Sample
from tests.real.daemons import ServerUnavailableError
from tests.real.drive import AFTER_IDLE, ISOLATIONS, Isolation, Record, combination, drive
from tests.real.judging import complaints
from tests.real.servers import Servers

SHOWN = 8
DEFAULT, *OTHERS = ISOLATIONS
SLOW, NIGHT = [pytest.mark.slow], [pytest.mark.slow, pytest.mark.nightly]


def require(sample: Sample, servers: Servers) -> None:
    """Skip, loudly, where there is no environment as on AWS, or a server program cannot be installed."""
    if missing := combination(sample).missing:
        pytest.skip(missing)
    for kind in sample.sees:
        try:
            servers.get(kind)
        except ServerUnavailableError as unavailable:
            pytest.skip(f"{sample.name}: {unavailable}")


def judge(record: Record, plain: Record) -> None:
    """Fail with the first complaints and the end of the log."""
    found = complaints(record, plain)
    more = f"\n- and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    listed = "\n- ".join(["", *found[:SHOWN]])
    assert not found, f"{listed}{more}\n{record.describe()}"


def cases() -> Iterator[object]:
    """Every function in every isolation, in an order in which all of a function's tests stand together.

    `make test` has the default isolation, `make test-slow` for every sixth sample another one besides, by turns, and
    `make nightly` both for all. Of a library of which there are two samples, `make test-slow` has the default alone, and
    `make nightly` that of copied threads.
    """
    nightly = itertools.cycle((False, *[True] * 5))
    for sample, at_night, (second, third) in zip(
        SAMPLES_AND_LIBRARIES, nightly, itertools.cycle((OTHERS[::-1], OTHERS[::-1], OTHERS, OTHERS))
    ):
        for isolation, marks in (
            (DEFAULT, NIGHT if sample.name in COPIED else SLOW if sample.is_slow else []),
            (second, NIGHT if at_night or sample in LIBRARIES or sample.name in COPIED else SLOW),
            (third, NIGHT),
        ):
            if isolation == "process" or sample.name not in FALL_BACK:
                yield pytest.param(sample, isolation, id=f"{sample.name}-{isolation}", marks=marks)


@pytest.mark.parametrize(("sample", "isolation"), list(cases()))
def test_function_behaves_as_without_dayfly(
    sample: Sample, isolation: Isolation, servers: Servers, plain_record: Callable[[Sample], Record]
) -> None:
    require(sample, servers)
    plain = plain_record(sample)
    judge(plain, plain)
    judge(drive(sample, isolation, servers), plain)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    "sample",
    [one for one in SAMPLES_AND_LIBRARIES if one.count_at_night and one.name not in FALL_BACK],
    ids=lambda sample: sample.name,
)
def test_no_worker_of_many_is_stuck_or_answers_otherwise(sample: Sample, servers: Servers) -> None:
    require(sample, servers)
    many = replace(sample, count=sample.count_at_night)
    judge(drive(many, DEFAULT, servers), drive(many, "plain", servers))


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", FALL_BACK)
def test_function_that_falls_back_still_does_for_the_reason_given(name: str, servers: Servers) -> None:
    """Fails where the function works meanwhile: take it off the list, and out of docs/compatibility.md."""
    (sample,) = [one for one in SAMPLES_AND_LIBRARIES if one.name == name]
    require(sample, servers)
    record = drive(replace(sample, count=AFTER_IDLE), DEFAULT, servers)
    reasons = [message for kind, message in record.findings if kind == "zygote.not-forkable"]
    assert reasons, f"{name} does not fall back\n{record.describe()}"
    assert FALL_BACK[name] in reasons[0]
