"""Silence, stragglers and lines too fresh prove nothing; one invocation in a new environment after all of it does."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from dayfly.attach.recycle.model import Order, Sightings
from dayfly.attach.recycle.proving import judge

_ORDER = Order("payments", "s", ordered=100.0, effective=101.0, took_s=1.0, tries=1)
_GOOD = Sightings(
    old=3, old_begun=1, old_last=101.2, old_busy=0, new=2, new_begun=9, new_last=104.0, newest=105.0
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"new_begun": 0, "new": 0}, "no invocations since"),
        ({"old_busy": 1}, "1 old environment still running"),
        ({"old_last": 104.0}, "latest invocation ran in an old environment"),
        ({"newest": 102.0}, "too close"),
        ({"old_last": 103.9, "newest": 104.5}, "too close"),
        # Of a road whose lines are slower, the same moment is not known yet.
        ({"settle_s": 15.0}, "too close"),
    ],
)
def test_what_proves_nothing(change: dict[str, Any], why: str) -> None:
    proof = judge(_ORDER, dataclasses.replace(_GOOD, **change))
    assert not proof.is_proved
    assert why in proof.text


def test_an_invocation_in_a_new_environment_after_the_last_of_an_old_one_does() -> None:
    proof = judge(_ORDER, _GOOD)
    assert proof.is_proved
    assert proof.gone_s == pytest.approx(1.2)
    assert "3 old environments started 1.2 s after the change" in proof.text
    assert "2 new environments served 9 invocations" in proof.text


def test_old_ones_that_served_nothing_since_are_told_so() -> None:
    proof = judge(_ORDER, dataclasses.replace(_GOOD, old_begun=0, old_last=0.0))
    assert proof.is_proved
    assert "no invocation in the 3 old environments" in proof.text
