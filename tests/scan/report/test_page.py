"""The HTML page is one file that runs nothing, escapes everything, and hides nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from tests.scan.report.making import FINDINGS, make_outcome

from dayfly.scan.model import Finding, Note, NoteKind, Place, Severity, Step
from dayfly.scan.report.outcome import Item, Outcome
from dayfly.scan.report.page import as_html

_VOID = {"meta", "br", "hr", "img", "link", "input"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[2J\u202e&amp;"


class Reader(HTMLParser):
    """The tags of a page, with a check that every one is closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def evil_outcome() -> Outcome:
    place = Place(EVIL, 1, 1, 1, 9)
    finding = Finding(
        "event.code",
        EVIL,
        place,
        Severity.CRITICAL,
        steps=(Step(place, EVIL),),
        function=EVIL,
        harm=EVIL,
        fix=EVIL,
    )
    return Outcome(
        (Item(finding, "0" * 32),),
        (Note(NoteKind.REFUSED, EVIL, place, EVIL),),
        1,
        1,
        functions=(EVIL,),
        excerpts={EVIL: {1: EVIL}},
        scanned=(EVIL,),
        settings=(EVIL,),
    )


def test_nothing_of_what_was_scanned_becomes_markup() -> None:
    reader = Reader(as_html(evil_outcome()))
    assert {tag for tag, _ in reader.tags} & {"script", "img", "iframe", "object", "link", "form"} == set()
    assert [name for _, attributes in reader.tags for name in attributes if name.startswith("on")] == []
    assert "<script>alert(1)</script>" in reader.text
    assert "\x1b" not in reader.text
    assert "\u202e" not in reader.text


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    page = as_html(make_outcome())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policies = [
        attributes["content"]
        for tag, attributes in Reader(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]


def test_the_page_loads_nothing_and_links_only_to_what_explains() -> None:
    tags = Reader(as_html(make_outcome())).tags
    assert [attributes for _, attributes in tags if "src" in attributes or "style" in attributes] == []
    links = [str(attributes["href"]) for tag, attributes in tags if tag == "a"]
    assert links
    assert all(one.startswith(("https://cwe.mitre.org/", "https://attack.mitre.org/")) for one in links)


def test_every_finding_note_and_exception_is_on_the_page() -> None:
    text = Reader(as_html(make_outcome())).text
    assert [one.message for one in FINDINGS if one.message not in text] == []
    assert "a checksum of a cache key" in text
    assert "dayfly.toml skips dependency" in text
    assert "unpacks to 1,029 times its size" in text


@pytest.mark.parametrize(("findings", "opened"), [(FINDINGS[:1], True), (FINDINGS[2:3], False)])
def test_what_is_severe_is_open_and_the_rest_needs_a_click(
    findings: tuple[Finding, ...], opened: bool
) -> None:
    (details,) = [
        attributes for tag, attributes in Reader(as_html(make_outcome(findings))).tags if tag == "details"
    ]
    assert ("open" in details) is opened


def test_a_page_without_findings_does_not_claim_more_than_was_checked() -> None:
    assert "<h1>No findings</h1>" in as_html(make_outcome([], []))
    assert "<h1>No findings in what could be checked</h1>" in as_html(make_outcome([]))
