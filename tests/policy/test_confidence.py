"""Saturation follows from who saw what, in which order."""

from __future__ import annotations

import pytest
from tests.policy.making import gathered

from dayfly.policy.confidence import MIN_OBSERVATIONS, judge_confidence
from dayfly.policy.model import Use

A, B, C = (Use("read", f"/opt/{name}", ("yaml",), "invoke") for name in "abc")


def test_a_use_that_one_run_repeats_is_one_observation() -> None:
    found = judge_confidence([gathered({"1": [A, A, A], "2": [A], "3": [A, B]})])
    assert (found.estimate.once, found.estimate.observations) == (1, 4)
    assert found.estimate.unseen is None, f"fewer than {MIN_OBSERVATIONS} observations say nothing"


def test_the_estimate_is_the_share_of_singletons() -> None:
    runs = {str(number): [A, B] for number in range(9)} | {"last": [A, C]}
    found = judge_confidence([gathered(runs)])
    assert found.estimate.unseen == pytest.approx(1 / 20)
    assert (found.units, found.last_new, found.quiet_units) == (10, 10, 0)


def test_runs_that_bring_nothing_new_are_counted_from_the_end() -> None:
    found = judge_confidence([gathered({"1": [A], "2": [B], "3": [A], "4": []})])
    assert (found.last_new, found.quiet_units) == (2, 2)


def test_sources_are_counted_apart_and_runs_of_two_are_never_the_same() -> None:
    init = Use("network", "a:1", ("boto3", "function"), "init")
    found = judge_confidence([gathered({"1": [A, init]}), gathered({"1": [A]}, source="log")])
    kinds = {one.name: one for one in found.kinds}
    assert kinds["read"].units == {"events": 1, "log": 1}
    assert not kinds["read"].is_init_only
    assert kinds["network"].is_init_only
    assert [one.name for one in found.packages] == ["boto3", "function", "yaml"]
    assert found.estimate.observations == 2, "init tells nothing of a further event"


def test_nothing_seen_is_nothing_known() -> None:
    found = judge_confidence([gathered({"1": []})])
    assert (found.units, found.last_new, found.estimate.unseen) == (1, 0, None)
