"""The gate tells what grew, and not what noise moved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.figures import Figure
from bench.gate import ALL_FUNCTIONS, JUDGED, compare, failures, main, ratios
from bench.racing import Course
from tests.bench.made_up import BASE, course, life, pair, run

from dayfly.errors import DayflyError


def _verdicts(before: float, now: float, *, noise: float = 0.02) -> set[str]:
    found = compare(ratios(pair(before, noise=noise)), ratios(pair(now, noise=noise, seed=1_000)))
    return {one.verdict for one in found if (one.metric, one.function) == ("p50", ALL_FUNCTIONS)}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(2.0, 2.0, "same"), (2.0, 2.05, "same"), (2.0, 2.8, "regression"), (2.0, 1.5, "improved")],
)
def test_growth_beyond_tolerance_and_noise_is_told(before: float, now: float, expected: str) -> None:
    assert _verdicts(before, now) == {expected}


def test_the_same_growth_within_the_noise_is_not() -> None:
    few = [Figure("f", "other", "p50", one, 1.0, one, 0.2) for one in (2.0, 2.8)]
    assert {one.verdict for one in compare(few[:1], few[1:])} == {"same"}


def test_no_false_alarm_in_thirty_runs_of_one_and_the_same() -> None:
    release = ratios(pair(2.0, noise=0.1, functions=3))
    for seed in range(1, 31):
        found = compare(release, ratios(pair(2.0, noise=0.1, seed=seed * 200, functions=3)))
        assert not [one for one in found if one.verdict != "same"]


def test_every_quantity_is_judged_and_growth_in_one_function_is_told() -> None:
    before = {f"f{number}": {BASE: course(2.0), "other": course(4.0)} for number in range(4)}
    now = {**before, "f3": {BASE: course(2.0), "other": course(7.0)}}
    found = compare(ratios(run(before)), ratios(run(now)))
    assert {one.metric for one in found} == {*JUDGED}
    worse = {(one.function, one.metric) for one in found if one.verdict == "regression"}
    assert {("f3", metric) for metric in JUDGED} <= worse
    assert {function for function, _ in worse} <= {"f3", ALL_FUNCTIONS}


def test_functions_that_one_of_both_lacks_are_in_no_mean() -> None:
    release = [Figure(name, "other", "p50", one, 1.0, one, 0.01) for name, one in (("a", 2.0), ("b", 8.0))]
    together, alone = compare(release, release[:1])
    assert (together.function, alone.function) == (ALL_FUNCTIONS, "a")
    assert together.grown == pytest.approx(1.0)
    assert together.verdict == "same"


def test_nothing_in_common_is_no_success() -> None:
    with pytest.raises(DayflyError):
        compare(
            [Figure("a", "other", "p50", 2.0, 1.0, 2.0, 0.1)],
            [Figure("b", "other", "p50", 2.0, 1.0, 2.0, 0.1)],
        )


def test_the_command_exits_with_one_for_a_regression(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release, same, worse, broken = (tmp_path / f"{name}.json" for name in ("release", "a", "b", "c"))
    pair(2.0).save(same)
    pair(3.0).save(worse)
    courses = {f"f{number}": {BASE: course(2.0), "other": course(4.0)} for number in range(2)}
    courses["f1"]["other"] = Course([life(1.0)], failed="no")
    run(courses).save(broken)
    assert main(["--record", "--measured", str(same), "--release", str(release)]) == 0
    assert main(["--measured", str(same), "--release", str(release)]) == 0
    printed = capsys.readouterr().out
    assert "none of" in printed
    assert "not compared" not in printed
    assert main(["--measured", str(worse), "--release", str(release)]) == 1
    assert "regression" in capsys.readouterr().out
    assert main(["--measured", str(worse), "--release", str(release), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["regressions"] > 0
    assert main(["--measured", str(broken), "--release", str(release)]) == 1
    assert "other failed f1: no" in capsys.readouterr().out


def test_a_contestant_that_the_release_had_not_may_fail() -> None:
    broken = run({"f": {BASE: course(2.0), "other": Course([life(1.0)], failed="no")}})
    assert failures([], broken) == []


def test_a_quantity_without_samples_enough_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uncounted = course(4.0)
    for one in uncounted.lives:
        one.system_calls = None
    run({"f": {BASE: course(2.0), "other": uncounted}}).save(tmp_path / "run.json")
    assert main(["--measured", str(tmp_path / "run.json"), "--release", str(tmp_path / "run.json")]) == 0
    assert "not compared, for want of samples: calls" in capsys.readouterr().out


def test_what_cannot_be_compared_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair(2.0).save(tmp_path / "run.json")
    run({"other": {BASE: course(1.0), "nobody": course(1.0)}}).save(tmp_path / "release.json")
    # The release is looked at before anything is measured, which takes minutes.
    assert main(["--release", str(tmp_path / "absent.json")]) == 2
    assert "absent.json" in capsys.readouterr().err.replace("\n", "")
    assert main(["--measured", str(tmp_path / "run.json"), "--release", str(tmp_path / "release.json")]) == 2
    assert "in common" in capsys.readouterr().err
