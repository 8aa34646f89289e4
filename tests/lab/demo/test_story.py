"""The story, small, on the real lab with real processes: theft in act 1, none in act 2."""

from __future__ import annotations

import asyncio
from random import SystemRandom

import pytest

from dayfly.lab.demo.facts import Plan
from dayfly.lab.demo.lifelines import draw_lifelines
from dayfly.lab.demo.story import Ending, Story
from dayfly.lab.model import ConfinementChoice

_PLAN = Plan(
    environments=3,
    attackers=15,
    customers=12,
    customers_at_once=2,
    pace_s=0.03,
    quiet_s=0.5,
    ping_every_s=0.2,
)


def _play(confinement: ConfinementChoice) -> Ending:
    return asyncio.run(Story(_PLAN, confinement=confinement, random=SystemRandom()).run())


@pytest.mark.slow
@pytest.mark.parametrize("confinement", ["auto", "none"])
def test_cards_are_stolen_from_the_plain_function_and_none_under_dayfly(
    confinement: ConfinementChoice,
) -> None:
    ending = _play(confinement)

    assert ending.reasons == ()
    bare, dayfly = ending.bare, ending.dayfly
    assert (bare.environments, bare.reached, bare.infected) == (3, 3, 3)
    assert (bare.attacks, bare.customers, bare.cards_stolen) == (15, 12, 12)
    assert bare.exposure_s > 0.5
    assert (dayfly.environments, dayfly.reached, dayfly.infected) == (3, 3, 0)
    assert (dayfly.attacks, dayfly.customers, dayfly.cards_stolen) == (15, 12, 0)
    assert dayfly.exposure_s == 0

    # The evidence itself: cards at the sink are those of this run's customers, all of them.
    paid = {call.customer.card for call in ending.bare_facts.calls if call.customer is not None}
    received = {report.card for report in ending.bare_facts.reports}
    assert paid <= received
    assert not paid & {report.card for report in ending.dayfly_facts.reports}

    # In act 2 every attack planted its code, and every request had a worker to itself.
    assert len(ending.dayfly_facts.reports) == 15
    served = [call for call in ending.dayfly_facts.calls if call.is_served]
    assert dayfly.workers == len(served)

    assert {line.end for line in draw_lifelines(ending.bare_facts)} == {"shutdown"}
    assert all(line.infected_at is not None for line in draw_lifelines(ending.bare_facts))
    assert all(line.infected_at is None for line in draw_lifelines(ending.dayfly_facts))
