"""The CPU of an init is that of the process alone, and what Dayfly adds is set beside plain awslambdaric."""

from __future__ import annotations

import json

import pytest
from bench.init import PLAIN, SIZES, main, rows


def test_everybody_is_started_and_the_guard_costs_more_than_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], rounds=1) == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert set(samples) == set(SIZES)
    for by_name in samples.values():
        faults = {name: taken[0][1] for name, taken in by_name.items()}
        assert faults[PLAIN] < faults["guard off"] < faults["guard observe"]


def test_what_is_added_is_told_of_the_least_and_of_the_fifth_part() -> None:
    plain = [(0.010, 1000)] * 5
    dayfly = [(0.012, 1300), (0.020, 1200), (0.020, 1200), (0.020, 1200), (0.020, 1200)]
    told = rows({"small": {PLAIN: plain, "guard off": dayfly}})
    assert told[0] == ("small", PLAIN, "10.0", "10.0", "–", "–", "1000")
    assert told[1] == ("small", "guard off", "12.0", "13.6", "+2.0", "+3.6", "1200")
