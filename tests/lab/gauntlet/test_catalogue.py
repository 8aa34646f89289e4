"""The whole catalogue in the lab: each attack works on plain awslambdaric there, and reaches nobody where events have workers of their own."""

from __future__ import annotations

import asyncio
import sys

import pytest
from tests.lab.gauntlet.confined import needs_bubblewrap

from dayfly.lab.gauntlet.engine import Plan, run_gauntlet
from dayfly.lab.gauntlet.model import Result
from dayfly.lab.gauntlet.protections.dayfly import Dayfly
from dayfly.lab.gauntlet.technique import Technique, load_techniques

# What runs by day is each technique by itself, in tests/attacks/test_techniques.py.
pytestmark = [pytest.mark.slow, pytest.mark.nightly, needs_bubblewrap, pytest.mark.timeout(900)]

TECHNIQUES = [one for one in load_techniques() if sys.version_info >= one.since]
# Such a machine, or such a lab, need not have what they use.
MAY_BE_VOID = {one.name for one in TECHNIQUES if one.possible or one.needs_more_than_lambda}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    plan = Plan(
        rows=[(Dayfly(), "invocation")],
        techniques=[("dayfly", one) for one in TECHNIQUES],
        honest=[],
        cache=tmp_path_factory.mktemp("cache"),
        jobs=2,
        invocations=0,
    )
    return asyncio.run(run_gauntlet(plan, progress=lambda step: None))


def test_each_attack_reaches_a_later_customer_without_protection(result: Result) -> None:
    cells = {cell.attack: cell for cell in result.cells if cell.protection == "bare"}
    assert cells.keys() == {one.name for one in TECHNIQUES}
    assert [cell for name, cell in cells.items() if not cell.reached and name not in MAY_BE_VOID] == []


def test_none_reaches_anybody_where_each_event_has_a_worker_of_its_own(result: Result) -> None:
    techniques: dict[str, Technique] = {one.name: one for one in TECHNIQUES}
    cells = [cell for cell in result.cells if cell.protection == "dayfly" and cell.outcome != "void"]
    assert len(cells) > 100
    # Some are promised to be noticed within so many customers, the others to reach nobody.
    assert [cell for cell in cells if cell.reached > techniques[cell.attack].noticed_within] == []
    assert [cell for cell in cells if cell.is_open or cell.not_active] == []
    assert [cell for cell in cells if cell.outcome == "skipped"] == []
