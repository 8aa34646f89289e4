"""What Lambda charges for a month of invocations: arithmetic on measured milliseconds, no measuring."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Prices of on-demand functions on x86 in US dollars, the first tier (up to six billion GB-seconds a month), without
# the free tier and without taxes: https://aws.amazon.com/lambda/pricing/. The page fills its tables in by script;
# these are the amounts of copies of it made from 2024 to 2026, the same in all of them.
PRICES_AS_OF = "2026-11-25"
PER_MILLION_REQUESTS = 0.20


@dataclass(frozen=True)
class Price:
    """What a region charges."""

    per_gb_second: float
    per_million_requests: float = PER_MILLION_REQUESTS


PRICES: Mapping[str, Price] = {"us-east-1": Price(0.0000166667), "eu-central-1": Price(0.0000166667)}


@dataclass(frozen=True)
class Usage:
    """A month of one function.

    `init_share` is how many of the invocations start an environment. AWS says "under 1%" of production work:
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """

    memory_mb: int = 512
    invocations: int = 1_000_000
    init_share: float = 0.01


@dataclass(frozen=True)
class Bill:
    """US dollars of one month; `billed_ms` is the mean of what one invocation is billed, without its init."""

    billed_ms: float
    billed_init_ms: float
    requests: float
    duration: float
    init: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.requests + self.duration + self.init


def billed_ms(duration_ms: float) -> int:
    """A duration as it is billed: begun milliseconds count whole.

    "rounded up to the nearest 1 ms": https://aws.amazon.com/lambda/pricing/
    Raises ValueError for a negative duration.
    """
    if duration_ms < 0:
        raise ValueError(f"a duration of {duration_ms} ms")
    # Microseconds first: 3.0000000000000004 is what differences of clocks make of 3.
    return math.ceil(round(duration_ms, 3))


def bill(cycle_ms: Sequence[float], init_ms: Sequence[float], usage: Usage, price: Price) -> Bill:
    """The month's bill for a function whose invocations and inits take as long as these samples, on the average.

    `cycle_ms` is from the event to the request for the next one, which is what Lambda calls the duration: it ends when
    the runtime and all extensions are done (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
    Init is billed by the same price, for managed runtimes since August 2025 (see Usage). Both must have samples.
    """
    each = statistics.fmean(billed_ms(value) for value in cycle_ms)
    each_init = statistics.fmean(billed_ms(value) for value in init_ms)
    gigabytes = usage.memory_mb / 1024
    return Bill(
        billed_ms=each,
        billed_init_ms=each_init,
        requests=usage.invocations / 1e6 * price.per_million_requests,
        duration=usage.invocations * each / 1000 * gigabytes * price.per_gb_second,
        init=usage.invocations * usage.init_share * each_init / 1000 * gigabytes * price.per_gb_second,
    )
