"""The month's bill is AWS's arithmetic: begun milliseconds, gigabyte-seconds, requests."""

from __future__ import annotations

import pytest
from bench.billing import PRICES, Price, Usage, bill, billed_ms

ROUND = Price(per_gb_second=0.00001, per_million_requests=0.2)


@pytest.mark.parametrize(
    ("duration", "billed"), [(0.0, 0), (0.01, 1), (1.0, 1), (1.001, 2), (24.9, 25), (3.0000000000000004, 3)]
)
def test_a_begun_millisecond_is_billed_whole(duration: float, billed: int) -> None:
    assert billed_ms(duration) == billed


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        billed_ms(-1.0)


def test_a_month_is_requests_and_gigabyte_seconds_and_inits() -> None:
    usage = Usage(memory_mb=512, invocations=1_000_000, init_share=0.01)
    found = bill([19.5, 39.2], [99.1], usage, ROUND)
    assert (found.billed_ms, found.billed_init_ms) == (30.0, 100.0)
    assert found.requests == pytest.approx(0.2)
    assert found.duration == pytest.approx(1_000_000 * 0.030 * 0.5 * 0.00001)
    assert found.init == pytest.approx(10_000 * 0.1 * 0.5 * 0.00001)
    assert found.total == pytest.approx(0.2 + 0.15 + 0.005)


def test_each_sample_is_rounded_not_their_mean() -> None:
    assert bill([1.1, 1.1], [1.0], Usage(), ROUND).billed_ms == 2.0


def test_twice_the_memory_costs_twice_the_duration_and_the_same_requests() -> None:
    small, large = (bill([20.0], [50.0], Usage(memory_mb=size), ROUND) for size in (512, 1024))
    assert large.duration == pytest.approx(2 * small.duration)
    assert large.init == pytest.approx(2 * small.init)
    assert large.requests == small.requests


def test_a_known_bill_of_awss_own_prices() -> None:
    # 3 million invocations of 120 ms at 1.5 GB are 540,000 GB-seconds: 9.00 $, and 0.60 $ for requests, before the
    # free tier. From an example that https://aws.amazon.com/lambda/pricing/ had.
    usage = Usage(memory_mb=1536, invocations=3_000_000, init_share=0.0)
    found = bill([120.0], [0.0], usage, PRICES["us-east-1"])
    assert found.duration == pytest.approx(9.00, abs=0.001)
    assert found.requests == pytest.approx(0.60)
