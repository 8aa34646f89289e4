"""The floor is measured where it lies: a process that forks and connects faults, a warm one does not."""

from __future__ import annotations

import json

import pytest
from bench.floor import STEPS, main, rows


def test_a_forked_process_faults_and_a_warm_one_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], rounds=3) == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert set(samples) == set(STEPS)
    assert all(len(taken) == 3 for taken in samples.values())
    faults = {name: max(count for _, count in taken) for name, taken in samples.items()}
    assert faults["first"] > 300 > faults["reused"]
    assert faults["second"] < faults["first"] / 4
    assert faults["page"] >= 1000


def test_outliers_are_left_out() -> None:
    taken = [(1.0, 5)] * 9 + [(100.0, 9)]
    assert rows(dict.fromkeys(STEPS, taken))[0] == (STEPS["reused"], "1.00 ms", "5")


def test_it_is_printed_as_the_documentation_quotes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--markdown", "--quick"], rounds=1) == 0
    assert "| step | CPU | faults |" in capsys.readouterr().out
