"""Waits and ends of events follow Lambda's rules for errors, for throttles and for age."""

from __future__ import annotations

import pytest

from dayfly.lab.events.settings import EventSettings, GiveUp, Wait, after_error, after_throttle


@pytest.mark.parametrize(
    ("settings", "invoked", "age_s", "expected"),
    [
        (EventSettings(), 1, 0.0, Wait(60.0)),
        (EventSettings(), 2, 61.0, Wait(120.0)),
        (EventSettings(), 3, 190.0, GiveUp("RetriesExhausted")),
        (EventSettings(retries=0), 1, 0.0, GiveUp("RetriesExhausted")),
        (EventSettings(retries=1), 1, 0.0, Wait(60.0)),
        (EventSettings(retries=1), 2, 61.0, GiveUp("RetriesExhausted")),
        (EventSettings(age_s=60), 1, 0.0, Wait(60.0)),  # as old as it may be when it is tried
        (EventSettings(age_s=60), 1, 0.1, GiveUp("EventAgeExceeded")),
        (EventSettings(age_s=60, retries=0), 1, 0.1, GiveUp("RetriesExhausted")),
    ],
)
def test_a_function_that_failed_is_tried_again_twice_unless_told_otherwise(
    settings: EventSettings, invoked: int, age_s: float, expected: Wait | GiveUp
) -> None:
    assert after_error(settings, invoked=invoked, age_s=age_s) == expected


def test_a_throttled_event_waits_from_one_second_to_five_minutes_for_six_hours() -> None:
    age_s = 0.0
    waits: list[float] = []
    while isinstance(verdict := after_throttle(EventSettings(), throttled=len(waits) + 1, age_s=age_s), Wait):
        waits.append(verdict.seconds)
        age_s += verdict.seconds
    assert waits[:10] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
    assert set(waits[10:]) == {300.0}
    assert verdict == GiveUp("EventAgeExceeded")
    assert 21600 - 300 < age_s <= 21600


def test_retries_do_not_count_for_what_was_throttled() -> None:
    assert after_throttle(EventSettings(retries=0), throttled=1, age_s=0.0) == Wait(1.0)
    assert after_throttle(EventSettings(), throttled=10_000, age_s=0.0) == Wait(300.0)
