"""How figures are written, and that pages hold to the policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dayfly.fleet.console import templating
from dayfly.fleet.console.templating import STATIC, asset, count, duration, micro, share

_TEMPLATES = sorted((Path(templating.__file__).parent / "templates").glob("*.html"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "—"),
        (0.4, "400 ms"),
        (45, "45 s"),
        (720, "12 min"),
        (7200, "2 h"),
        (12_600, "3.5 h"),
        (172_800, "2 days"),
    ],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_a_share_is_nothing_or_all_only_where_it_is() -> None:
    assert (share(0.0), share(0.00001), share(0.99999), share(1.0)) == ("0 %", "< 0.1 %", "> 99.9 %", "100 %")


def test_figures() -> None:
    assert count(1_234_567) == "1\u2009234\u2009567"
    assert micro(640) == "640 µs"
    assert micro(1240) == "1.24 ms"


@pytest.mark.parametrize("template", _TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_inline_and_trusts_nothing(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(
        r"\sstyle=|<style|\son\w+=|javascript:|\|\s*safe|autoescape false|hx-on|hx-vals", text
    )
    assert not re.search(r"<script(?![^>]*src=)", text)
    assert not re.search(r"https?://(?!attack\.mitre\.org/)", text)


def test_what_others_wrote_ships_with_its_licence() -> None:
    for package in (STATIC / "vendor").iterdir():
        if package.is_dir():
            assert (package / "LICENSE").is_file(), package


def test_the_address_of_a_file_changes_with_it() -> None:
    assert re.fullmatch(r"/static/console\.css\?v=[0-9a-f]{12}", asset("console.css"))


def test_a_link_to_a_function_can_be_seen_whatever_its_name() -> None:
    page = templating.environment().from_string(
        '{% from "components.html" import function_link %}{{ function_link("  ") }}'
    )
    assert ">(blank name)</a>" in page.render()


@pytest.mark.parametrize(
    ("infected", "is_heard", "word"),
    [(0, False, "unknown"), (3, False, "unknown"), (3, True, "ended"), (0, True, "none")],
)
def test_a_fleet_that_is_silent_is_not_said_to_be_clean(infected: int, is_heard: bool, word: str) -> None:
    page = templating.environment().from_string(
        '{% from "components.html" import closed %}{{ closed(infected, is_heard) }}'
    )
    assert page.render(infected=infected, is_heard=is_heard) == word
