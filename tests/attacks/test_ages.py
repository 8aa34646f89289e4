"""Attacks on an environment that is renewed (L2, L3): nothing that is planted outlives its age, in process isolation too.

There nothing else ends what an attacker plants in a warm environment. Tried with each technique of the catalogue that
steals cards or stays alive and leaves an environment that can go on; all in one environment, one life after another.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

from dayfly.lab.gauntlet.evidence import Alive, Cards
from dayfly.lab.gauntlet.technique import Technique, load_techniques

pytestmark = needs_confinement()

AGE_S = 0.4
RENEWED = "environment.renewed"
TECHNIQUES = [
    one
    for one in load_techniques()
    if isinstance(one.evidence, Cards | Alive)
    and one.plant
    and one.handler == "app.handler"
    and not (one.spoils or one.resets or one.environment or one.needs_more_than_lambda or one.is_slow)
]


@pytest.fixture(scope="module")
def aging() -> Iterator[Shop]:
    environment = {
        "DAYFLY_ISOLATION": "process",
        "DAYFLY_ENVIRONMENT_MAX_AGE": str(AGE_S),
        "DAYFLY_JITTER": "0",
    }
    with Shop("dayfly", environment=environment) as shop:
        yield shop


def renewals(shop: Shop) -> int:
    return shop.findings().count(RENEWED)


def test_there_is_something_to_try() -> None:
    assert len(TECHNIQUES) > 20


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda one: one.name)
def test_nothing_planted_outlives_the_environments_age(technique: Technique, aging: Shop) -> None:
    aging.attack(technique.plant)
    before = renewals(aging)
    end = time.monotonic() + 60
    while renewals(aging) == before:
        assert time.monotonic() < end, aging.rie.logs()
        aging.rie.invoke({"card": "4000"})
    # What was on its way when the environment was renewed.
    aging.sink.received(quiet_s=0.1)
    cards = aging.serve(3)
    found = aging.sink.received()
    assert not [text for text in found if "alive" in text or any(card in text for card in cards)]
    assert aging.result_of("result = os.listdir('/tmp')") == []
    assert "environment.not-clean" not in aging.findings()
