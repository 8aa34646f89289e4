"""Which worker may stay, which may take another event, and what it is told of its window."""

from __future__ import annotations

import _socket
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from tests.processes import process_that_cannot_run
from tests.supervisor.test_report import RecordingOutput

from dayfly._sys import fds
from dayfly.core import findings, frames
from dayfly.core.frames import Answer
from dayfly.core.settings import load_settings
from dayfly.supervisor.output import Pipes
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.residue import Cleaner
from dayfly.supervisor.stock import Stock
from dayfly.supervisor.sweep import Sweeper, Swept
from dayfly.supervisor.windows import Windows
from dayfly.supervisor.witness import Witness
from dayfly.supervisor.worker import Worker
from dayfly.supervisor.zygote import ZygoteLostError

RESULT = Answer(frames.RESULT, b"t", b"", 0)
ERROR = Answer(frames.ERROR, b"", b"{}", 0)


class FakeStock:
    """A zygote that may be lost."""

    def __init__(self) -> None:
        self.is_forking = True
        self.lost: list[str] = []

    def lose(self, fault: ZygoteLostError) -> None:
        self.lost.append(fault.reason)


class FakeSweeper:
    """Sweeps as told; something is born beside every worker, so that it is asked."""

    def __init__(self) -> None:
        self.staying = 0
        self.stayed: list[int] = []
        self.killed = 0
        self.is_proved = True
        self.fault: ZygoteLostError | None = None

    def sweep(self, _expected: set[int]) -> Swept:
        self.stayed.append(self.staying)
        if self.fault is not None:
            raise self.fault
        swept = Swept()
        swept.killed, swept.is_proved = self.killed, self.is_proved
        return swept


class FakeCleaner:
    """Finds residue as told."""

    def __init__(self) -> None:
        self.residue = False

    def has_residue(self) -> bool:
        return self.residue


class Rules:
    """Windows with everything around them faked but the worker's process."""

    def __init__(self, **variables: str) -> None:
        settings = load_settings({"DAYFLY_ISOLATION": "window", "DAYFLY_JITTER": "0", **variables}, {})
        self.output = RecordingOutput()
        self.reporter = Reporter(self.output, {})
        self.stock, self.sweeper, self.cleaner = FakeStock(), FakeSweeper(), FakeCleaner()
        self.life_left = float("inf")
        self.windows = Windows(
            settings,
            stock=cast(Stock, self.stock),
            sweeper=cast(Sweeper, self.sweeper),
            cleaner=cast(Cleaner, self.cleaner),
            reporter=self.reporter,
            witness=Witness(self.reporter, settings),
            seconds_left=lambda: self.life_left,
        )

    def told(self) -> list[str]:
        """The kinds of findings so far."""
        infos = [cast("dict[str, list[str]]", line["finding_info"]) for line, _ in self.output.lines]
        return [info["types"][0] for info in infos]

    def hand_over(self, worker: Worker, tenant: bytes | None = None) -> dict[str, str]:
        """As the loop does with an event."""
        if worker.window is None:
            self.windows.open(worker, tenant)
        told = self.windows.begin(worker)
        # So that the last pid has moved since: what was born beside the worker is looked for.
        subprocess.run(["/bin/true"], check=True)
        return told


@contextmanager
def sleeping() -> Iterator[tuple[Worker, _socket.socket]]:
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        try:
            with worker_of(process.pid) as (worker, theirs):
                yield worker, theirs
        finally:
            process.kill()


@contextmanager
def worker_of(pid: int) -> Iterator[tuple[Worker, _socket.socket]]:
    ours, theirs = fds.socket_pair()
    ours.setblocking(False)
    worker = Worker(1, pid, ours, Pipes(telemetry=True, merged=False))
    try:
        yield worker, theirs
    finally:
        theirs.close()
        worker.pipes.close_write_ends()
        worker.pipes.close()
        worker.close()


def test_a_worker_stays_stopped_and_alone() -> None:
    rules = Rules()
    with sleeping() as (worker, _):
        rules.hand_over(worker)
        assert rules.windows.stays(worker, RESULT)
        assert worker.await_pause(limit_s=0) == "paused"
        assert rules.sweeper.stayed == [worker.pid]
        assert rules.sweeper.staying == 0
        assert rules.windows.goes_on(worker, None)
        assert rules.told() == []


def test_who_stops_late_as_on_a_busy_machine_ends_his_window_and_is_not_accused(tmp_path: Path) -> None:
    rules = Rules()
    with process_that_cannot_run(tmp_path) as (process, release), worker_of(process.pid) as (worker, _):
        rules.hand_over(worker)
        assert not rules.windows.stays(worker, RESULT)
        assert rules.told() == []
        release()
        assert worker.await_pause(limit_s=10) == "paused"


def test_who_is_continued_is_told_from_who_stops_late() -> None:
    with sleeping() as (worker, _):
        worker.pause()
        assert worker.await_pause(limit_s=10) == "paused"
        worker.resume()
        assert worker.await_pause(limit_s=0.01) == "continued"


def test_a_window_ends_by_count() -> None:
    rules = Rules(DAYFLY_MAX_INVOCATIONS="2")
    with sleeping() as (worker, _):
        rules.hand_over(worker)
        assert rules.windows.stays(worker, RESULT)
        rules.hand_over(worker)
        assert not rules.windows.stays(worker, RESULT)
        assert not rules.windows.goes_on(worker, None)


@pytest.mark.parametrize("retire_on", ["", "error", "residue", "suspicion"])
def test_each_trigger_ends_a_window_where_it_is_asked_for(retire_on: str) -> None:
    def stays(trigger: str) -> bool:
        rules = Rules(DAYFLY_RETIRE_ON=retire_on)
        with sleeping() as (worker, _):
            rules.hand_over(worker)
            if trigger == "killed":
                rules.sweeper.killed = 1
            elif trigger == "files":
                rules.cleaner.residue = True
            elif trigger == "finding":
                rules.reporter.find(findings.INFECTED, "seen")
            elif trigger == "frames":
                os.write(worker.pipes.write_ends[2], b"no frame of the platform's at all, by far")
                worker.pipes.read(worker.pipes.read_ends[2])
                assert worker.pipes.dropped_bytes
            return rules.windows.stays(worker, ERROR if trigger == "error" else RESULT)

    ends = {trigger for trigger in ("error", "killed", "files", "finding", "frames") if not stays(trigger)}
    assert (
        ends
        == {
            "": set(),
            "error": {"error"},
            "residue": {"killed", "files"},
            "suspicion": {"killed", "finding", "frames"},
        }[retire_on]
    )


def test_what_was_found_after_the_answer_ends_a_window_before_the_next_event() -> None:
    rules = Rules()
    with sleeping() as (worker, _):
        rules.hand_over(worker)
        assert rules.windows.stays(worker, RESULT)
        rules.reporter.find(findings.INFECTED, "the platform had an answer already")
        assert not rules.windows.goes_on(worker, None)


def test_what_was_found_of_an_earlier_window_is_not_held_against_the_next() -> None:
    rules = Rules()
    rules.reporter.find(findings.FILE_LEFT, "left")
    with sleeping() as (worker, _):
        rules.hand_over(worker)
        assert rules.windows.stays(worker, RESULT)


# Whatever the setting says.
ALWAYS = ["unproved", "zygote lost", "spoke", "spoke more", "unread event", "runs on"]


@pytest.mark.parametrize("why", ALWAYS)
def test_a_window_ends_whatever_the_setting_says(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(DAYFLY_RETIRE_ON="")
    with sleeping() as (worker, theirs):
        rules.hand_over(worker)
        if why == "unproved":
            rules.sweeper.is_proved = False
        elif why == "zygote lost":
            rules.sweeper.fault = ZygoteLostError("it ended", None)
        elif why == "spoke":
            theirs.sendall(b"x")
        elif why == "spoke more":
            worker.said_more = True
        elif why == "unread event":
            worker.begin({}, bytes(8_000_000))
            assert worker.has_unsent
        else:
            # As one whom a kernel timer continues.
            monkeypatch.setattr(Worker, "pause", lambda one: os.kill(one.pid, signal.SIGCONT))
        assert not rules.windows.stays(worker, RESULT)
    told = {"spoke": True, "spoke more": True, "unread event": True, "runs on": True}.get(why, False)
    assert rules.told() == (["worker.hostile"] if told else [])
    assert rules.stock.lost == (["it ended"] if why == "zygote lost" else [])


@pytest.mark.parametrize("why", ["spoke", "ended"])
def test_a_worker_that_spoke_or_ended_between_two_events_takes_no_other(why: str) -> None:
    rules = Rules(DAYFLY_RETIRE_ON="")
    with sleeping() as (worker, theirs):
        rules.hand_over(worker)
        assert rules.windows.stays(worker, RESULT)
        if why == "spoke":
            theirs.sendall(b"x")
        else:
            worker.kill()
        assert not rules.windows.goes_on(worker, None)


@pytest.mark.parametrize(
    ("first", "second", "goes_on"),
    [(b"a", b"a", True), (b"a", b"b", False), (b"a", b"", False), (b"a", None, True)],
)
def test_a_worker_goes_on_for_its_own_tenant_alone(first: bytes, second: bytes | None, goes_on: bool) -> None:
    rules = Rules()
    with sleeping() as (worker, _):
        rules.hand_over(worker, first)
        assert rules.windows.stays(worker, RESULT)
        assert rules.windows.goes_on(worker, second) is goes_on


def test_a_worker_of_nobodys_event_does_not_stay() -> None:
    rules = Rules()
    with sleeping() as (worker, _):
        rules.hand_over(worker, b"")
        assert not rules.windows.stays(worker, RESULT)
        assert not rules.windows.goes_on(worker, b"")


def test_a_worker_is_told_how_much_is_left_of_its_window() -> None:
    rules = Rules(DAYFLY_MAX_INVOCATIONS="5", DAYFLY_MAX_AGE="100")
    with sleeping() as (worker, _):
        events, seconds = frames.unpack_window(rules.hand_over(worker)[frames.WINDOW_HEADER])
        assert events == 5
        assert 90 < seconds <= 100
        assert rules.windows.stays(worker, RESULT)
        rules.life_left = 7.0
        assert frames.unpack_window(rules.hand_over(worker)[frames.WINDOW_HEADER]) == (4, 7.0)


def test_where_tenants_are_told_apart_each_event_may_be_the_last() -> None:
    rules = Rules()
    with sleeping() as (worker, _):
        events, _seconds = frames.unpack_window(rules.hand_over(worker, b"a")[frames.WINDOW_HEADER])
        assert events == 1


def test_outside_window_isolation_there_is_no_window() -> None:
    rules = Rules(DAYFLY_ISOLATION="invocation")
    with sleeping() as (worker, _):
        assert rules.hand_over(worker) == {}
        assert not rules.windows.stays(worker, RESULT)
        assert not rules.windows.goes_on(worker, None)
        rules.stock.is_forking = False
        assert rules.windows.goes_on(worker, None), "process isolation keeps its process"
    assert not rules.windows.goes_on(None, None)
