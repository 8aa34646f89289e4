"""The recommendation on both sides of every limit, from made-up facts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.lab.plan.making import cost, difference, loss

from dayfly.lab.plan.advise import (
    ACCEPTED_ADDED_MS,
    ACCEPTED_ADDED_SHARE,
    MAX_WINDOW,
    MB_PER_CPU,
    MIN_PRIME_GAIN_MS,
    MIN_WINDOW,
    WINDOW_MAX_AGE,
    Facts,
    advise,
    at_memory_ms,
    choose_window,
    is_acceptable,
)
from dayfly.lab.plan.contestants import INVOCATION, PLAIN, PRIMED, PROCESS, WINDOW
from dayfly.lab.plan.model import Cost, Difference, LineCost, Loss, Prime, Split

PRIME = Prime("dayfly_prime", "prime", "def prime() -> None:\n    import app\n")


def facts(
    *costs: Cost,
    losses: Sequence[Loss] = (),
    differences: Sequence[Difference] = (),
    prime: Prime | None = None,
    split: Split | None = None,
) -> Facts:
    return Facts({one.name: one for one in costs}, losses, differences, prime, split)


def parts(*lines: LineCost, connections_ms: float = 0.0, isolation_ms: float = 0.0) -> Split:
    return Split(isolation_ms, 0.0, connections_ms, sum(line.ms for line in lines), 20, lines)


@pytest.mark.parametrize(
    ("can_move", "taken_ms", "expected"),
    [
        (True, 30.0, INVOCATION),  # without the line it is within the limit
        (True, 29.0, WINDOW),
        (False, 30.0, WINDOW),
    ],
)
def test_less_protection_is_not_recommended_where_moving_a_line_is_enough(
    can_move: bool, taken_ms: float, expected: str
) -> None:
    line = LineCost("app.py:9", "c = client(…)", "handler", taken_ms, 1.0, connects=False, can_move=can_move)
    costs = (cost(PLAIN, 2.0), cost(INVOCATION, 2.0 + ACCEPTED_ADDED_MS + 30.0), cost(WINDOW, 3.0))
    advice = advise(facts(*costs, split=parts(line)))
    assert advice.settings.isolation == expected
    assert ("can move to init" in advice.reasons[0]) is (expected == INVOCATION)
    assert any("above `def handler`" in fix.how for fix in advice.fixes) is can_move


@pytest.mark.parametrize(
    ("plain", "invocation", "is_accepted"),
    [
        (1.0, 1.0 + ACCEPTED_ADDED_MS, True),  # at the limit in ms, far over the share
        (1.0, 1.01 + ACCEPTED_ADDED_MS, False),
        (1000.0, 1000.0 * (1 + ACCEPTED_ADDED_SHARE), True),  # at the share, far over the limit in ms
        (1000.0, 1000.1 * (1 + ACCEPTED_ADDED_SHARE), False),
    ],
)
def test_both_limits_must_be_passed(plain: float, invocation: float, is_accepted: bool) -> None:
    assert is_acceptable(cost(PLAIN, plain), invocation - plain) is is_accepted
    advice = advise(facts(cost(PLAIN, plain), cost(INVOCATION, invocation), cost(WINDOW, plain + 0.1)))
    assert advice.settings.isolation == (INVOCATION if is_accepted else WINDOW)


@pytest.mark.parametrize(
    ("low_ms", "is_busy", "is_undecided"),
    [
        (ACCEPTED_ADDED_MS + 0.1, False, False),
        (ACCEPTED_ADDED_MS, False, True),  # the median is over the limit, the low end is not
        (ACCEPTED_ADDED_MS + 0.1, True, True),
    ],
)
def test_less_protection_takes_a_quiet_machine_and_times_that_agree(
    low_ms: float, is_busy: bool, is_undecided: bool
) -> None:
    costs = (cost(PLAIN, 2.0), cost(INVOCATION, 42.0, added_low_ms=low_ms), cost(WINDOW, 3.0))
    given = Facts({one.name: one for one in costs}, (), (), None, is_busy=is_busy)
    advice = advise(given)
    assert advice.is_undecided is is_undecided
    assert advice.settings.isolation == (INVOCATION if is_undecided else WINDOW)


def test_a_busy_machine_does_not_matter_where_nothing_weaker_would_be_recommended() -> None:
    costs = (cost(PLAIN, 2.0), cost(INVOCATION, 5.0), cost(WINDOW, 3.0))
    assert not advise(Facts({one.name: one for one in costs}, (), (), None, is_busy=True)).is_undecided


def test_window_says_what_it_gives_up_and_what_makes_workers_dear() -> None:
    given = facts(
        cost(PLAIN, 2.0),
        cost(INVOCATION, 42.0),
        cost(WINDOW, 3.0),
        split=parts(connections_ms=30.0, isolation_ms=2.0),
    )
    advice = advise(given)
    assert advice.settings.isolation == WINDOW
    assert advice.settings.max_age == WINDOW_MAX_AGE
    assert advice.settings.max_invocations == 40
    assert advice.added_ms == pytest.approx(1.0)
    assert "30.0 ms connections, 2.0 ms isolation itself" in advice.reasons[0]
    assert "39 later events" in advice.gives_up[0]


def test_a_window_that_saves_nothing_is_not_recommended() -> None:
    advice = advise(facts(cost(PLAIN, 2.0), cost(INVOCATION, 42.0), cost(WINDOW, 42.0)))
    assert advice.settings.isolation == INVOCATION
    assert "would not reduce it" in advice.reasons[0]


@pytest.mark.parametrize(
    "window",
    [
        cost(WINDOW, None, unavailable="not in this version"),
        cost(WINDOW, 3.0, isolation=PROCESS, reasons=("a thread: start it later",)),
    ],
)
def test_a_window_that_did_not_run_is_not_recommended(window: Cost) -> None:
    advice = advise(facts(cost(PLAIN, 2.0), cost(INVOCATION, 42.0), window))
    assert advice.settings.isolation == INVOCATION


def test_process_is_recommended_only_where_no_fork_is_possible() -> None:
    cheap = advise(facts(cost(PLAIN, 2.0), cost(INVOCATION, 99.0), cost(WINDOW, 98.0), cost(PROCESS, 2.0)))
    assert cheap.settings.isolation == WINDOW
    forkless = cost(
        INVOCATION, 2.1, isolation=PROCESS, reasons=("thread 'x' started at init: start it later",)
    )
    advice = advise(facts(cost(PLAIN, 2.0), forkless, cost(PROCESS, 2.0)))
    assert advice.settings.isolation == PROCESS
    assert "thread 'x'" in advice.reasons[0]
    assert "all later ones" in advice.gives_up[0]
    assert advice.must_fix[0].how == "start it later"


@pytest.mark.parametrize(
    ("gain", "is_kept"), [(MIN_PRIME_GAIN_MS, True), (MIN_PRIME_GAIN_MS - 0.01, False), (-1.0, False)]
)
def test_a_warm_up_must_save_enough(gain: float, is_kept: bool) -> None:
    given = facts(cost(PLAIN, 1.0), cost(INVOCATION, 8.0), cost(PRIMED, 8.0 - gain), prime=PRIME)
    advice = advise(given)
    assert advice.settings.prime == ("dayfly_prime:prime" if is_kept else None)
    assert advice.measured_as == (PRIMED if is_kept else INVOCATION)
    assert advice.added_ms == pytest.approx(7.0 - gain if is_kept else 7.0)


def test_a_warm_up_can_make_invocation_acceptable() -> None:
    costs = (cost(PLAIN, 1.0), cost(INVOCATION, 60.0), cost(WINDOW, 2.0))
    assert advise(facts(*costs)).settings.isolation == WINDOW
    advice = advise(facts(*costs, cost(PRIMED, 4.0), prime=PRIME))
    assert advice.settings.isolation == INVOCATION
    assert advice.settings.prime == PRIME.setting


def test_a_warm_up_that_changes_answers_is_left_out() -> None:
    costs = (cost(PLAIN, 1.0), cost(INVOCATION, 9.0), cost(PRIMED, 2.0))
    changed = facts(*costs, prime=PRIME, differences=[difference(PRIMED, path="$.price")])
    assert advise(changed).settings.prime is None
    both = [difference(PRIMED, path="$.cold"), difference(INVOCATION, path="$.cold")]
    assert advise(facts(*costs, prime=PRIME, differences=both)).settings.prime == PRIME.setting


def test_a_warm_up_that_makes_the_function_unforkable_is_left_out() -> None:
    primed = cost(PRIMED, 1.5, isolation=PROCESS, reasons=("a socket: open it later",))
    advice = advise(facts(cost(PLAIN, 1.0), cost(INVOCATION, 9.0), primed, prime=PRIME))
    assert advice.settings.prime is None
    assert advice.settings.isolation == INVOCATION


def test_a_function_that_fails_in_a_fresh_worker_is_not_ready() -> None:
    broken = difference(path="", expected="an answer", got="an error (TimeoutError)")
    thread = loss("thread", "thread 'refresher'", consequence="started at init; not in a worker")
    given = facts(
        cost(PLAIN, 1.0), cost(INVOCATION, 2.0), cost(WINDOW, 1.1), losses=[thread], differences=[broken]
    )
    advice = advise(given)
    assert advice.headline.startswith("not yet")
    assert advice.has_failed
    assert any("refresher" in reason for reason in advice.reasons)
    assert advice.must_fix


def test_what_nobody_measured_is_not_taken_for_dear() -> None:
    advice = advise(facts(cost(PLAIN, 1.0), cost(INVOCATION, None, unavailable="refused")))
    assert advice.settings.isolation == INVOCATION
    assert advice.added_ms is None
    assert "could not be measured" in advice.reasons[0]


@pytest.mark.parametrize(
    ("fresh_ms", "count"),
    [(0.5, MIN_WINDOW), (10.0, 10), (10.1, 20), (99.0, 100), (5000.0, MAX_WINDOW)],
)
def test_a_window_is_as_small_as_its_cost_allows(fresh_ms: float, count: int) -> None:
    assert choose_window(fresh_ms) == count


def test_processor_time_takes_longer_below_a_whole_processor() -> None:
    assert at_memory_ms(2.0, MB_PER_CPU) == 2.0
    assert at_memory_ms(2.0, 10 * MB_PER_CPU) == 2.0
    assert at_memory_ms(2.0, MB_PER_CPU // 4) == pytest.approx(8.0, rel=0.01)


def test_files_that_invocations_share_are_named_as_candidates() -> None:
    given = facts(cost(PLAIN, 1.0), cost(INVOCATION, 2.0), losses=[loss("tmp", "/tmp/model/**")])
    assert advise(given).settings.keep == ("/tmp/model/**",)
