"""The command measures what its plan says, keeps every sample, and exits with 2 where something is missing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from bench.workloads.catalogue import ALL, BY_NAME, EVERYBODY_RUNS, OWN
from bench.workloads.command import FULL, QUICK_PLAN, Plan, main
from bench.workloads.contestants import DEFAULT, FEW, choose, others
from bench.workloads.racing import Pace
from bench.workloads.samples import BARE, Run, load

from bench.workloads import gate

PACE = Pace(lives=3, warm_up=1, min_rounds=4, max_rounds=8)
TINY = Plan([BY_NAME["echo"], BY_NAME["pyperformance-json-loads"]], PACE, PACE, seconds=15)


def test_the_full_plan_has_everything_and_the_time_it_is_promised_in() -> None:
    assert tuple(FULL.workloads) == ALL
    assert FULL.seconds < 15 * 60
    assert QUICK_PLAN.seconds < 2 * 60
    assert sum(FULL.weight(one) for one in FULL.workloads) > 0


def test_everybody_runs_what_needs_no_package_and_few_run_what_is_many() -> None:
    assert not any(one.packages for one in EVERYBODY_RUNS)
    assert {"fork-loop", "process-loop", "exit-loop"} <= set(others())
    assert not any(name.startswith("dayfly") for name in others())
    assert FULL.names(EVERYBODY_RUNS[0]) == (*DEFAULT, *others())
    assert FULL.names(next(one for one in OWN if one not in EVERYBODY_RUNS)) == DEFAULT
    assert FULL.names(BY_NAME["pyperformance-go"]) == FEW
    assert choose(FULL.names(EVERYBODY_RUNS[0]))[0].name == BARE


def test_who_is_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--against", "nobody"]) == 2
    assert "unknown protection 'nobody'" in capsys.readouterr().err


@pytest.mark.slow
def test_two_real_runs_of_one_revision_pass_the_gate_and_one_that_is_made_slower_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, worse, release = (tmp_path / f"{name}.json" for name in ("a", "b", "c", "release"))
    for path in (first, second):
        options = ["--against", "process-loop", "--against", "dayfly:process", "--json", "--save", str(path)]
        assert main(options, plan=TINY) == 0
        printed = json.loads(capsys.readouterr().out)
        assert {one["contestant"] for one in printed["overall"]} == {"process-loop", "dayfly:process"}
        assert not printed["gaps"]
    run = load(first)
    assert [one.name for one in run.contestants] == [BARE, "process-loop", "dayfly:process"]
    assert list(run.workloads) == ["echo", "pyperformance-json-loads"]
    answer = next(
        one
        for one in printed["figures"]
        if (one["workload"], one["contestant"], one["metric"]) == ("echo", "process-loop", "answer")
    )
    # An interpreter's start: whatever the machine, no clock that measured something calls that the same.
    assert answer["ratio"] > 3
    assert gate.main(["--record", "--measured", str(first), "--release", str(release)]) == 0
    assert gate.main(["--measured", str(second), "--release", str(release)]) == 0
    _slower(load(second), "dayfly:process", 20.0).save(worse)
    assert gate.main(["--measured", str(worse), "--release", str(release)]) == 1
    assert "regression" in capsys.readouterr().out


def _slower(run: Run, contestant: str, factor: float) -> Run:
    """The same run as if one contestant's answers had taken so many times as long."""
    for courses in run.workloads.values():
        courses[contestant].lives = [
            dataclasses.replace(life, answer_ms=[[one * factor for one in burst] for burst in life.answer_ms])
            for life in courses[contestant].lives
        ]
    return run
