"""The gate tells what grew, and not what noise moved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.workloads.digest import Digest, digest, load_digest
from bench.workloads.gate import (
    ALL_WORKLOADS,
    Ratio,
    compare,
    failures,
    main,
    ratios,
    restricted,
)
from bench.workloads.samples import BARE, Course, load
from tests.bench.workloads.made_up import course, life, pair, run

from dayfly.errors import DayflyError

MEASURED = Path(__file__).parents[3] / "docs" / "measured"


def _digest(ratio: float, *, noise: float = 0.02, seed: int = 0, workloads: int = 5) -> Digest:
    return digest(pair(ratio, noise=noise, seed=seed, workloads=workloads))


def _verdicts(before: float, now: float, *, noise: float = 0.02) -> set[str]:
    found = compare(ratios(_digest(before, noise=noise)), ratios(_digest(now, noise=noise, seed=1_000)))
    return {one.verdict for one in found if (one.metric, one.workload) == ("answer", ALL_WORKLOADS)}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(2.0, 2.0, "same"), (2.0, 2.05, "same"), (2.0, 2.6, "regression"), (2.0, 1.6, "improved")],
)
def test_growth_beyond_tolerance_and_noise_is_told(before: float, now: float, expected: str) -> None:
    assert _verdicts(before, now) == {expected}


def test_the_same_growth_within_the_noise_is_not() -> None:
    assert _verdicts(2.0, 2.6, noise=0.02) == {"regression"}
    few = [Ratio("w", "other", "answer", one, 0.2) for one in (2.0, 2.6)]
    assert {one.verdict for one in compare(few[:1], few[1:])} == {"same"}


def test_no_false_alarm_in_thirty_runs_of_one_and_the_same() -> None:
    release = ratios(_digest(2.0, noise=0.3, workloads=2))
    for seed in range(1, 31):
        found = compare(release, ratios(_digest(2.0, noise=0.3, seed=seed * 200, workloads=2)))
        assert not [one for one in found if one.verdict != "same"]


def test_growth_in_one_workload_alone_is_told() -> None:
    before, now = pair(2.0), pair(2.0, seed=1_000)
    now = run(
        {**now.workloads, "w3": {BARE: course(5.0, noise=0.02), "other": course(5.0 * 3.2, noise=0.02)}}
    )
    worse = [
        one for one in compare(ratios(digest(before)), ratios(digest(now))) if one.verdict == "regression"
    ]
    assert ("w3", "answer") in {(one.workload, one.metric) for one in worse}
    assert {one.workload for one in worse} <= {"w3", ALL_WORKLOADS}


def test_all_workloads_are_those_that_both_have() -> None:
    release = [
        Ratio("a", "other", "answer", 2.0, 0.01),
        Ratio("b", "other", "answer", 8.0, 0.01),
    ]
    now = [Ratio("a", "other", "answer", 2.0, 0.01)]
    together, alone = restricted(release, now)
    assert (together.workload, alone) == (ALL_WORKLOADS, release[0])
    assert together.ratio == pytest.approx(2.0)
    assert together.error == pytest.approx(0.01)
    assert {one.verdict for one in compare(release, now)} == {"same"}


def test_nothing_in_common_is_no_success() -> None:
    with pytest.raises(DayflyError):
        compare([Ratio("a", "other", "answer", 2.0, 0.0)], [Ratio("b", "other", "answer", 2.0, 0.0)])


def test_a_contestant_that_fails_what_it_did_is_told() -> None:
    before = pair(2.0)
    now = run({**before.workloads, "w1": {BARE: course(3.0), "other": Course([life(1.0)], failed="no")}})
    assert failures(ratios(digest(before)), digest(now)) == ["other failed w1: no"]
    assert failures([], digest(now)) == []


def test_the_command_exits_with_one_for_a_regression(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release, same, worse, broken = (tmp_path / f"{name}.json" for name in ("release", "a", "b", "c"))
    pair(2.0).save(same)
    pair(3.0).save(worse)
    both = pair(2.0)
    run({**both.workloads, "w1": {BARE: course(3.0), "other": Course(failed="no")}}).save(broken)
    assert main(["--record", "--measured", str(same), "--release", str(release)]) == 0
    assert load_digest(release).figures
    assert main(["--measured", str(same), "--release", str(release)]) == 0
    printed = capsys.readouterr().out
    assert "none of" in printed
    assert "not compared" not in printed
    assert main(["--measured", str(worse), "--release", str(release)]) == 1
    assert "regression" in capsys.readouterr().out
    assert main(["--measured", str(worse), "--release", str(release), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["regressions"] > 0
    assert main(["--measured", str(broken), "--release", str(release)]) == 1
    assert "other failed w1: no" in capsys.readouterr().out


def test_a_metric_without_samples_enough_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scarce = run({"echo": {BARE: course(2.0, lives=1), "other": course(4.0, lives=1)}})
    scarce.save(tmp_path / "run.json")
    digest(scarce).save(tmp_path / "release.json")
    options = ["--measured", str(tmp_path / "run.json"), "--release", str(tmp_path / "release.json")]
    assert main(options) == 0
    assert "not compared, for want of samples: init, pss" in capsys.readouterr().out


def test_what_cannot_be_compared_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair(2.0).save(tmp_path / "run.json")
    digest(run({"other": {BARE: course(1.0), "nobody": course(1.0)}})).save(tmp_path / "release.json")
    measured = ["--measured", str(tmp_path / "run.json"), "--release"]
    assert main([*measured, str(tmp_path / "absent.json")]) == 2
    # The release is looked at before anything is measured, which takes minutes.
    assert (
        main(["--measured", str(tmp_path / "no-run.json"), "--release", str(tmp_path / "absent.json")]) == 2
    )
    said = capsys.readouterr().err.replace("\n", "")
    assert "absent.json" in said
    assert "no-run.json" not in said
    assert main([*measured, str(tmp_path / "run.json")]) == 2
    assert main([*measured, str(tmp_path / "release.json")]) == 2
    assert "in common" in capsys.readouterr().err


@pytest.mark.slow
def test_the_release_passes_its_own_gate_and_a_third_more_of_everything_does_not(tmp_path: Path) -> None:
    """On the samples that are kept, with their real noise."""
    kept = load(MEASURED / "workloads.json")
    release = str(MEASURED / "release.json")
    assert main(["--measured", str(MEASURED / "workloads.json"), "--release", release]) == 0
    for courses in kept.workloads.values():
        for name, one in courses.items():
            if name != BARE:
                for life in one.lives:
                    life.pss_kb = None if life.pss_kb is None else life.pss_kb * 4 // 3
    kept.save(tmp_path / "larger.json")
    assert main(["--measured", str(tmp_path / "larger.json"), "--release", release]) == 1
