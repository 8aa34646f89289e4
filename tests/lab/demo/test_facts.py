"""A plan that shows nothing, or would run for hours, is refused."""

from __future__ import annotations

import pytest

from dayfly.errors import SettingError
from dayfly.lab.demo.facts import MAX_ENVIRONMENTS, MAX_REQUESTS, Plan


@pytest.mark.parametrize("count", [0, -1, MAX_ENVIRONMENTS + 1])
def test_environments_out_of_range_are_refused(count: int) -> None:
    with pytest.raises(SettingError, match="environments"):
        Plan(environments=count)


@pytest.mark.parametrize("count", [0, MAX_REQUESTS + 1])
def test_traffic_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(SettingError, match="attackers"):
        Plan(attackers=count)
    with pytest.raises(SettingError, match="customers"):
        Plan(customers=count)


def test_the_default_plan_can_outlive_the_idle_expiry_only_by_traffic() -> None:
    plan = Plan()
    assert plan.ping_every_s < plan.idle_expiry_s
    assert plan.quiet_s + plan.customers * plan.pace_s < plan.idle_expiry_s * 2
