"""A result sums up to what its cells say, comes back from JSON as it went, and cannot put anything into the page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.model import AttackView, Cell, Collateral, Cost, Outcome, Result, Row
from dayfly.lab.gauntlet.report import describe_cell, render_report
from dayfly.lab.gauntlet.summary import read_result, summarise, to_json

HOSTILE = "</style><script>alert(1)</script>\" onload='x' $css ${css}"


def cell(attack: str, outcome: Outcome, **more: object) -> Cell:
    return Cell(attack, "p", "i", outcome, **more)  # type: ignore[arg-type]  # each names what it gives


ROW = Row(
    "p",
    HOSTILE,
    HOSTILE,
    "i",
    collateral=Collateral(4, 1, 0, 2, {HOSTILE: 3}, {HOSTILE: HOSTILE}),
    cost=Cost(10, 1.5),
)
RESULT = Result(
    dayfly="1",
    machine={"system": HOSTILE, "machine": "m", "processors": "2", "python": "3"},
    confinement=(HOSTILE,),
    door="open",
    is_quick=False,
    tries=1,
    seconds=1.0,
    attacks=tuple(AttackView(name, HOSTILE, HOSTILE, "L2", "M1", ("T1000",), HOSTILE) for name in "abcdef"),
    rows=(ROW, Row("q", "t", "v", "i", unavailable=HOSTILE)),
    cells=(
        cell("a", "blocked", reason=HOSTILE, served=3, signs=(HOSTILE,), detect_ms=2.0),
        cell("b", "contained", served=5, reached=2, exposure_ms=30.0, signs=("seen",), detect_ms=6.0),
        cell("c", "contained", served=3),
        cell("d", "survived", served=8, reached=8, exposure_ms=900.0, is_open=True),
        cell(
            "e",
            "detected",
            served=8,
            reached=7,
            exposure_ms=800.0,
            is_open=True,
            signs=("seen",),
            detect_ms=10.0,
        ),
        cell("f", "void", reason=HOSTILE),
    ),
)


def test_a_row_is_summed_up() -> None:
    one = summarise(RESULT, ROW)
    assert dict(one.outcomes) == {
        "blocked": 1,
        "contained": 1,
        "contained late": 1,
        "detected": 1,
        "survived": 1,
        "void": 1,
        "skipped": 0,
    }
    assert (one.tried, one.noticed, one.reaching, one.customers) == (5, 3, 3, 17)
    # Those that went on have no end that could be told.
    assert (one.exposure_ms, one.detect_ms) == (30.0, 6.0)


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(to_json(RESULT)))
    assert read_result(path) == RESULT


@pytest.mark.parametrize("text", ["", "[]", '{"format": 0}', '{"format": 1}', '{"format": 1, "cells": 3}'])
def test_what_is_no_result_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(DayflyError):
        read_result(path)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_nothing_that_others_wrote_becomes_markup() -> None:
    page = render_report(RESULT)
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.tags
    assert tags.tags.count("style") == 1
    assert tags.attributes <= {"lang", "charset", "name", "content", "class", "title", "style", "colspan"}
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('class="cell ') == 6


def test_json_counts_no_attack_that_reached_a_customer_as_contained(tmp_path: Path) -> None:
    document = to_json(RESULT)
    assert isinstance(document["cells"], list)
    assert isinstance(document["summaries"], list)

    assert [one["verdict"] for one in document["cells"] if one["reached"]] == [
        "contained late",
        "survived",
        "detected",
    ]
    assert document["summaries"][0]["outcomes"]["contained"] == 1
    assert document["summaries"][0]["outcomes"]["contained late"] == 1


def test_a_result_of_the_format_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(to_json(RESULT) | {"format": 1}))
    assert read_result(path) == RESULT


_SUCCESS = re.compile(r'class="[^"]*\b(blocked|contained)\b[^"]*"[^>]*>([^<]*)<')


def test_the_page_shows_no_attack_that_reached_a_customer_as_a_success() -> None:
    """Neither by its colour nor by its mark and word."""
    page = render_report(RESULT)
    styles = dict(re.findall(r"\.([a-z]+) \{ background: var\(--([a-z]+)\)", page))
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", page))

    assert [text for _, text in _SUCCESS.findall(page) if text] == ["✓ 1", "✓ 1", "blocked", "contained"]
    assert '<div class="cell late noticed"' in page
    assert ">late 2<" in page
    assert styles["late"] == "late"
    assert colours["late"] not in {colours["blocked"], colours["contained"]}
    assert "! contained late: the attack ran and reached at least one later customer" in page


def test_a_cell_is_told_in_a_line() -> None:
    assert describe_cell(RESULT.cells[1]) == (
        "contained late: 2 of 5 later customers reached; 30 ms; reported seen after 6 ms"
    )
    assert describe_cell(RESULT.cells[3]) == "survived: 8 of 8 later customers reached; at least 900 ms"
    assert describe_cell(RESULT.cells[5]).startswith("void: ")
