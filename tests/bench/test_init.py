"""The CPU of an init is that of the process alone, and what Dayfly adds is set beside plain awslambdaric."""

from __future__ import annotations

import json

import pytest
from bench.init import PLAIN, SIZES, Line, lines, main


def test_everybody_is_started_and_the_guard_costs_more_than_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], rounds=1) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"].values()
    assert {line["function"] for line in table} == {*SIZES}
    for size in SIZES:
        faults = {line["contestant"]: line["faults"] for line in table if line["function"] == size}
        assert faults[PLAIN] < faults["guard off"] < faults["guard observe"]


def test_what_is_added_is_told_of_the_least_and_of_the_fifth_part() -> None:
    plain = [(0.010, 1000)] * 5
    dayfly = [(0.012, 1300), (0.020, 1200), (0.020, 1200), (0.020, 1200), (0.020, 1200)]
    first, second = lines({"small": {PLAIN: plain, "guard off": dayfly}})
    assert first == Line("small", PLAIN, 10.0, 10.0, 0.0, 0.0, 1000)
    assert (second.least_ms, second.added_least_ms, second.faults) == (12.0, 2.0, 1200)
    assert second.added_p20_ms == pytest.approx(3.6)
