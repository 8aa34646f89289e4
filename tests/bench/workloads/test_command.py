"""The command measures what its plan says under everybody who runs it, keeps the figures, and exits with 2 where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.contestants import CHILD, DEFAULT, OFF, PLAIN
from bench.racing import Pace
from bench.workloads.catalogue import ALL, BY_NAME, EVERYBODY_RUNS
from bench.workloads.command import FULL, QUICK_PLAN, Plan, main
from bench.workloads.protections import others
from tests.attacks.shop import needs_confinement

from bench import digest

TINY = Plan([BY_NAME["echo"], BY_NAME["pyperformance-json-dumps"]], Pace(2, 1, 10), seconds=60)


def test_the_full_plan_has_everything_and_the_time_it_is_promised_in() -> None:
    assert tuple(FULL.workloads) == ALL
    assert FULL.seconds < 10 * 60
    assert QUICK_PLAN.seconds < 2 * 60
    assert FULL.weight(EVERYBODY_RUNS[0]) > FULL.weight(BY_NAME["primes"])


def test_everybody_runs_what_needs_no_package_and_dayfly_is_no_other() -> None:
    assert not any(one.packages for one in EVERYBODY_RUNS)
    names = {one.name for one in others()}
    assert "aikido-zen" in names
    assert not any(name.startswith("dayfly") or name == "bare" for name in names)


@pytest.mark.slow
@needs_confinement()
def test_what_was_measured_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--markdown", "--save", str(tmp_path / "run.json")], plan=TINY) == 0
    found = digest.load(tmp_path / "run.json")
    assert list(found.functions) == ["echo", "pyperformance-json-dumps"]
    assert (found.gaps, found.left, found.base) == ([], [], PLAIN.name)
    ran = {one.contestant for one in found.figures if one.function == "pyperformance-json-dumps"}
    assert ran == {PLAIN.name, CHILD.name, DEFAULT.name, OFF.name}
    assert "pyperformance's benchmarks: whole invocation, p50, ms" in capsys.readouterr().out
