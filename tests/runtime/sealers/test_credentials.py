"""The earliest end of what init fetched is known; credentials without an end are none."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

from botocore.credentials import Credentials, RefreshableCredentials
from tests.runtimes import RuntimeProcess
from tests.unprivileged import forked

from dayfly.runtime import heap
from dayfly.runtime.sealers import credentials
from dayfly.runtime.sealing import Sealing

FUNCTIONS = Path(__file__).parent.parent.parent / "conformance" / "functions"
KEPT: list[object] = []


def fetched(ends_at: float) -> RefreshableCredentials:
    ends = datetime.datetime.fromtimestamp(ends_at, datetime.UTC)
    return RefreshableCredentials("AKIA", "secret", "token", ends, refresh_using=dict, method="test")


def end_of(*held: object) -> float:
    def act() -> float:
        KEPT.extend(held)
        sealing = Sealing()
        credentials.seal(heap.find(credentials.kinds()), sealing)
        return sealing.expires_at

    return forked(act)


def test_the_earliest_end_counts() -> None:
    assert end_of(fetched(2_000_000_000), fetched(1_900_000_000), fetched(2_100_000_000)) == 1_900_000_000


def test_credentials_without_an_end_are_no_reason() -> None:
    assert end_of(Credentials("AKIA", "secret", "token")) == 0


def test_the_zygote_is_initialised_anew_a_quarter_of_an_hour_before_its_credentials_end() -> None:
    with RuntimeProcess(
        FUNCTIONS, "expiring.handler", runtime="dayfly", environment={"LIFE_S": "902"}
    ) as process:
        first = process.invoke().payload
        end = time.monotonic() + 60
        while process.invoke().payload == first:
            assert time.monotonic() < end, "the zygote kept credentials that end"


def test_credentials_that_were_about_to_end_when_fetched_are_not_fetched_for_ever() -> None:
    with RuntimeProcess(
        FUNCTIONS, "expiring.handler", runtime="dayfly", environment={"LIFE_S": "60"}
    ) as process:
        assert len({str(process.invoke().payload) for _ in range(5)}) == 1
