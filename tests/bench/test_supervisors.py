"""The table of supervisors: what is added is against plain awslambdaric, and the native one really serves."""

from __future__ import annotations

import json

import pytest
from bench.quota import Quotas, QuotaUnavailableError
from bench.supervisors import CHILD, PLAIN, QUARTER, WHOLE, Plan, Samples, dayfly_under, lines
from tests.attacks.shop import needs_confinement

from bench import supervisors

NATIVE, PYTHON = dayfly_under("native", "off"), dayfly_under("python", "off")


def test_what_is_added_is_against_plain() -> None:
    plain = Samples(whole_ms=[1.0, 1.0, 1.0, 1.0, 9.0], first_ms=[30.0], init_ms=[20.0], memory_kb=[2048])
    native = Samples(
        whole_ms=[2.0, 2.0, 3.0, 3.0, 90.0], first_ms=[40.0], init_ms=[25.0, 35.0], memory_kb=[4096]
    )
    found = {line.contestant: line for line in lines("small", {PLAIN: plain, NATIVE: native})}
    assert found[PLAIN].added_p20_ms == 0
    assert found[NATIVE].added_p20_ms == 1.0
    assert found[NATIVE].added_p50_ms == 2.0
    assert (found[NATIVE].init_ms, found[NATIVE].added_init_ms) == (30.0, 10.0)
    assert found[NATIVE].memory_mb == 4.0


@pytest.mark.slow
@needs_confinement()
def test_all_four_serve_and_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(invocations=10, starts=1, warm_up=1, deadline_s=150)
    command = ["--json", "--only", "small", "--guard", "off", "--on", WHOLE]
    try:
        with Quotas(["probe"]):
            command += ["--on", QUARTER]
    except QuotaUnavailableError:
        pass
    assert supervisors.main(command, plan=plan) == 0
    told = json.loads(capsys.readouterr().out)
    found = {line["contestant"]: line for line in next(iter(told["tables"].values()))}
    assert list(found) == [PLAIN, CHILD, PYTHON, NATIVE]
    assert found[CHILD]["faults"] > found[PLAIN]["faults"]
    assert found[NATIVE]["worker_faults"] > found[PLAIN]["worker_faults"] == 0
    assert (
        found[NATIVE]["system_calls"] is None or found[NATIVE]["system_calls"] > found[PLAIN]["system_calls"]
    )
