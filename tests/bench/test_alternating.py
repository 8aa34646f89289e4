"""Contestants are started, invoked in turn and judged each by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from bench.alternating import (
    Deadline,
    Failed,
    Function,
    Line,
    Missing,
    Outcome,
    Pace,
    Run,
    lines,
    not_forkable,
    pin,
    race,
)
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, Contestant
from bench.measuring import OutOfTimeError

TINY = Pace(invocations=10, warm_up=2, starts=2)
SMALL = Function("small", FUNCTIONS, "small.handler", lambda label, number: {"n": number})


def _python(contestant: Contestant) -> Path:
    return Path(sys.executable)


def test_every_contestant_has_all_its_samples() -> None:
    warm: list[bool] = []
    outcomes = race(
        SMALL,
        (PLAIN, INVOCATION),
        TINY,
        python_of=_python,
        deadline=Deadline(60),
        when_warm=lambda: warm.append(True),
    )
    assert [*outcomes] == [PLAIN.name, INVOCATION.name]
    assert warm == [True]
    for outcome in outcomes.values():
        assert isinstance(outcome, Run)
        assert len(outcome.answer_ms) == len(outcome.cycle_ms) == TINY.invocations
        assert len(outcome.init_ms) == TINY.starts
        assert all(
            0 < answer <= cycle for answer, cycle in zip(outcome.answer_ms, outcome.cycle_ms, strict=True)
        )
        assert outcome.fell_back == ""


def test_a_contestant_that_fails_leaves_the_others_running(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os\n"
        "def handler(event, context):\n"
        "    if event['n'] >= 5 and os.environ.get('BROKEN') == 'later': raise ValueError('no more')\n"
        "    return {}\n"
        "if os.environ.get('BROKEN') == 'init': raise RuntimeError('no start')\n"
    )
    function = Function("app", tmp_path, "app.handler", lambda label, number: {"n": number})
    later = Contestant("later", "plain", {"BROKEN": "later"})
    init = Contestant("init", "plain", {"BROKEN": "init"})
    outcomes = race(function, (PLAIN, later, init), TINY, python_of=_python, deadline=Deadline(60))
    assert isinstance(outcomes[PLAIN.name], Run)
    failed_later, failed_init = outcomes["later"], outcomes["init"]
    assert isinstance(failed_later, Failed)
    assert "no more" in failed_later.reason
    assert isinstance(failed_init, Failed)
    assert "no start" in failed_init.reason
    assert [type(line) for line in lines("app", outcomes)] == [Line, Missing, Missing]


def test_a_function_that_cannot_be_forked_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=lambda: time.sleep(60), daemon=True).start()\n"
        "def handler(event, context): return {}\n"
    )
    function = Function("app", tmp_path, "app.handler", lambda label, number: {})
    refusing = Contestant("refusing", "dayfly", {**INVOCATION.settings, "DAYFLY_FORK_THREADS": "refuse"})
    outcome = race(function, (refusing,), TINY, python_of=_python, deadline=Deadline(60))["refusing"]
    assert isinstance(outcome, Run)
    assert "thread" in outcome.fell_back
    (line,) = lines("app", {"refusing": outcome})
    assert line.note.startswith("process isolation")


def test_a_log_without_the_finding_is_no_fallback() -> None:
    assert not_forkable("zygote.not-forkable is what somebody printed\n{}\n") == ""


def test_added_is_the_difference_of_medians_and_plain_has_none() -> None:
    plain = Run([10.0], 5.0, [1.0, 2.0, 9.0], [2.0, 3.0, 10.0], 0.5)
    ours = Run([30.0, 20.0, 40.0], 6.0, [3.0], [5.0], 2.5)
    base, other = lines("f", {PLAIN.name: plain, "ours": ours})
    assert isinstance(base, Line)
    assert isinstance(other, Line)
    assert (base.added_answer_ms, base.added_cycle_ms, base.added_processor_ms) == (None, None, None)
    assert (other.added_answer_ms, other.added_cycle_ms, other.added_processor_ms) == (1.0, 2.0, 2.0)
    assert (other.init_ms, other.first_ms, other.samples) == (30.0, 6.0, 1)


def test_without_plain_nothing_is_said_to_be_added() -> None:
    outcomes: dict[str, Outcome] = {PLAIN.name: Failed("broken"), "ours": Run([1.0], 1.0, [1.0], [1.0], 1.0)}
    (_, ours) = lines("f", outcomes)
    assert isinstance(ours, Line)
    assert ours.added_answer_ms is None


def test_a_deadline_that_has_passed_ends_the_race() -> None:
    moments = iter([0.0, 61.0])
    with pytest.raises(OutOfTimeError):
        race(SMALL, (PLAIN,), TINY, python_of=_python, deadline=Deadline(60, now=lambda: next(moments)))


def test_a_pin_puts_this_process_on_one_processor() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        assert pin(False) is None
        assert os.sched_getaffinity(0) == allowed
        chosen = pin(True)
        assert os.sched_getaffinity(0) == {chosen}
    finally:
        os.sched_setaffinity(0, allowed)
