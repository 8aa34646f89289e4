"""One real run of a small gauntlet: every outcome is reached by something that earns it, and nothing is left behind."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.gauntlet.confined import needs_bubblewrap
from tests.lab.gauntlet.stand_ins import Absent, Breaking, Calling, Faulty, Refusing, Telling, Unready

from dayfly.lab.confinement import Confinement
from dayfly.lab.gauntlet.engine import Plan, Step, refuse_unconfined, run_gauntlet
from dayfly.lab.gauntlet.evidence import Aftermath, Cards, Victim
from dayfly.lab.gauntlet.honest.samples import HonestFunction, load_honest
from dayfly.lab.gauntlet.model import Cell, Outcome, Result, Row
from dayfly.lab.gauntlet.protections.dayfly import Dayfly
from dayfly.lab.gauntlet.summary import summarise
from dayfly.lab.gauntlet.technique import FUNCTIONS, Technique, load_techniques
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError

pytestmark = [needs_bubblewrap, pytest.mark.slow]

CALLING = Calling()
# Steals nothing, whatever protects the function.
FUTILE = Technique(
    level="L2",
    attack=("T1056",),
    family="M1",
    must_fail_to="do anything",
    plant="pass",
    evidence=Cards(),
    name="futile",
    does="Does nothing.",
)


class _Everybody:
    """Evidence that is always there."""

    def gather(self, shop: Victim, count: int) -> Aftermath:
        return Aftermath(count, count)


def chosen(folder: Path) -> list[tuple[str, Technique]]:
    wanted = {"json-dumps", "cache-key", "daemon", "forged-finding", "shared-map"}
    own = {one.name: one for one in load_techniques() if one.name in wanted}
    always = dataclasses.replace(FUTILE, name="always", evidence=_Everybody())
    # The same against a function that is not forked.
    listening = dataclasses.replace(own["shared-map"], name="listening", function=folder)
    shutil.copytree(FUNCTIONS, folder)
    with (folder / "mapped.py").open("a") as file:
        file.write("\n\nimport socket\n\nLISTENER = socket.create_server(('127.0.0.1', 0))\n")
    return [("own", one) for one in [*own.values(), FUTILE, always, listening]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Result, list[Step]]]:
    steps: list[Step] = []
    rows = [
        (Dayfly(), "invocation"),
        (Dayfly(), "window"),
        (Refusing(), "shared"),
        (Telling(), "shared"),
        (CALLING, "two"),
        (Breaking(), "shared"),
        (Absent(), "shared"),
        (Faulty(), "shared"),
        (Unready(), "shared"),
    ]
    honest: list[HonestFunction] = [one for one in load_honest() if one.name in ("articles", "sessions")]
    plan = Plan(
        rows=rows,
        techniques=chosen(tmp_path_factory.mktemp("listening") / "function"),
        honest=honest,
        cache=tmp_path_factory.mktemp("cache"),
        tries=1,
        jobs=2,
        invocations=10,
    )
    # Its own, so that what another run leaves here is not this one's.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        yield asyncio.run(run_gauntlet(plan, progress=steps.append)), steps


def cell(result: Result, attack: str, protection: str, isolation: str = "shared") -> Cell:
    (one,) = [
        one
        for one in result.cells
        if (one.attack, one.protection, one.isolation) == (attack, protection, isolation)
    ]
    return one


def row(result: Result, protection: str, isolation: str = "shared") -> Row:
    (one,) = [one for one in result.rows if one.key == (protection, isolation)]
    return one


@pytest.mark.parametrize(
    ("attack", "protection", "isolation", "outcome"),
    [
        ("json-dumps", "bare", "shared", "survived"),
        ("cache-key", "bare", "shared", "survived"),
        ("daemon", "bare", "shared", "survived"),
        ("futile", "bare", "shared", "void"),
        ("always", "bare", "shared", "void"),
        ("futile", "dayfly", "invocation", "void"),
        ("json-dumps", "dayfly", "invocation", "contained"),
        ("json-dumps", "dayfly", "window", "contained"),
        ("daemon", "dayfly", "window", "contained"),
        ("shared-map", "dayfly", "invocation", "contained"),
        ("listening", "dayfly", "invocation", "survived"),
        ("forged-finding", "dayfly", "invocation", "contained"),
        ("forged-finding", "telling", "shared", "skipped"),
        ("json-dumps", "refusing", "shared", "blocked"),
        ("cache-key", "refusing", "shared", "survived"),
        ("json-dumps", "telling", "shared", "detected"),
        ("cache-key", "telling", "shared", "survived"),
        ("json-dumps", "breaking", "shared", "skipped"),
    ],
)
def test_each_outcome_goes_to_what_earns_it(
    attack: str, protection: str, isolation: str, outcome: Outcome, run: tuple[Result, list[Step]]
) -> None:
    one = cell(run[0], attack, protection, isolation)
    assert one.outcome == outcome, one


def test_exposure_ends_where_a_window_ends_and_not_on_a_plain_environment(
    run: tuple[Result, list[Step]],
) -> None:
    plain = cell(run[0], "json-dumps", "bare")
    window = cell(run[0], "json-dumps", "dayfly", "window")
    invocation = cell(run[0], "json-dumps", "dayfly", "invocation")
    assert (plain.reached, plain.served, plain.is_open) == (8, 8, True)
    # Two customers before the attack, and itself: two of five are left.
    assert (window.reached, window.is_open) == (2, False)
    assert (invocation.reached, invocation.exposure_ms) == (0, None)
    assert window.exposure_ms is not None
    assert plain.exposure_ms is not None
    assert 0 < window.exposure_ms < 60_000


def test_what_is_noticed_is_told_with_its_time(run: tuple[Result, list[Step]]) -> None:
    daemon = cell(run[0], "daemon", "dayfly", "invocation")
    assert daemon.signs == ("residue.process",)
    assert daemon.detect_ms is not None
    assert 0 <= daemon.detect_ms < 30_000
    assert cell(run[0], "json-dumps", "telling").signs == ("code",)
    assert cell(run[0], "json-dumps", "bare").signs == ()


def test_who_says_the_same_of_everybody_has_noticed_nothing(run: tuple[Result, list[Step]]) -> None:
    one = cell(run[0], "json-dumps", "calling", "two")
    assert (one.outcome, one.signs) == ("survived", ())


def test_a_protection_that_is_not_active_says_so_in_its_cell(run: tuple[Result, list[Step]]) -> None:
    one = cell(run[0], "listening", "dayfly", "invocation")
    assert one.not_active == "zygote.not-forkable"


def test_honest_requests_tell_what_a_protection_harms(run: tuple[Result, list[Step]]) -> None:
    result = run[0]
    for name, isolation in (("bare", "shared"), ("dayfly", "invocation"), ("telling", "shared")):
        one = row(result, name, isolation).collateral
        assert one.requests > 10
        assert (one.refused, one.failed, one.different, dict(one.false_alarms)) == (0, 0, 0, {})
    refusing = row(result, "refusing").collateral
    # One of the searches looks like code, twice.
    assert (refusing.refused, refusing.failed) == (2, 0)
    breaking = row(result, "breaking").collateral
    assert breaking.failed == breaking.requests > 10


def test_costs_are_measured_of_whatever_works(run: tuple[Result, list[Step]]) -> None:
    result = run[0]
    for name, isolation in (("bare", "shared"), ("dayfly", "invocation"), ("refusing", "shared")):
        cost = row(result, name, isolation).cost
        assert cost.invocations == 10
        assert cost.answer_ms is not None
        assert cost.init_ms is not None
        assert cost.whole_ms is not None
    assert row(result, "breaking").cost.invocations == 0


def test_what_cannot_be_had_says_why_and_is_no_row_of_zeros(run: tuple[Result, list[Step]]) -> None:
    absent = row(run[0], "absent")
    assert absent.unavailable == "pip said: no such version"
    assert run[0].of(absent) == []
    assert summarise(run[0], absent).tried == 0


def test_a_protections_own_mistake_is_no_success_of_anybodys(run: tuple[Result, list[Step]]) -> None:
    one = cell(run[0], "json-dumps", "faulty")
    assert (one.outcome, one.reason) == (
        "skipped",
        "its read_line method failed: IndexError: its own mistake",
    )
    assert row(run[0], "unready").unavailable == "its own code failed: ZeroDivisionError: "
    assert set(row(run[0], "faulty").collateral.unusable) == {"sessions"}


def test_everything_was_told_and_everything_was_stopped(run: tuple[Result, list[Step]]) -> None:
    result, steps = run
    cells = [step for step in steps if step.cell is not None]
    assert len(cells) == len(result.cells) == cells[-1].done == cells[-1].total
    assert {step.phase for step in steps} == {"installing", "attacks", "legitimate requests", "costs"}
    assert not CALLING.is_running
    assert list(Path(tempfile.tempdir or "").glob("dayfly-gauntlet-*")) == []


def test_without_confinement_nothing_is_attacked() -> None:
    async def ask() -> None:
        async with Lab(confinement="none") as lab:
            refuse_unconfined(lab)

    with pytest.raises(LabError, match="cannot harm this machine"):
        asyncio.run(ask())
    assert Confinement("none", freezing="").report.kind == "none"
