"""A whole plan of real functions: observed, measured under every isolation, and concluded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.lab.plan.making import FUNCTIONS, request
from tests.lab.running import both_confinements

from dayfly.errors import DayflyError
from dayfly.lab.model import ConfinementChoice
from dayfly.lab.plan.contestants import INVOCATION, PLAIN, PRIMED, PROCESS, TRACE_MODULE, WINDOW
from dayfly.lab.plan.model import Plan, Prime, Request
from dayfly.lab.plan.report import as_json
from dayfly.lab.plan.study import check_function, has_own_prime, make_package, make_plan


def plan_for(asked: Request) -> Plan:
    phases: list[str] = []
    made = asyncio.run(make_plan(asked, progress=lambda phase, done, total: phases.append(phase)))
    assert {"observe", "measure"} == set(phases)
    return made


@pytest.mark.slow
@both_confinements
def test_a_warm_up_is_derived_and_measured(confinement: ConfinementChoice) -> None:
    # Where imports are learned, the warm-up may gain nothing by then.
    off = {"DAYFLY_ZYGOTE_WARM": "off"}
    made = plan_for(request("lazy", confinement=confinement, environment=off))
    assert made.prime is not None
    assert "import slow  # app.py:" in made.prime.source
    assert "app.client()" in made.prime.source
    for name in (INVOCATION, PRIMED, PLAIN):
        found = made.cost(name)
        assert found is not None
        assert found.p50_ms is not None
    # On a busy machine it stays undecided.
    assert made.advice.settings.prime == "dayfly_prime:prime" or made.advice.is_undecided
    assert made.differences == ()


def test_every_isolation_is_measured_with_the_same_number_of_invocations() -> None:
    made = plan_for(request("pure"))
    assert made.prime is None
    assert [cost.name for cost in made.costs] == [PLAIN, INVOCATION, WINDOW, PROCESS]
    for cost in made.costs:
        assert (cost.samples, cost.unavailable, cost.reasons) == (10, "", ())
        assert cost.p50_ms is not None
        assert cost.p50_ms > 0
        assert cost.init_ms is not None
        assert cost.init_ms > cost.p50_ms
    assert made.advice.settings.isolation in (INVOCATION, WINDOW)  # by how busy this machine is
    assert made.differences == ()
    assert made.losses == ()


def test_a_function_that_cannot_be_forked_is_said_to_run_as_process() -> None:
    made = plan_for(request("stuck"))
    invocation = made.cost(INVOCATION)
    assert invocation is not None
    assert invocation.is_fallback
    assert invocation.isolation == PROCESS
    assert "sys.path" in invocation.reasons[0]
    assert made.advice.settings.isolation == PROCESS
    assert made.advice.must_fix[0].what.startswith("cannot be forked")


@pytest.mark.slow
def test_answers_that_change_are_reported_without_their_values() -> None:
    from tests.lab.plan.serving import http_service

    with http_service() as address:
        asked = request("warm", environment={"SERVICE": address, "RUN": "x"}, confinement="auto")
        made = plan_for(asked)
    paths = {one.path for one in made.differences if one.isolation == INVOCATION}
    assert {"$.cold", "$.served"} <= paths
    assert not paths & {"$.at", "$.sku", "$.service"}
    text = json.dumps(as_json(made))
    for secret in ("lamp-0815", "desk-4711", "priced"):
        assert secret not in text


def test_time_that_runs_out_leaves_fewer_invocations_for_everybody() -> None:
    made = plan_for(request("pure", invocations=2000, limit_s=0.5))
    counts = {cost.samples for cost in made.costs}
    assert len(counts) == 1
    assert 0 < counts.pop() < 2000
    assert any("time ran out" in note for note in made.notes)


def test_a_setting_that_dayfly_refuses_leaves_plain_alone() -> None:
    made = plan_for(request("pure", environment={"DAYFLY_SCOPE": "everywhere"}))
    for name in (INVOCATION, WINDOW, PROCESS):
        found = made.cost(name)
        assert found is not None
        assert "DAYFLY_SCOPE" in found.unavailable
    assert made.advice.added_ms is None
    assert any("could not be run" in note for note in made.notes)


def test_a_missing_handler_is_refused_before_anything_runs(tmp_path: Path) -> None:
    for asked in (request("pure", handler="app.handle"), request("pure", folder=tmp_path / "nowhere")):
        with pytest.raises(DayflyError) as caught:
            check_function(asked)
        assert caught.value.hint


def test_a_function_with_its_own_warm_up_gets_no_other(tmp_path: Path) -> None:
    asked = request("lazy", folder=tmp_path)
    assert not has_own_prime(asked)
    (tmp_path / "dayfly.toml").write_text('[zygote]\nprime = "app:warm"\n')
    assert has_own_prime(asked)
    assert has_own_prime(request("lazy", environment={"DAYFLY_ZYGOTE_PRIME": "app:warm"}))


def test_the_warm_up_and_the_timers_go_into_a_copy(tmp_path: Path) -> None:
    before = sorted(path.name for path in (FUNCTIONS / "lazy").iterdir())
    copy = make_package(FUNCTIONS / "lazy", Prime("dayfly_prime", "prime", "SOURCE = 1\n"), tmp_path)
    assert (copy / "dayfly_prime.py").read_text() == "SOURCE = 1\n"
    assert (copy / f"{TRACE_MODULE}.py").exists()
    assert (copy / "app.py").read_text() == (FUNCTIONS / "lazy" / "app.py").read_text()
    assert sorted(path.name for path in (FUNCTIONS / "lazy").iterdir()) == before
