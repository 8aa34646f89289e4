"""The whole road: an attack in the lab is seen in the console, its victims are named, and a click ends it."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.fleet.endtoend.stage import FUNCTION, Stage, browser_page, staged, until
from tests.lab.running import is_alive, needs_bubblewrap

pytestmark = [
    needs_bubblewrap,
    pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="chromium is not installed"),
]
# The rule waits two minutes to see that silence followed, and lets a function be known for six hours first.
_RULES = """
[infection_burst]
every = 1
silence = 2
learned = 0
"""


def _affected(stage: Stage, page: Page) -> dict[str, set[str]]:
    """The requests that the CSV of the page names, by how exposed they were."""
    link = page.get_by_role("link", name="Download CSV")
    with page.expect_download() as download:
        link.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["exposure"], set()).add(row["request_id"])
    return found


def test_an_attack_is_seen_its_victims_named_and_a_click_ends_it(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "rules.toml").write_text(_RULES)
    with staged(folder, isolation="process", environments=6) as stage:
        before = stage.run(stage.shop.sell(12, at_once=6))
        attacks = stage.run(stage.shop.attack(18))
        after = stage.run(stage.shop.sell(16))
        stage.run(stage.shop.settle())
        stage.flush()

        # What really happened, as the attacker's server and the lab know it.
        survived = {report.request_id for report in stage.shop.reports if report.has_survived}
        infected = {served.environment_id for served in attacks}
        old = stage.run(_processes(stage))
        assert len(infected) == 6
        assert survived > {served.request_id for _, served in after}
        assert not survived & {served.request_id for _, served in before}

        with browser_page(stage.fleet) as page:
            until(lambda: "6 compromised environments" in _headline(page, stage), what="for the infected")
            _see_the_burst(stage, page, patients=len(infected))
            named = _affected(stage, page)
            assert named["certain"] == survived
            assert len(named["source"]) == len(infected)
            assert named["source"] < {served.request_id for served in attacks}

            with stage.selling() as sold:
                _retire(page, stage)
                ended = time.time()
                until(lambda: sum(at > ended for at, _ in sold) >= 8, what="for customers after the order")
            stage.run(stage.shop.settle())
            now = {view.id for view in stage.shop.lab.environments(FUNCTION)}
            assert not now & infected
            assert [pid for pids in old.values() for pid in pids if is_alive(pid)] == []
            stolen = {report.card for report in stage.shop.reports}
            assert [card for at, card in sold if at > ended and card in stolen] == []
            until(lambda: "compromised" not in _headline(page, stage), what="for the overview to be calm")
        assert stage.said == []


async def _processes(stage: Stage) -> dict[str, list[int]]:
    return stage.shop.lab.processes(FUNCTION)


def _see_the_burst(stage: Stage, page: Page, *, patients: int) -> None:
    """Wait for the detection and open its page by its link."""
    until(lambda: _shows(page, stage, "New request pattern hit many environments"), what="for the burst")
    page.get_by_role("link", name="New request pattern hit many environments").first.click()
    expect(page.locator("main")).to_contain_text(f"{patients} of its environments")
    expect(page.locator("main")).to_contain_text("ran in a compromised process")


def _headline(page: Page, stage: Stage) -> str:
    page.goto(stage.fleet.url)
    return page.get_by_role("heading", level=1).inner_text()


def _shows(page: Page, stage: Stage, text: str) -> bool:
    page.goto(f"{stage.fleet.url}/findings?state=all")
    return text in page.content()


def _retire(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.fleet.url}/functions/{FUNCTION}")
    expect(page.locator("main")).to_contain_text("6 environments of this function were compromised")
    page.get_by_text("Recycle all environments of this function").click()
    page.locator("#retire-reason").fill("the burst")
    page.get_by_role("button", name="Recycle environments").click()
    order = page.locator("#order")
    expect(order).to_contain_text("verified from the logs")
    expect(order).to_contain_text("Verified:")


# By day tests/attacks shows that nothing is infected, and tests/fleet/blast that none is said to be.
@pytest.mark.slow
@pytest.mark.nightly
def test_the_same_burst_under_invocation_isolation_infects_nothing(tmp_path: Path) -> None:
    with staged(tmp_path / "fleet", isolation="invocation", environments=4) as stage:
        attacks = stage.run(stage.shop.attack(12))
        stage.run(stage.shop.sell(12))
        stage.run(stage.shop.settle())
        stage.flush()
        assert len({served.environment_id for served in attacks}) == 4
        assert not any(report.has_survived for report in stage.shop.reports)

        api = httpx.Client(base_url=stage.fleet.url, headers={"authorization": f"Bearer {stage.fleet.token}"})
        with api, browser_page(stage.fleet) as page:
            # The attack itself is no secret: what the guard saw is there.
            until(lambda: _shows(page, stage, "guard.observed"), what="for the attack")
            assert api.get("/api/v1/retirement/infected").json() == {}
            assert "compromised" not in _headline(page, stage)
            page.goto(f"{stage.fleet.url}/functions/{FUNCTION}")
            expect(page.locator("main")).not_to_contain_text("compromised.")
