"""Charts and squares say what the facts say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.lab.demo.facts_for_tests import make_facts

from dayfly.lab.demo.chart import customers_per_square, draw_chart, draw_waffle, find_phases
from dayfly.lab.demo.facts import ActName
from dayfly.lab.demo.lifelines import draw_lifelines


def _classes(svg: str) -> list[str]:
    return [element.get("class", "") for element in ElementTree.fromstring(svg).iter()]


def _draw(name: ActName) -> str:
    facts = make_facts(name)
    return draw_chart(
        draw_lifelines(facts),
        phases=find_phases(facts),
        seconds=50.0,
        has_workers=bool(facts.workers),
        exposure=(1.0, 41.0) if name == "bare" else None,
    )


def test_the_bare_chart_shows_thefts_the_infection_and_the_exposure() -> None:
    classes = _classes(_draw("bare"))
    assert classes.count("theft") == 2
    assert classes.count("customer") == 2
    assert classes.count("life infected") == 1
    assert "exposure" in classes
    assert "cut" not in classes


def test_the_dayfly_chart_cuts_lines_at_workers_and_shows_no_theft() -> None:
    classes = _classes(_draw("dayfly"))
    assert classes.count("customer") == 4
    assert classes.count("cut") == 2
    assert not {"theft", "life infected", "exposure"} & set(classes)


def test_phases_follow_one_another_as_the_calls_did() -> None:
    phases = find_phases(make_facts("bare"))
    assert [(round(phase.start), round(phase.end)) for phase in phases] == [(1, 1), (1, 40), (40, 43)]


@pytest.mark.parametrize(
    ("customers", "stolen", "served", "expected"),
    [
        (10, 0, 10, {"safe": 10}),
        (10, 10, 10, {"theft": 10}),
        (10, 3, 8, {"theft": 3, "safe": 5, "lost": 2}),
        # One theft among a thousand still shows.
        (1000, 1, 1000, {"theft": 1, "safe": 499}),
    ],
)
def test_a_square_per_customer(customers: int, stolen: int, served: int, expected: dict[str, int]) -> None:
    classes = _classes(draw_waffle(customers=customers, stolen=stolen, served=served))
    assert {kind: classes.count(kind) for kind in ("theft", "safe", "lost") if kind in classes} == expected


def test_squares_stand_for_several_customers_only_when_there_are_many() -> None:
    assert (customers_per_square(500), customers_per_square(501)) == (1, 2)
