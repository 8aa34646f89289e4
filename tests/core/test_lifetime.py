"""Lives of workers and environments: when they are over, by which clock, and how jitter spreads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.lifetime import Life, Window, age, shortened, shortened_count

DRAWS = st.floats(0, 1, exclude_max=True)
JITTERS = st.floats(0, 0.9)
NOW = (1000.0, 1_700_000_000.0)


def later(seconds: float) -> tuple[float, float]:
    return NOW[0] + seconds, NOW[1] + seconds


def window(*, count: int = 3, tenant: bytes | None = None, jitter: float = 0.0, draw: float = 0.0) -> Window:
    return Window(max_age=10.0, max_invocations=count, now=NOW, tenant=tenant, jitter=jitter, draw=draw)


@given(st.floats(0, 1e6), JITTERS, DRAWS)
def test_a_limit_is_made_smaller_by_its_share_at_most_and_never_larger(
    limit: float, jitter: float, draw: float
) -> None:
    found = shortened(limit, jitter=jitter, draw=draw)
    assert limit * (1 - jitter) * 0.999999 <= found <= limit


@given(st.integers(1, 10**9), JITTERS, DRAWS)
def test_a_count_is_made_smaller_by_its_share_at_most_and_stays_a_count(
    limit: int, jitter: float, draw: float
) -> None:
    found = shortened_count(limit, jitter=jitter, draw=draw)
    assert max(1, int(limit * (1 - jitter))) <= found <= limit


@given(st.integers(1, 10**6), st.floats(1, 1e6), DRAWS)
def test_without_jitter_nothing_is_drawn(count: int, limit: float, draw: float) -> None:
    assert shortened(limit, jitter=0.0, draw=draw) == limit
    assert shortened_count(count, jitter=0.0, draw=draw) == count


def test_jitter_spreads_a_fleet_over_the_whole_share() -> None:
    draws = [number / 1000 for number in range(1000)]
    counts = {shortened_count(100, jitter=0.1, draw=draw) for draw in draws}
    assert counts == set(range(91, 101))
    ages = [shortened(300.0, jitter=0.1, draw=draw) for draw in draws]
    assert (min(ages) < 271, max(ages)) == (True, 300.0)


@pytest.mark.parametrize(
    ("served", "seconds", "is_over"),
    [
        (0, 0.0, False),
        (2, 9.9, False),
        (3, 0.0, True),
        (0, 10.0, True),  # the limit is the first moment we end it
    ],
)
def test_a_window_is_over_by_count_or_by_age(served: int, seconds: float, is_over: bool) -> None:
    one = window()
    one.served = served
    assert one.is_over(later(seconds)) is is_over
    assert one.events_left() == 3 - served
    assert one.seconds_left(later(seconds)) == pytest.approx(10.0 - seconds)


def test_jitter_ends_a_window_earlier() -> None:
    assert window(count=10, jitter=0.5, draw=0.99).events_left() == 6
    assert window(jitter=0.5, draw=0.5).is_over(later(7.5))


def test_an_age_is_what_the_clock_says_that_saw_more() -> None:
    """A platform that freezes an environment may stop either."""
    assert age(NOW, (NOW[0] + 1, NOW[1] + 50)) == 50
    assert age(NOW, (NOW[0] + 50, NOW[1] + 1)) == 50
    # A clock that is set back makes nothing young.
    assert age(NOW, (NOW[0] + 50, NOW[1] - 3600)) == 50


@pytest.mark.parametrize(
    ("own", "other", "admitted"),
    [
        (b"a", b"a", True),
        (b"a", b"b", False),
        (b"a", b"", False),
        (b"", b"", False),  # nobody's events meet nobody's
        (b"", b"a", False),
        (None, b"a", False),
    ],
)
def test_a_window_admits_its_own_tenant_and_never_nobodys(
    own: bytes | None, other: bytes, admitted: bool
) -> None:
    assert window(tenant=own).admits(other) is admitted


def test_a_life_without_a_limit_is_never_over() -> None:
    life = Life(max_age=0, now=NOW)
    assert not life.is_due(later(1e9))
    assert life.seconds_left(later(1e9)) == float("inf")


def test_a_life_is_due_at_its_age_and_not_again_before_a_failed_end_may_be_tried() -> None:
    life = Life(max_age=100.0, now=NOW, jitter=0.2, draw=0.5)
    assert not life.is_due(later(89.9))
    assert life.is_due(later(90.1))
    assert life.postpone(later(90.1), share=0.1, at_least_s=5.0) == pytest.approx(9.0)
    assert not life.is_due(later(99.0))
    assert life.is_due(later(99.2))
    assert life.postpone(later(99.2), share=0.1, at_least_s=60.0) == 60.0
    assert not life.is_due(later(159.0))
    assert life.age(later(5)) == pytest.approx(5)
