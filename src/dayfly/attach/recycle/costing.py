"""Says what a recycling cost: environments that had to begin anew, for as long as each took to begin; pure.

Since 1 August 2025 Lambda bills the init of every kind of function
(https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/). A recycling sends no invocation of
its own, so there are no requests to pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dayfly.attach.recycle.model import Sightings

# Dollars for a GB-second of the first tier, as told on https://aws.amazon.com/lambda/pricing/ and gathered by region in AWS
# Lambda Power Tuning's table, https://github.com/alexcasalboni/aws-lambda-power-tuning (written down on PRICES_OF). Regions
# that are not here cost what most do.
PRICES_OF = "2026-11-26"
_MOST = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
_PRICES = {
    "af-south-1": {"x86_64": 0.0000221, "arm64": 0.00001768},
    "ap-east-1": {"x86_64": 0.00002292, "arm64": 0.0000183},
    "eu-south-1": {"x86_64": 0.0000195172, "arm64": 0.0000156138},
    "me-central-1": {"x86_64": 0.0000206667, "arm64": 0.0000165334},
    "me-south-1": {"x86_64": 0.0000206667, "arm64": 0.0000165334},
}
# $0.0000041667 against $0.0000166667 in us-east-1: a quarter, for either architecture.
_PROVISIONED_SHARE = 0.25
# https://aws.amazon.com/lambda/pricing/: provisioned concurrency is rounded up to five minutes.
_PROVISIONED_STEP_S = 300.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Cold starts that were seen, seconds of init in each where the logs told, and dollars where they can be told."""

    cold_starts: int
    init_s: float | None
    gb_s: float
    dollars: float | None
    text: str


def price_of(region: str, architecture: str) -> float:
    """Dollars for a GB-second."""
    return _PRICES.get(region, _MOST).get(architecture, _MOST["x86_64"])


def cost_of(
    seen: Sequence[Sightings],
    *,
    memory_mb: int,
    architecture: str,
    region: str,
    price: float | None = None,
    warm_s: Sequence[tuple[int, float]] = (),
) -> Cost:
    """Put together what `seen` tells; `price` is what a GB-second costs, where somebody knows better.

    `warm_s`: provisioned environments that were paid for twice, and how long.
    """
    each = price_of(region, architecture) if price is None else price
    starts = sum(one.new for one in seen)
    told = sum(one.inits for one in seen)
    init_s = sum(one.init_s for one in seen) / told if told else None
    gb = memory_mb / 1024
    gb_s = (init_s or 0.0) * starts * gb
    twice = sum(
        count * -(-seconds // _PROVISIONED_STEP_S) * _PROVISIONED_STEP_S * gb for count, seconds in warm_s
    )
    dollars = None if init_s is None and starts else gb_s * each + twice * each * _PROVISIONED_SHARE
    what = f"at most {starts} extra cold start{'' if starts == 1 else 's'}"
    if not starts:
        what = "no new environments seen"
    if init_s is not None:
        what += f" of {init_s:.2f} s at {memory_mb} MB"
    if twice:
        what += f", and double cost of provisioned environments for {max((s for _, s in warm_s)):.0f} s"
    if dollars is None:
        what += "; their init duration is unknown"
    elif starts or twice:
        by = "your price" if price is not None else f"list price of {PRICES_OF}, without discounts"
        what += f": {_dollars(dollars)} ({by})"
    return Cost(starts, init_s, gb_s, dollars, what)


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.2g}" if amount >= 0.0001 else f"${amount:.7f}"
