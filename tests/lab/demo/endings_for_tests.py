"""Endings made by hand: one that shows the claim, and variations that do not."""

from __future__ import annotations

from tests.lab.demo.facts_for_tests import CUSTOMERS, make_facts

from dayfly.lab.demo.facts import ActFacts
from dayfly.lab.demo.score import score, verdict
from dayfly.lab.demo.story import Ending


def make_ending(*, bare: ActFacts | None = None, dayfly: ActFacts | None = None) -> Ending:
    """Return the ending of these facts, judged as a story judges them."""
    bare_facts = bare or make_facts("bare")
    dayfly_facts = dayfly or make_facts("dayfly")
    results = score(bare_facts), score(dayfly_facts)
    return Ending(
        bare=results[0],
        dayfly=results[1],
        bare_facts=bare_facts,
        dayfly_facts=dayfly_facts,
        reasons=verdict(*results, customers=len(CUSTOMERS)),
    )
