"""Ratios are those of the samples, and their intervals as wide as the samples are unsure."""

from __future__ import annotations

import pytest
from bench.workloads.figures import Figure, Metric, figures, overall
from bench.workloads.samples import BARE, Course, Run
from tests.bench.workloads.made_up import course, life, pair, run


def _one(of: Run, workload: str, contestant: str, metric: Metric) -> Figure:
    (found,) = [
        one
        for one in figures(of)
        if (one.workload, one.contestant, one.metric) == (workload, contestant, metric)
    ]
    return found


def test_a_ratio_is_that_of_the_medians() -> None:
    found = _one(run({"w": {BARE: course(2.0), "other": course(5.0)}}), "w", "other", "answer")
    assert found.ratio == pytest.approx(2.5)
    assert (found.value, found.bare, found.samples) == (5.0, 2.0, 300)
    assert found.low == pytest.approx(2.5)
    assert found.high == pytest.approx(2.5)
    assert found.p99 == 5.0


def test_plain_itself_and_what_the_kernel_counts_coarsely_have_no_ratio() -> None:
    measured = run({"w": {BARE: course(2.0), "other": course(5.0)}})
    assert _one(measured, "w", BARE, "answer").ratio is None
    assert _one(measured, "w", "other", "cpu").ratio is None
    assert _one(measured, "w", "other", "cpu").value == 5.0


def test_an_interval_holds_the_truth_and_is_wider_for_noisier_samples() -> None:
    quiet, noisy = (
        _one(
            run({"w": {BARE: course(2.0, noise=noise, seed=1), "other": course(4.0, noise=noise, seed=2)}}),
            "w", "other", "answer",
        )
        for noise in (0.02, 0.4)
    )  # fmt: skip
    for one in (quiet, noisy):
        assert one.low is not None
        assert one.high is not None
        assert one.low < 2.0 < one.high
    assert quiet.error is not None
    assert noisy.error is not None
    assert noisy.error > 5 * quiet.error


def test_lives_that_differ_make_a_ratio_unsure_however_many_bursts_each_has() -> None:
    lives = [life(one, bursts=200) for one in (3.0, 4.0, 5.0)]
    found = _one(run({"w": {BARE: course(2.0), "other": Course(lives)}}), "w", "other", "answer")
    assert found.error is not None
    assert found.error > 0.05


def test_what_failed_has_no_figures_and_nothing_is_compared_with_a_plain_that_failed() -> None:
    measured = run(
        {
            "a": {BARE: course(2.0), "other": Course([life(1.0)], failed="no")},
            "b": {BARE: Course([life(1.0)], failed="no"), "other": course(2.0)},
        }
    )
    assert {(one.workload, one.contestant) for one in figures(measured)} == {("a", BARE)}


def test_one_life_alone_tells_a_ratio_of_init_and_no_interval() -> None:
    found = _one(
        run({"w": {BARE: course(2.0, lives=1), "other": course(2.0, lives=1)}}), "w", "other", "init"
    )
    assert found.ratio == 1.0
    assert found.error is None


def test_memory_that_could_not_be_read_is_left_out() -> None:
    unread = course(2.0)
    for one in unread.lives:
        one.pss_kb = None
    measured = run({"w": {BARE: unread, "other": course(2.0)}})
    assert not [one for one in figures(measured) if one.metric == "pss"]


def test_over_all_workloads_it_is_the_geometric_mean() -> None:
    measured = run(
        {
            "a": {BARE: course(1.0), "other": course(2.0)},
            "b": {BARE: course(1.0), "other": course(8.0)},
        }
    )
    (found,) = [one for one in overall(figures(measured)) if one.metric == "answer"]
    assert found.ratio == pytest.approx(4.0)
    assert found.added == pytest.approx(4.0)
    assert found.workloads == 2


def test_many_workloads_are_surer_than_one() -> None:
    few, many = (
        next(one for one in overall(figures(pair(2.0, noise=0.3, workloads=count))) if one.metric == "answer")
        for count in (1, 8)
    )
    assert many.error is not None
    assert few.error is not None
    assert many.error < few.error


def test_a_mean_over_one_that_is_not_sure_of_itself_has_no_interval() -> None:
    measured = run(
        {
            "a": {BARE: course(1.0), "other": course(2.0)},
            "b": {BARE: course(1.0, lives=1), "other": course(2.0, lives=1)},
        }
    )
    (found,) = [one for one in overall(figures(measured)) if one.metric == "init"]
    assert (found.ratio, found.workloads) == (1.0, 2)
    assert (found.low, found.high, found.error) == (None, None, None)
