"""Ratios are those of the samples, and their intervals as wide as the samples are unsure."""

from __future__ import annotations

import pytest
from bench.figures import METRICS, Figure, Metric, figures, mean, sheet
from bench.racing import Course
from tests.bench.made_up import BASE, course, life


def _one(courses: dict[str, Course], contestant: str, metric: Metric) -> Figure:
    (found,) = [
        one
        for one in figures("f", courses, base=BASE)
        if (one.contestant, one.metric) == (contestant, metric)
    ]
    return found


def test_percentiles_are_of_all_events_and_the_rest_means_over_lives() -> None:
    fast, slow = life(1.0), life(3.0)
    courses = {BASE: course(1.0), "other": Course([fast, slow])}
    assert _one(courses, "other", "p20").value == 1.0
    assert _one(courses, "other", "p50").value == 2.0
    assert _one(courses, "other", "cpu").value == 2.0
    memory = _one(courses, "other", "memory")
    assert (memory.value, memory.added, memory.ratio) == (4.0, 2.0, 2.0)


def test_the_base_itself_and_a_base_of_nothing_have_no_ratio() -> None:
    base = course(1.0)
    for one in base.lives:
        one.worker_faults = 0.0
    courses = {BASE: base, "other": course(2.0)}
    assert _one(courses, BASE, "p50").ratio is None
    worker = _one(courses, "other", "worker")
    assert (worker.value, worker.added, worker.ratio) == (160.0, 160.0, None)


def test_an_interval_holds_the_truth_and_is_wider_for_noisier_samples() -> None:
    quiet, noisy = (
        _one(
            {BASE: course(2.0, noise=noise, seed=1), "other": course(4.0, noise=noise, seed=2)},
            "other",
            "p50",
        )
        for noise in (0.02, 0.6)
    )
    for one in (quiet, noisy):
        assert one.interval is not None
        assert one.interval[0] < 2.0 < one.interval[1]
    assert quiet.error is not None
    assert noisy.error is not None
    assert noisy.error > 1.5 * quiet.error


def test_lives_that_differ_make_a_ratio_unsure_however_many_events_each_has() -> None:
    lives = [life(one, bursts=200) for one in (3.0, 4.0, 5.0)]
    found = _one({BASE: course(2.0), "other": Course(lives)}, "other", "p50")
    assert found.error is not None
    assert found.error > 0.05


def test_one_life_alone_has_no_interval() -> None:
    found = _one({BASE: course(2.0, lives=1), "other": course(4.0, lives=1)}, "other", "init")
    assert (found.ratio, found.error, found.interval) == (2.0, None, None)


def test_what_failed_has_no_figures_and_what_was_not_counted_no_figure() -> None:
    uncounted = course(2.0)
    for one in uncounted.lives:
        one.system_calls = None
    courses = {BASE: course(1.0), "broken": Course([life(1.0)], failed="no"), "other": uncounted}
    found = figures("f", courses, base=BASE)
    assert {one.contestant for one in found} == {BASE, "other"}
    assert {one.metric for one in found if one.contestant == "other"} == {*METRICS} - {"calls"}


def test_the_mean_of_ratios_is_geometric_and_as_sure_as_all_of_them() -> None:
    group = [Figure("a", "other", "p50", 2.0, 1.0, 2.0, 0.3), Figure("b", "other", "p50", 9.0, 1.0, 8.0, 0.4)]
    found = mean("all", group)
    assert [found.ratio, found.value, found.error] == pytest.approx([4.0, 4.5, 0.25])
    assert mean("all", [*group, Figure("c", "other", "p50", 1.0, 1.0, 1.0, None)]).error is None


def test_the_table_has_a_row_for_each_function_and_contestant_and_for_what_failed() -> None:
    found = figures("f", {BASE: course(1.0), "other": course(2.0)}, base=BASE)
    table = sheet("t", found, {("f", "broken"): "it did not answer"})
    assert [row[:2] for row in table.rows] == [("f", BASE), ("f", "other"), ("f", "broken")]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert table.rows[1][2:6] == ("2.00", "+1.00", "2.00", "+1.00")
    assert table.rows[2][-1] == "it did not answer"
