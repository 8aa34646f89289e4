"""A lifeline shows one environment from cold start to end, with theft told from service."""

from __future__ import annotations

import pytest
from tests.lab.demo.facts_for_tests import CUSTOMERS, make_facts

from dayfly.lab.demo.lifelines import draw_lifelines


def test_lifelines_come_in_the_order_of_birth_with_their_ends() -> None:
    first, second = draw_lifelines(make_facts("bare"))
    assert (first.environment_id, first.born, first.ready, first.ended, first.end) == (
        "A",
        0.0,
        0.5,
        50.0,
        "shutdown",
    )
    assert (second.environment_id, second.ended, second.end) == ("B", 48.0, "expired")


def test_an_infected_environment_shows_thefts_and_since_when() -> None:
    first, second = draw_lifelines(make_facts("bare"))
    assert first.infected_at == 1.0
    assert [mark.kind for mark in first.marks] == ["attack", "ping", "theft", "theft"]
    assert second.infected_at is None
    assert (second.count("customer"), second.count("theft")) == (2, 0)


def test_marks_under_dayfly_carry_the_worker_and_only_four_digits() -> None:
    first, _ = draw_lifelines(make_facts("dayfly"))
    assert first.infected_at is None
    assert [mark.worker for mark in first.marks] == [1, 3, 4, 5]
    assert [mark.shown_card for mark in first.marks] == [
        "",
        "",
        CUSTOMERS[0].card[-4:],
        CUSTOMERS[1].card[-4:],
    ]


def test_births_come_from_cold_starts() -> None:
    facts = make_facts("bare")
    assert len(draw_lifelines(facts)) == len({event.environment_id for event in facts.events}) == 2
    assert draw_lifelines(facts)[1].born == pytest.approx(0.1)
