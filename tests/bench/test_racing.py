"""A race measures what happens under the emulator: who forks faults more, and who fails or answers otherwise is out, alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from bench.contestants import CHILD, DEFAULT, PLAIN, Function
from bench.racing import Deadline, OutOfTimeError, Pace, not_forkable, race, told
from tests.attacks.shop import needs_confinement
from tests.real.environment import real_python
from tests.rie import ROOT, Rie

TINY = Pace(lives=2, warm_up=1, invocations=5)
APP = """
import os

def handler(event, context):
    if event["n"] and os.environ.get("FAILS"):
        raise ValueError("no")
    return {"n": event["n"] + int(os.environ.get("MORE", "0"))}
"""


@pytest.fixture
def function(tmp_path: Path) -> Function:
    (tmp_path / "app.py").write_text(APP)
    return Function("app", "app.handler", tmp_path)


@needs_confinement()
def test_plain_a_child_and_dayfly_are_counted_alike(function: Function) -> None:
    pace = replace(TINY, starts=2)
    courses = race(
        function, (PLAIN, CHILD, DEFAULT), pace, Deadline(500), python=real_python(), counts_calls=False
    )
    assert [*courses] == [PLAIN.name, CHILD.name, DEFAULT.name]
    for course in courses.values():
        assert (course.failed, course.note) == ("", "")
        assert [sum(map(len, life.whole_ms)) for life in course.lives] == [5, 5]
        assert all(min(life.first_ms, life.init_ms, *life.whole_ms[0]) > 0 for life in course.lives)
        assert all(life.memory_kb for life in course.lives)
    plain, child, dayfly = (course.lives[-1] for course in courses.values())
    assert plain.worker_faults == 0
    assert child.worker_faults is not None
    assert dayfly.worker_faults is not None
    assert min(child.worker_faults, dayfly.worker_faults) > 100
    # A worker is rehearsed before its event, a bare child is not. A busy machine leaves some uncounted.
    children, workers = (
        [life.waiting_faults for life in courses[one.name].lives if life.waiting_faults is not None]
        for one in (CHILD, DEFAULT)
    )
    assert 0 < min(workers) < max(children)


@dataclass(frozen=True)
class _Unconfined:
    """Plain awslambdaric with variables of its own."""

    name: str
    environment: dict[str, str]

    def under_emulator(self, function: Function, python: Path, folder: Path) -> Rie:
        return Rie(
            function.folder,
            function.handler,
            runtime="plain",
            interpreter=python,
            environment=self.environment,
        )


def test_who_fails_or_answers_otherwise_is_out_and_nobody_else(function: Function) -> None:
    whom = [
        _Unconfined("plain", {}),
        _Unconfined("failing", {"FAILS": "1"}),
        _Unconfined("other", {"MORE": "1"}),
        _Unconfined("same", {}),
    ]
    courses = race(function, whom, TINY, Deadline(500), python=Path(sys.executable), counts_calls=False)
    assert courses["plain"].failed == courses["same"].failed == ""
    assert len(courses["same"].lives) == TINY.lives
    assert "ValueError" in courses["failing"].failed
    assert "the answer to event 0 was not plain awslambdaric's" in courses["other"].failed


def test_a_measurement_is_given_up_at_its_deadline(function: Function) -> None:
    moments = iter([0.0, 200.0])
    deadline = Deadline(150, now=lambda: next(moments))
    with pytest.raises(OutOfTimeError, match="150"):
        race(function, [_Unconfined("plain", {})], TINY, deadline, python=Path(sys.executable))


def test_a_program_s_words_are_one_line_without_this_place() -> None:
    assert told(f"\x1b[31mred\x1b[0m\n  in {ROOT}/x") == "red in …/x"


def test_only_dayfly_s_own_finding_says_that_it_fell_back() -> None:
    finding = '{"finding_info": {"uid": "zygote.not-forkable"}, "message": "a thread"}'
    assert not_forkable(f"x\n{finding}\n") == "a thread"
    assert not_forkable('{"message": "zygote.not-forkable"}\n') == ""
