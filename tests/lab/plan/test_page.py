"""The HTML report needs nothing else, shows what the terminal shows, and is escaped."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.lab.plan.making import loss
from tests.lab.plan.test_report import make_plan

from dayfly.lab.plan.page import render_page


def test_the_page_loads_nothing_from_anywhere() -> None:
    page = render_page(make_plan())
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    assert "prefers-color-scheme: dark" in page


def test_it_tells_where_time_goes_and_what_can_move() -> None:
    page = render_page(make_plan())
    for words in (
        "What a new worker adds",
        "client = boto3.client(…)",
        "25.0 ms in a new worker",
        "invocation + prime",
        "not run: refused",
        "Fix before you enable it",
        "isolation = &quot;invocation&quot;",
    ):
        assert words in page, words
    assert page.count("can move to init") == 1


def test_an_undecided_plan_shows_no_settings() -> None:
    plan = make_plan()
    undecided = replace(plan, advice=replace(plan.advice, is_undecided=True), split=None)
    page = render_page(undecided)
    assert "<h2>dayfly.toml</h2>" not in page
    assert "could not be traced" in page


def test_names_that_look_like_markup_are_escaped() -> None:
    page = render_page(replace(make_plan(), losses=(loss("thread", "<b>x</b>"),), handler="a<i>.handler"))
    assert "<b>x" not in page
    assert "a<i>" not in page
