"""Contestants are started, frozen, invoked in turn and accounted for in a real lab; who answers otherwise has failed."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from bench.workloads.catalogue import Workload
from bench.workloads.contestants import Contestant, choose
from bench.workloads.racing import Pace, Watch, race
from bench.workloads.samples import BARE, Course

from dayfly.lab.gauntlet.plugins import find_protections
from dayfly.lab.gauntlet.protection import Protection, UnavailableError
from dayfly.lab.gauntlet.protections.bare import Bare
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig

PACE = Pace(lives=2, warm_up=1, min_rounds=2, max_rounds=3)
HANDLER = """
import os, time
kind = os.environ.get("KIND")
if kind == "no-init":
    raise RuntimeError("no start")
def handler(event, context):
    if kind == "late" and event["number"] >= 3:
        raise ValueError("no more")
    if kind == "dies" and event["number"] == 3:
        os._exit(1)
    return {"number": event["number"] + (1 if kind == "wrong" and event["number"] == 4 else 0)}
"""


class Kinds(Protection):
    """Each isolation is a way to go wrong."""

    name: ClassVar[str] = "kinds"
    title: ClassVar[str] = "goes wrong"
    isolations: ClassVar[tuple[str, ...]] = (
        "no-init",
        "late",
        "dies",
        "wrong",
        "refused",
        "elsewhere",
        "right",
    )

    def version(self) -> str:
        return ""

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        if isolation == "refused":
            raise UnavailableError("it cannot be put on this function")
        if isolation == "elsewhere":
            return dataclasses.replace(function, python=folder / "python")
        assert (folder / "app.py").is_file()
        return dataclasses.replace(function, environment={**function.environment, "KIND": isolation})


def _race(
    contestants: Sequence[Contestant], pace: Pace, *, seconds: float = 60.0, packages: bool = False
) -> Mapping[str, Course]:
    async def run() -> Mapping[str, Course]:
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "code").mkdir()
            (Path(place) / "copies").mkdir()
            (Path(place) / "code" / "app.py").write_text(HANDLER)
            workload = Workload(
                "app", "own", "", "app.handler", folder=Path(place) / "code", packages=packages
            )
            async with Lab() as lab:
                return await race(
                    lab,
                    Watch(lab),
                    workload,
                    contestants,
                    pace,
                    python=Path(sys.executable),
                    folder=Path(place) / "copies",
                    seconds=seconds,
                )

    return asyncio.run(run())


@pytest.fixture(scope="module")
def courses() -> Mapping[str, Course]:
    """One race of them all."""
    return _race(choose(["dayfly:process", "kinds"], {**find_protections(), Kinds.name: Kinds()}), PACE)


@pytest.mark.parametrize("name", [BARE, "dayfly:process", "kinds:right"])
def test_every_life_has_all_its_samples(courses: Mapping[str, Course], name: str) -> None:
    course = courses[name]
    assert not course.failed
    assert len(course.lives) == PACE.lives
    for life in course.lives:
        assert life.init_ms > 10
        assert life.first_ms > 0
        assert len(life.answer_ms) == len(life.until_next_ms) == len(life.per_second) == PACE.max_rounds
        for answers, nexts in zip(life.answer_ms, life.until_next_ms, strict=True):
            assert len(answers) == len(nexts)
            assert all(0 < answer <= after for answer, after in zip(answers, nexts, strict=True))
        assert life.processor_ms is not None
        assert life.faults is not None
        if os.geteuid() == 0:
            assert life.pss_kb is not None
            assert life.dirty_kb is not None
            assert 1_000 < life.dirty_kb < 200_000
            assert life.pss_kb < 200_000


@pytest.mark.parametrize(
    ("isolation", "reason"),
    [
        ("no-init", "no start"),
        ("late", "no more"),
        ("dies", "answered with an error"),
        ("wrong", "not plain awslambdaric's, the first to event 4"),
        ("refused", "cannot be put on"),
    ],
)
def test_who_goes_wrong_has_failed_with_the_reason(
    courses: Mapping[str, Course], isolation: str, reason: str
) -> None:
    assert reason in courses[f"kinds:{isolation}"].failed


def test_who_has_an_interpreter_of_its_own_is_not_measured_where_packages_are_needed() -> None:
    pace = Pace(lives=1, warm_up=0, min_rounds=1, max_rounds=1)
    courses = _race(choose(["kinds:elsewhere"], {BARE: Bare(), Kinds.name: Kinds()}), pace, packages=True)
    assert courses[BARE].lives
    assert not courses["kinds:elsewhere"].failed
    assert courses["kinds:elsewhere"].note.startswith("not measured")


def test_a_runtime_that_leaves_after_each_answer_has_no_processes_to_account_for() -> None:
    pace = Pace(lives=1, warm_up=0, min_rounds=2, max_rounds=2)
    courses = _race(choose(["exit-loop"]), pace)
    (life,) = courses["exit-loop"].lives
    assert len(life.answer_ms) == 2
    assert (life.pss_kb, life.dirty_kb, life.processor_ms, life.faults) == (None, None, None, None)


def test_time_that_is_up_ends_the_rounds_and_not_the_least_of_them() -> None:
    pace = Pace(lives=3, warm_up=0, min_rounds=2, max_rounds=1_000)
    (course,) = _race(choose([BARE]), pace, seconds=0.0).values()
    assert [len(life.answer_ms) for life in course.lives] == [2, 2]
