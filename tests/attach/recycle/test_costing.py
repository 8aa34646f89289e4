"""What it cost is told with its figures, and not told where the logs do not tell."""

from __future__ import annotations

import pytest

from dayfly.attach.recycle.costing import cost_of, price_of
from dayfly.attach.recycle.model import Sightings

_SEEN = [Sightings(new=3, inits=2, init_s=1.0)]


def test_without_init_durations_there_are_no_dollars() -> None:
    cost = cost_of([Sightings(new=3)], memory_mb=512, architecture="x86_64", region="eu-central-1")
    assert cost.dollars is None
    assert "3 extra cold starts; their init duration is unknown" in cost.text


def test_cold_starts_by_init_by_memory_by_price() -> None:
    cost = cost_of(_SEEN, memory_mb=2048, architecture="x86_64", region="eu-central-1")
    assert cost.gb_s == pytest.approx(3 * 0.5 * 2)
    assert cost.dollars == pytest.approx(3 * 0.0000166667)
    assert "at most 3 extra cold starts of 0.50 s at 2048 MB: $0.0000500" in cost.text


def test_a_price_of_ones_own_and_architectures_and_regions() -> None:
    assert price_of("ap-east-1", "arm64") < price_of("ap-east-1", "x86_64")
    assert price_of("eu-west-1", "x86_64") < price_of("ap-east-1", "x86_64")
    cost = cost_of(_SEEN, memory_mb=1024, architecture="arm64", region="x", price=1.0)
    assert cost.dollars == pytest.approx(1.5)
    assert "your price" in cost.text


def test_provisioned_environments_are_paid_for_twice_by_five_minutes() -> None:
    cost = cost_of(
        [Sightings()], memory_mb=1024, architecture="x86_64", region="x", price=1.0, warm_s=[(4, 301.0)]
    )
    assert cost.dollars == pytest.approx(4 * 600 * 0.25)
