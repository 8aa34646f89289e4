"""The pages in a real browser: no error, no breach of the policy, the keyboard, links, phones, contrast and what is new."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.fleet.console.conftest import Served
from tests.fleet.console.planted import HOSTILE

PAGES = (
    "/", "/findings", "/findings?state=all&severity=1", "/findings/{burst}", "/findings/{finding}", "/functions", "/functions/{function}",
    "/functions/legacy-report?span=6h", "/coverage", "/lifetimes?span=6h", "/rules", "/ingest?span=6h",
)  # fmt: skip


@dataclass
class Tab:
    """One page of a browser; `faults` are what its console said."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go there; whatever is no answer is a fault."""
        answer = self.page.goto(self.base + path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, path


@pytest.fixture
def tab(browser: Browser, served: Served) -> Iterator[Tab]:
    yield from _tab(browser, served)


def _tab(
    browser: Browser,
    served: Served,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    javascript: bool = True,
) -> Iterator[Tab]:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        timezone_id="Europe/Berlin",
        java_script_enabled=javascript,
    )
    page = context.new_page()
    made = Tab(page, served.url)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            made.faults.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    yield made
    context.close()


def _paths(served: Served) -> list[str]:
    return [
        path.format(burst=served.burst, finding=served.finding, function=served.function) for path in PAGES
    ]


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "light"),
        (1280, "dark"),
        pytest.param(360, "dark", marks=pytest.mark.slow),
        pytest.param(768, "light", marks=pytest.mark.nightly),
        pytest.param(1280, "light", marks=pytest.mark.slow),
        pytest.param(2560, "light", marks=pytest.mark.nightly),
        pytest.param(2560, "dark", marks=pytest.mark.nightly),
    ],
)
def test_pages_show_without_a_fault_and_can_be_read(
    browser: Browser, served: Served, width: int, scheme: Literal["light", "dark"]
) -> None:
    for tab in _tab(browser, served, width=width, scheme=scheme):
        for path in _paths(served):
            tab.open(path)
            page = tab.page
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.locator("h1").count() == 1, path
            assert (
                page.evaluate("document.querySelectorAll('[style]:not(.uplot *):not(.uplot)').length") == 0
            ), path
            assert page.evaluate(_CONTRAST) == [], path
        assert tab.faults == []


def test_charts_are_drawn(tab: Tab, served: Served) -> None:
    for path in ("/?span=6h", f"/findings/{served.burst}", "/ingest?span=6h"):
        tab.open(path)
        expect(tab.page.locator(".plot canvas")).to_have_count(1)
    tab.open(f"/functions/{served.function}?span=6h")
    assert tab.page.locator("path.life.infected").count() >= 10
    assert tab.page.locator(".chart a path.harm-fill").count() >= 10
    assert tab.faults == []


def test_the_keyboard_goes_everywhere(tab: Tab) -> None:
    tab.open("/")
    page = tab.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/findings")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("burst")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings?*q=burst*")
    page.keyboard.press("j")
    href = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/functions")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate(
        "document.activeElement.closest('[data-row]') === document.querySelector('[data-row]')"
    )
    assert tab.faults == []


def test_a_link_brings_back_what_was_on_the_screen(tab: Tab, served: Served) -> None:
    tab.open(f"/findings?q={served.function}&severity=4&state=all&span=24h")
    page = tab.page
    assert page.get_by_label("Severity").input_value() == "4"
    assert page.get_by_label("State").input_value() == "all"
    rows = page.locator("[data-row] h3, [data-row] strong").all_inner_texts()
    assert rows
    with page.expect_navigation():
        page.get_by_label("Severity").select_option("5")
    assert "severity=5" in page.url
    assert f"q={served.function}" in page.url
    assert "span=24h" in page.url


def test_times_are_in_the_viewers_zone_and_say_so(tab: Tab, served: Served) -> None:
    tab.open(f"/findings/{served.burst}")
    page, time = tab.page, tab.page.locator("main time").first
    # The page's script writes them when it runs.
    expect(time).not_to_contain_text("UTC")
    local = time.inner_text()
    utc = time.get_attribute("title")
    assert utc is not None
    assert utc.endswith("UTC")
    expect(page.locator("[data-zone]")).to_contain_text("Europe/Berlin (UTC+0")
    hour = int(re.search(r"(\d\d):\d\d:\d\d", local)[1])  # type: ignore[index]  # it is there
    assert (hour - int(re.search(r"(\d\d):\d\d:\d\d", utc)[1])) % 24 in (1, 2)  # type: ignore[index]  # it is there
    page.get_by_role("button", name="Show UTC").click()
    expect(time).to_have_text(utc)
    page.reload()
    expect(time).to_have_text(utc)


def test_what_happens_is_shown_without_a_reload(tab: Tab, served: Served) -> None:
    tab.open("/findings")
    expect(tab.page.locator("[data-live-state]")).to_have_text("Live")
    before = tab.page.evaluate("performance.timeOrigin")
    served.add()
    expect(tab.page.locator("#found")).to_contain_text("Something new was seen", timeout=20_000)
    assert tab.page.evaluate("performance.timeOrigin") == before
    assert tab.faults == []


def test_a_service_that_is_gone_is_not_a_quiet_one(tab: Tab) -> None:
    tab.page.route("**/live", lambda route: route.abort())
    tab.open("/findings")
    expect(tab.page.locator("[data-live-state]")).to_have_text("Connection lost. Retrying…", timeout=15_000)


def test_a_session_that_is_over_is_not_a_service_that_is_gone(tab: Tab) -> None:
    tab.page.route("**/live", lambda route: route.fulfill(status=401))
    tab.open("/findings")
    expect(tab.page.locator("[data-live-state]")).to_have_text("Session expired. Reload the page to sign in.")


def test_links_of_a_page_lead_to_the_same_function_whatever_its_name(served: Served) -> None:
    start = httpx.get(f"{served.url}/functions/{quote(HOSTILE, safe='')}", timeout=60)
    assert start.status_code == 200
    links = re.findall(r'href="(/functions/[^"]*span=7d)"', start.text)
    assert links
    assert httpx.get(served.url + links[0], timeout=60).status_code == 200


def test_a_page_printed_in_the_dark_has_the_colours_of_paper(browser: Browser, served: Served) -> None:
    colour = "getComputedStyle(document.querySelector('.severity')).color"
    for light in _tab(browser, served):
        light.open("/findings")
        on_paper = light.page.evaluate(colour)
    for dark in _tab(browser, served, scheme="dark"):
        dark.open("/findings")
        assert dark.page.evaluate(colour) != on_paper
        dark.page.emulate_media(media="print")
        assert dark.page.evaluate(colour) == on_paper


def test_the_chosen_stretch_shows_in_forced_colours(tab: Tab) -> None:
    tab.page.emulate_media(forced_colors="active")
    tab.open("/?span=6h")
    behind = [
        tab.page.locator(f".segments a:text-is('{name}')").evaluate(
            "(one) => getComputedStyle(one).backgroundColor"
        )
        for name in ("6h", "1h")
    ]
    assert behind[0] != behind[1]


def test_headings_of_the_overview_leave_none_out(tab: Tab) -> None:
    tab.open("/")
    levels = tab.page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, h3, h4)')].map((one) => +one.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("page", ["/functions", "/coverage", "/lifetimes"])
def test_a_page_that_finds_nothing_does_not_say_that_nothing_ever_came(served: Served, page: str) -> None:
    for query in ("?until=2020-01-01", "?q=no-such-name"):
        text = httpx.get(served.url + page + query, timeout=60).text
        assert "Send your first logs" not in text
        assert "No function" in text or "No matching functions" in text or "No Lambda log record" in text


def test_pages_work_without_javascript(browser: Browser, served: Served) -> None:
    for tab in _tab(browser, served, javascript=False):
        tab.open(f"/functions/{served.function}?span=6h")
        assert tab.page.locator("path.life.infected").count() >= 10
        tab.open("/findings?state=all")
        tab.page.get_by_label("Search").fill("burst")
        tab.page.get_by_role("button", name="Search").click()
        assert "q=burst" in tab.page.url
        assert "Times in UTC" in tab.page.locator("[data-zone]").inner_text()


def test_text_from_logs_is_text(tab: Tab) -> None:
    tab.page.on("dialog", lambda dialog: pytest.fail(f"a script of a log ran: {dialog.message}"))
    for path in ("/functions?q=pay", "/findings?q=forked", "/coverage?q=pay"):
        tab.open(path)
        text = tab.page.locator("main").inner_text()
        assert "<script>alert(1)</script>" in text
        assert "\u202e" not in text
        assert "U+202E" in text
    tab.page.locator("a.hostile", has_text="alert").first.click()
    assert "alert(1)" in tab.page.locator("h1").inner_text()
    assert tab.faults == []


@pytest.mark.parametrize(
    "path", ["/nothing", "/findings/00", "/functions/no-such", "/functions/..%2f..%2fetc"]
)
def test_what_is_not_there_is_said_with_advice(tab: Tab, path: str) -> None:
    answer = tab.page.goto(tab.base + path)
    assert answer is not None
    assert answer.status == 404
    assert "Go to Overview" in tab.page.locator("main").inner_text()


@pytest.mark.parametrize(
    "query",
    [
        "?span=%00&until=%ff", "?after=x~~~&severity=99999999999999999999", "?q=%27%3B+DROP+TABLE+findings--", "?state=%3Cscript%3E",
        "?until=2026-99-99", "?after=2026-11-26T00:00:00Z~" + "%f0%9f%92%a3" * 40, "?sort=__class__&level=..",
    ],
)  # fmt: skip
def test_any_query_string_gets_a_page(served: Served, query: str) -> None:
    for path in ("/", "/findings", "/functions", "/coverage", "/lifetimes", "/rules", "/ingest"):
        assert httpx.get(served.url + path + query, timeout=60).status_code == 200, path


# Every text against the background behind it: WCAG AA, 4.5 to 1, 3 to 1 for large ones.
_CONTRAST = """() => {
  const parse = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = ([r, g, b]) => { const c = [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * c[0] + .7152 * c[1] + .0722 * c[2]; };
  const behind = (element) => { for (let one = element; one; one = one.parentElement) { const c = parse(getComputedStyle(one).backgroundColor); if (c[3] > .5) return c; } return [255, 255, 255, 1]; };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('noscript, .uplot, dialog, .sr, .skip, option')) continue;
    const style = getComputedStyle(element), svg = element.closest('svg');
    const a = light(parse(svg ? style.fill : style.color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.6 && Number(style.fontWeight) >= 600);
    if (ratio < (large ? 3 : 4.5)) faults.push(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute('class')} ${walker.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(faults)].slice(0, 12);
}"""
