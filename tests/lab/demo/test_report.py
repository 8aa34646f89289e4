"""The report stands alone, tells the figures, and gives no card away."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from tests.lab.demo.endings_for_tests import make_ending
from tests.lab.demo.facts_for_tests import CUSTOMERS, make_facts

from dayfly.lab.demo.report import Origin, find_origin, render_report

_ORIGIN = Origin(made_at="2026-01-01 00:00 UTC", python="3.13", cores=2, system="Linux")
_PAGE = render_report(make_ending(), origin=_ORIGIN)
_VOID = {"meta", "br"}


class _Reader(HTMLParser):
    """Collects what a browser would fetch, and whether tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.fetched += [
            f"{tag} {name}={value}" for name, value in attrs if name in {"src", "href", "srcset", "data"}
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_the_report_fetches_nothing() -> None:
    reader = _read(_PAGE)
    assert reader.open == []
    assert reader.fetched == []
    assert not re.search(r"https?:|url\(|@import|<script|<link|<iframe", _PAGE)


def test_the_report_holds_no_card_number() -> None:
    assert [customer.card for customer in CUSTOMERS if customer.card in _PAGE] == []
    assert not re.search(r"(?:\d[ -]?){12,}", _read(_PAGE).text)


def test_the_report_tells_the_figures_of_both_acts() -> None:
    text = re.sub(r"\s+", " ", _read(_PAGE).text)
    assert "2of 4 cards stolen" in text
    assert "0of 4 cards stolen" in text
    assert "1 of 2 environments compromised" in text
    assert "The attack ran in 2 of 2 environments" in text
    assert "Limits of this demo" in text
    assert "does not confirm the claims of the demo" not in text


def test_a_run_that_shows_nothing_says_so_on_top() -> None:
    facts = make_facts("bare")
    page = render_report(make_ending(bare=replace(facts, reports=facts.reports[:2])), origin=_ORIGIN)
    text = _read(page).text
    assert "does not confirm the claims of the demo" in text
    assert "Act 1 stole nothing" in text


def test_markup_in_what_was_seen_is_text() -> None:
    facts = make_facts("bare")
    confinement = replace(facts.confinement, reason="<script>alert(1)</script>")
    page = render_report(make_ending(bare=replace(facts, confinement=confinement)), origin=_ORIGIN)
    assert "<script" not in page
    assert "<script>alert(1)" in _read(page).text


def test_the_origin_names_no_machine() -> None:
    origin = find_origin(made_at="now")
    assert origin.cores >= 1
    assert origin.made_at == "now"
    assert len(origin.system.split()) == 2
