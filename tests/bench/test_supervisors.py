"""The table of supervisors: all of them serve, the default configuration first, and budgets stand before it."""

from __future__ import annotations

import json

import pytest
from bench.budgets import QUARTER, WHOLE
from bench.contestants import CHILD, DEFAULT, LOCKED, OFF, PLAIN
from bench.quotas import Quotas, QuotaUnavailableError
from bench.racing import Pace
from bench.supervisors import CHOSEN, Plan, main
from tests.attacks.shop import needs_confinement


def test_the_default_configuration_comes_first() -> None:
    assert CHOSEN[0] == DEFAULT.name
    assert (DEFAULT.kind, DEFAULT.settings) == ("dayfly", {"DAYFLY_API_LOCK": "off"})


@pytest.mark.slow
@needs_confinement()
def test_all_serve_and_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(Pace(lives=1, warm_up=1, invocations=5), deadline_s=150)
    command = ["--json", "--only", "small", "--way", OFF.name, "--way", LOCKED.name, "--on", WHOLE]
    try:
        with Quotas(["probe"]):
            command += ["--on", QUARTER]
    except QuotaUnavailableError:
        pass
    assert main(command, plan=plan) == 0
    told = json.loads(capsys.readouterr().out)["tables"]
    assert {one["function"] for one in told["Budgets"]} == {"small"}
    worker = {
        one["contestant"]: one["value"] for one in told[f"Supervisors, {WHOLE}"] if one["metric"] == "worker"
    }
    assert [*worker] == [PLAIN.name, CHILD.name, OFF.name, LOCKED.name]
    assert worker[OFF.name] > worker[PLAIN.name] == 0
