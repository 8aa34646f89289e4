"""When an environment is renewed, and whether the zygote that serves waits beside the init or goes before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import cast

import pytest
from tests.supervisor.test_report import RecordingOutput

from dayfly._sys import proc
from dayfly.core.handshake import Ready
from dayfly.core.settings import load_settings
from dayfly.supervisor import renewal
from dayfly.supervisor.renewal import NotCleanError, Renewal
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.residue import Cleaner
from dayfly.supervisor.stock import Stock
from dayfly.supervisor.sweep import Sweeper, Swept
from dayfly.supervisor.zygote import Zygote, ZygoteLostError


class FakeZygote:
    """Stands for a process of this one's size."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pid = os.getpid()
        self.is_forking = False
        self.is_ended = False

    def end(self) -> None:
        self.is_ended = True


class FakeStock:
    """Holds one zygote, and no spares."""

    def __init__(self, zygote: FakeZygote, log: list[str]) -> None:
        self.zygote: FakeZygote | None = zygote
        self.is_forking = True
        self.is_old = 0.0
        self._log = log

    def is_stale(self, share: float) -> bool:
        return self.is_old >= share

    def adopt(self, zygote: FakeZygote, _ready: Ready) -> None:
        self.zygote = zygote
        self._log.append(f"adopt {zygote.name}")

    def drop(self) -> None:
        if self.zygote is not None:
            self._log.append(f"drop {self.zygote.name}")
        self.zygote = None

    def drop_spares(self) -> None:
        self._log.append("drop spares")


class Surroundings:
    """A renewal with everything around it faked; `log` says what happened in which order."""

    def __init__(self, *, max_age: str = "100", forks: bool = True) -> None:
        self.log: list[str] = []
        self.limits: list[float | None] = []
        self.is_pending = False
        self.output = RecordingOutput()
        self.reporter = Reporter(self.output, {})
        self.zygote = FakeZygote("old")
        self.stock = FakeStock(self.zygote, self.log)
        self.stock.is_forking = forks
        self.is_bare = True
        self.failed = 0
        self.is_proved = True
        self.fault = ""
        self.reasons: list[str] = []
        self.now = 1000.0
        self.renewal = Renewal(
            load_settings({"DAYFLY_ENVIRONMENT_MAX_AGE": max_age, "DAYFLY_JITTER": "0"}, {}),
            stock=cast(Stock, self.stock),
            sweeper=cast(Sweeper, self),
            cleaner=cast(Cleaner, _FakeCleaner(self)),
            reporter=self.reporter,
            rebuild=self.rebuild,
        )
        self.renewal.adopt(cast(Zygote, self.zygote), Ready(), init_s=2.0)
        self.log.clear()

    def sweep(self, _expected: set[int]) -> Swept:
        self.log.append("sweep")
        swept = Swept()
        swept.is_proved = self.is_proved
        return swept

    def rebuild(self, limit_s: float | None) -> tuple[Zygote, Ready]:
        self.log.append("init")
        self.limits.append(limit_s)
        if self.fault:
            raise ZygoteLostError(self.fault, 1)
        return cast(Zygote, FakeZygote("new")), Ready(self.reasons)

    def told(self) -> list[str]:
        infos = [cast("dict[str, list[str]]", line["finding_info"]) for line, _ in self.output.lines]
        return [info["types"][0] for info in infos]


class _FakeCleaner:
    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def is_bare(self) -> bool:
        return self._around.is_bare

    @property
    def is_pending(self) -> bool:
        return self._around.is_pending

    def empty(self, *, has_time: Callable[[], bool]) -> int:
        self._around.log.append("empty" if has_time() else "empty without time")
        return self._around.failed

    def remember(self) -> None:
        self._around.log.append("remember")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    times = {"now": 1000.0}
    monkeypatch.setattr(renewal, "read_clocks", lambda: (times["now"], times["now"]))
    return times


BESIDE = ["drop spares", "init", "drop old", "adopt new", "remember", "sweep"]
BEFORE = ["drop old", "sweep", "empty", "init", "adopt new", "remember"]


def test_a_zygote_that_serves_waits_beside_the_init(clock: dict[str, float]) -> None:
    around = Surroundings()
    around.renewal.renew(10.0)
    assert around.log == BESIDE
    (limit,) = around.limits
    assert limit is not None
    assert 9 < limit <= 9.5, "a part of the time is kept for what comes after"
    assert around.told() == ["environment.renewed"]


@pytest.mark.parametrize("why", ["init left files", "process isolation", "memory"])
def test_where_it_cannot_wait_it_goes_before_the_init(
    why: str, clock: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Surroundings(forks=why != "process isolation")
    around.is_bare = why != "init left files"
    if why == "memory":
        monkeypatch.setattr(proc, "available_bytes", lambda: proc.resident_bytes(os.getpid()))
    around.renewal.renew(10.0)
    assert around.log == BEFORE
    assert around.told() == ["environment.renewed"]


def test_files_that_there_is_no_time_to_remove_wait_for_the_next_event(clock: dict[str, float]) -> None:
    around = Surroundings()
    around.is_bare, around.is_pending = False, True
    around.renewal.renew(10.0)
    assert around.log == ["drop old", "sweep", "empty"]
    assert around.told() == ["environment.not-renewed"]
    around.is_pending = False
    around.renewal.replace()
    assert around.limits == [None]


def test_a_host_that_does_not_tell_its_memory_has_none_to_spare(
    clock: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "available_bytes", lambda: -1)
    around = Surroundings()
    around.renewal.renew(10.0)
    assert around.log == BEFORE


@pytest.mark.parametrize("fault", ["it ended", ""])
def test_a_zygote_that_waited_goes_on_if_the_init_fails_or_what_it_made_cannot_be_forked(
    fault: str, clock: dict[str, float]
) -> None:
    around = Surroundings()
    around.fault = fault
    around.reasons = [] if fault else ["a socket is open"]
    around.renewal.renew(10.0)
    assert around.log == ["drop spares", "init", "sweep", "empty", "remember"]
    assert around.stock.zygote is around.zygote
    assert not around.zygote.is_ended
    assert around.told() == ["environment.not-renewed"]


def test_while_a_fork_is_under_way_nothing_is_initialised(clock: dict[str, float]) -> None:
    around = Surroundings()
    around.zygote.is_forking = True
    around.renewal.renew(10.0)
    assert around.log == ["drop spares"]
    assert around.told() == []


def test_what_cannot_be_cleaned_retires_the_environment(clock: dict[str, float]) -> None:
    for beside in (True, False):
        around = Surroundings()
        around.is_bare = beside
        around.is_proved = False
        with pytest.raises(NotCleanError, match="could not be ended"):
            around.renewal.renew(10.0)
        around = Surroundings()
        around.is_bare, around.failed, around.fault = beside, 3, "it ended"
        with pytest.raises(NotCleanError, match="could not be removed"):
            around.renewal.renew(10.0)


@pytest.mark.parametrize(
    ("seconds", "left_s", "expected"),
    [
        (99.9, 60.0, False),
        (100.0, 60.0, True),
        (100.0, 3.6, True),  # an init of 2 s, half of that again, and a reserve
        (100.0, 3.4, False),
        (100.0, -1.0, False),
    ],
)
def test_it_is_time_at_the_age_where_the_init_fits(
    seconds: float, left_s: float, expected: bool, clock: dict[str, float]
) -> None:
    around = Surroundings()
    clock["now"] += seconds
    assert around.renewal.is_time(left_s) is expected


def test_it_is_time_for_a_zygote_after_an_answer_before_it_is_for_an_event_to_wait(
    clock: dict[str, float],
) -> None:
    around = Surroundings(max_age="0")
    around.stock.is_old = 0.9
    assert around.renewal.is_time(60.0)
    assert not around.renewal.is_time(60.0, share=1.0)
    around.stock.is_old = 1.0
    assert around.renewal.is_time(60.0, share=1.0)
    assert not around.renewal.is_time(1.0, share=1.0)
    around.fault = "it ended"
    around.renewal.renew(60.0)
    assert not around.renewal.is_time(60.0, share=1.0), "tried again with every event"
    clock["now"] += 61
    assert around.renewal.is_time(60.0, share=1.0)


def test_after_a_failure_it_is_tried_again_a_while_later(clock: dict[str, float]) -> None:
    around = Surroundings()
    around.fault = "it ended"
    clock["now"] += 100
    around.renewal.renew(10.0)
    assert not around.renewal.is_time(60.0)
    clock["now"] += 59
    assert not around.renewal.is_time(60.0)
    clock["now"] += 2
    assert around.renewal.is_time(60.0)


def test_after_an_init_another_life_begins(clock: dict[str, float]) -> None:
    around = Surroundings()
    clock["now"] += 100
    assert around.renewal.seconds_left() == 0
    around.renewal.replace()
    assert around.log == ["drop old", "sweep", "empty", "init", "adopt new", "remember"]
    assert around.renewal.seconds_left() == 100
    assert around.told() == [], "a zygote that was lost is told of by who lost it"


def test_an_environment_that_nobody_has_time_to_renew_is_told_of_once(clock: dict[str, float]) -> None:
    around = Surroundings()
    clock["now"] += 105
    assert not around.renewal.is_time(1.0)
    assert around.told() == []
    clock["now"] += 10
    for _ in range(3):
        assert not around.renewal.is_time(1.0)
    assert around.told() == ["environment.not-renewed"]


def test_without_an_age_it_is_never_time(clock: dict[str, float]) -> None:
    around = Surroundings(max_age="0")
    clock["now"] += 1e9
    assert not around.renewal.is_time(60.0)
    assert around.renewal.seconds_left() == float("inf")
