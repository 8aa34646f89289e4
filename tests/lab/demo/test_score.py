"""Figures come from evidence, and every way in which the demo shows nothing is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lab.demo.facts_for_tests import CUSTOMERS, make_facts, report

from dayfly.lab.demo.score import ActResult, percentile, score, verdict


def test_the_bare_act_is_counted_from_what_the_sink_received() -> None:
    result = score(make_facts("bare"))
    assert (result.environments, result.reached, result.infected) == (2, 2, 1)
    assert (result.attacks, result.customers, result.cards_stolen) == (2, 4, 2)
    assert result.exposure_s == pytest.approx(40.0)
    assert result.kept_warm == 1
    assert (result.p50_ms, result.p99_ms) == (51.0, 53.0)


def test_without_a_later_report_nothing_is_infected_or_exposed() -> None:
    result = score(make_facts("dayfly"))
    assert (result.reached, result.infected, result.cards_stolen, result.exposure_s) == (2, 0, 0, 0.0)
    assert result.workers == 7


def test_a_card_that_is_no_customers_is_no_theft() -> None:
    facts = make_facts("dayfly")
    invented = replace(facts, reports=(report("a3", "a1", 40, card="9999111122223333"),))
    assert score(invented).cards_stolen == 0


def test_one_card_sent_twice_is_one_theft() -> None:
    facts = make_facts("bare")
    again = replace(facts, reports=(*facts.reports, report("a4", "a1", 44, card=CUSTOMERS[1].card)))
    assert score(again).cards_stolen == 2


def test_a_customer_counts_only_when_answered_and_stored() -> None:
    facts = make_facts("bare")
    assert score(replace(facts, stored=facts.stored[1:])).customers == 3
    calls = tuple(
        replace(call, failure="Sandbox.Timedout" if call.request_id == "b3" else "") for call in facts.calls
    )
    assert score(replace(facts, calls=calls)).customers == 3


def test_the_verdict_is_clean_when_bare_lost_cards_and_dayfly_none() -> None:
    assert verdict(score(make_facts("bare")), score(make_facts("dayfly")), customers=4) == ()


_BARE = score(make_facts("bare"))
_DAYFLY = score(make_facts("dayfly"))


@pytest.mark.parametrize(
    ("bare", "dayfly", "words"),
    [
        (replace(_BARE, cards_stolen=0), _DAYFLY, "Act 1 stole nothing"),
        (replace(_BARE, infected=0), _DAYFLY, "Act 1 infected no environment"),
        (replace(_BARE, customers=3), _DAYFLY, "Act 1 served 3 of 4 customers"),
        (_BARE, replace(_DAYFLY, cards_stolen=1), "Act 2 lost 1 cards"),
        (_BARE, replace(_DAYFLY, infected=1), "Act 2 left 1 environments infected"),
        (_BARE, replace(_DAYFLY, reached=0), "No attack ran in act 2"),
        (_BARE, replace(_DAYFLY, customers=2), "Act 2 served 2 of 4 customers"),
        (_BARE, replace(_DAYFLY, workers=0), "Act 2 had 0 workers"),
    ],
)
def test_the_verdict_names_each_way_of_showing_nothing(
    bare: ActResult, dayfly: ActResult, words: str
) -> None:
    (reason,) = verdict(bare, dayfly, customers=4)
    assert words in reason


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ((), 50, 0.0),
        ((5.0,), 99, 5.0),
        ((1.0, 2.0, 3.0, 4.0), 50, 2.0),
        (tuple(map(float, range(1, 101))), 99, 99.0),
    ],
)
def test_percentiles_are_values_that_were_measured(
    values: tuple[float, ...], percent: int, expected: float
) -> None:
    assert percentile(values, percent) == expected
