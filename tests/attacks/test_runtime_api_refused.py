"""The guard keeps Python code from the platform's Runtime API, whatever the address is written like (L1 and L2; T1557, T1090).

A handler that fetches what an event names (SSRF) would reach it as well. Native code is out of the guard's reach: the
supervisor sees that connection (test_runtime_api_unlocked.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

WAYS = (
    "url",
    "connection",
    "name",
    "number",
    "few_numbers",
    "this_host",
    "mapped",
    "status_of",
    "loop",
    "swallowed",
)


@pytest.fixture(scope="module", params=["observe", "block"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    settings = {"DAYFLY_API_LOCK": "off", "DAYFLY_GUARD": request.param}
    with Shop("dayfly", environment=settings, handler="reaching.handler") as shop:
        yield shop


@pytest.mark.parametrize("way", WAYS)
def test_no_ordinary_connection_reaches_the_platform(way: str, shop: Shop) -> None:
    before = shop.findings().count("guard.refused")
    answer = shop.rie.invoke({"way": way, "api": shop.rie.runtime_api})
    assert answer.error_type == "Dayfly.Refused", answer.body
    assert shop.rie.invoke({}).payload == "served"
    assert shop.findings().count("guard.refused") == before + 1
    assert "environment.infected" not in shop.findings()


def test_other_ports_other_hosts_and_the_functions_own_endpoint_are_not_touched(shop: Shop) -> None:
    before = len(shop.findings())
    assert shop.rie.invoke({"way": "honest", "api": shop.rie.runtime_api}).payload == [200, "elsewhere", 403]
    assert shop.rie.invoke({}).payload == "served"
    # Its servers' threads.
    assert set(shop.findings()[before:]) <= {"worker.work-discarded"}
