"""The times of an invocation: the platform's, and the one at which a worker is ended before it."""

from __future__ import annotations

import pytest

from dayfly.core.settings import load_settings
from dayfly.supervisor import timing as module
from dayfly.supervisor.timing import Timing


class Clock:
    """Stands still, so that nothing has passed by the time it is looked at."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def time(self) -> float:
        return self.now + 1e9

    def monotonic(self) -> float:
        return self.now


CLOCK = Clock()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", CLOCK)


def begun(left_s: float, **variables: str) -> Timing:
    timing = Timing(load_settings(variables, {}))
    timing.begin({"lambda-runtime-deadline-ms": str(round((CLOCK.time() + left_s) * 1000))})
    return timing


def test_the_platforms_time_is_the_deadline() -> None:
    timing = begun(30.0)
    assert timing.left() == pytest.approx(30.0, abs=0.01)
    assert timing.worker_until is None, "unless asked for, a timeout is the platform's"


@pytest.mark.parametrize(
    ("left_s", "margin", "expected"),
    [
        (30.0, "0.2", 29.8),
        (30.0, "0", 30.0),
        (3.0, "1", 2.0),
        (1.0, "0.9", 0.5),  # half of the time is the worker's, whatever the margin
        (1.0, "1h", 0.5),
    ],
)
def test_a_worker_is_ended_by_a_margin_earlier(left_s: float, margin: str, expected: float) -> None:
    timing = begun(left_s, DAYFLY_ON_TIMEOUT="answer", DAYFLY_TIMEOUT_MARGIN=margin)
    assert timing.worker_until is not None
    assert timing.worker_until - (timing.until - left_s) == pytest.approx(expected, abs=0.01)


def test_an_event_whose_time_is_over_already_is_left_to_the_platform() -> None:
    assert begun(-5.0, DAYFLY_ON_TIMEOUT="answer").worker_until is None


@pytest.mark.parametrize("text", ["", "soon", "-", "٣", "9" * 20])
def test_without_a_deadline_nothing_is_ended_early(text: str) -> None:
    timing = Timing(load_settings({"DAYFLY_ON_TIMEOUT": "answer"}, {}))
    timing.begin({"lambda-runtime-deadline-ms": text})
    assert timing.worker_until is None
    assert timing.left() == 3.0


@pytest.mark.parametrize(("left_s", "timeout_s"), [(2.98, 3), (3.01, 3), (0.999, 1), (899.5, 900), (2.4, 3)])
def test_the_functions_timeout_is_the_whole_number_of_seconds_that_was_given(
    left_s: float, timeout_s: int
) -> None:
    assert begun(left_s).timeout_s == timeout_s


def test_an_event_that_waited_for_an_init_does_not_make_the_timeout_shorter() -> None:
    timing = begun(9.99)
    timing.begin({"lambda-runtime-deadline-ms": str(round((CLOCK.time() + 4.2) * 1000))})
    assert timing.timeout_s == 10


def test_the_longest_answer_is_remembered() -> None:
    timing = begun(30.0)
    CLOCK.now += 5.0
    timing.answered()
    assert timing.longest_s == 5.0
    timing.begin({})
    CLOCK.now += 2.0
    timing.answered()
    assert timing.longest_s == 5.0


def test_an_event_can_do_without_a_quarter_of_its_time_and_never_without_what_others_took() -> None:
    timing = begun(100.0)
    assert timing.spare_s() == pytest.approx(25, abs=0.01)
    timing.longest_s = 90.0
    assert timing.spare_s() == pytest.approx(10, abs=0.01)
    timing.longest_s = 101.0
    assert timing.spare_s() < 0
    early = begun(100.0, DAYFLY_ON_TIMEOUT="answer", DAYFLY_TIMEOUT_MARGIN="40")
    assert early.spare_s() == pytest.approx(15, abs=0.01)
