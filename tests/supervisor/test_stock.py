"""The zygote's keeping: when it is too old, what its loss costs, and that its spares go with it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from tests.supervisor.test_report import RecordingOutput

from dayfly._sys import fds
from dayfly.core.handshake import Ready
from dayfly.core.settings import load_settings
from dayfly.supervisor import stock as module
from dayfly.supervisor.keeper import Keeper, Kept
from dayfly.supervisor.output import Pipes
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.stock import Stock
from dayfly.supervisor.sweep import Sweeper
from dayfly.supervisor.worker import Worker
from dayfly.supervisor.zygote import Zygote, ZygoteLostError

SOON = 0.8


class FakeZygote:
    """Gives processes that sleep for workers."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.asked: list[int] = []
        self.buried: list[int] = []
        self.is_ended = False
        self.is_killed = False
        self.is_resting = False
        self.fault = ""
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def is_forking(self) -> bool:
        return len(self.asked) > len(self.processes)

    def ask_for_worker(self, number: int) -> None:
        if self.fault:
            raise ZygoteLostError(self.fault, None)
        self.asked.append(number)

    def take_worker(self, *, limit_s: float = 5.0) -> Worker | None:
        if not self.is_forking or limit_s == 0:
            return None
        ours, theirs = fds.socket_pair()
        theirs.close()
        pipes = Pipes(telemetry=False, merged=False)
        pipes.close_write_ends()
        self.processes.append(subprocess.Popen(["/bin/sleep", "600"]))
        return Worker(self.asked[-1], self.processes[-1].pid, ours, pipes)

    def bury(self, pid: int) -> None:
        self.buried.append(pid)

    def rest(self) -> None:
        if self.fault:
            raise ZygoteLostError(self.fault, None)
        self.is_resting = True

    def is_dying(self) -> bool:
        return self.is_killed

    def tidy(self) -> None:
        """Nothing is ever left to tidy."""

    def end(self) -> None:
        self.is_ended = True


class FakeKeeper:
    """What a stock tells its keeper, and what that one finds."""

    def __init__(self) -> None:
        self.adopted: list[tuple[object, bool]] = []
        self.killed = 0
        self.spoils = 0
        self.must_rebuild = False
        self.retire = ""

    def adopt(self, zygote: object, *, is_forking: bool) -> None:
        self.adopted.append((zygote, is_forking))

    def note_killed_spare(self) -> None:
        self.killed += 1

    def check(self, _zygote: object, spares: list[Worker]) -> Kept:
        kept = Kept()
        kept.retire, kept.must_rebuild, kept.spoilt = self.retire, self.must_rebuild, spares[: self.spoils]
        return kept


class Keeping:
    """A stock with a zygote that is faked."""

    def __init__(
        self,
        *,
        expires_at: float = 0.0,
        reasons: list[str] | None = None,
        runs_ahead: bool = False,
        has_threads: bool = False,
        **variables: str,
    ) -> None:
        settings = load_settings(variables, {})
        self.output = RecordingOutput()
        self.sweeper = Sweeper()
        self.zygote = FakeZygote()
        self.keeper = FakeKeeper()
        self.stock = Stock(
            settings,
            sweeper=self.sweeper,
            output=self.output,
            reporter=Reporter(self.output, {}),
            keeper=cast(Keeper, self.keeper),
        )
        ready = Ready(reasons, expires_at=expires_at, runs_ahead=runs_ahead, has_threads=has_threads)
        self.stock.adopt(cast(Zygote, self.zygote), ready)

    def told(self) -> list[str]:
        infos = [cast("dict[str, list[str]]", line["finding_info"]) for line, _ in self.output.lines]
        return [info["types"][0] for info in infos]


@contextmanager
def keeping(
    isolation: str = "invocation", *, runs_ahead: bool = False, has_threads: bool = False
) -> Iterator[Keeping]:
    found = Keeping(runs_ahead=runs_ahead, has_threads=has_threads, DAYFLY_ISOLATION=isolation)
    try:
        yield found
    finally:
        found.stock.drop()
        for process in found.zygote.processes:
            process.kill()
            process.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    times = {"now": 1000.0}
    monkeypatch.setattr(module, "read_clocks", lambda: (times["now"], times["now"]))
    monkeypatch.setattr(time, "time", lambda: times["now"])
    return times


@pytest.mark.parametrize("isolation", ["invocation", "window"])
def test_spares_are_forked_ahead_up_to_what_the_isolation_needs(isolation: str) -> None:
    with keeping(isolation) as found:
        for _ in range(5):
            found.stock.finish_fork(1.0, is_alone=True)
        assert found.zygote.asked == {"invocation": [1, 2], "window": [1]}[isolation]
        spared = {process.pid for process in found.zygote.processes} | {found.zygote.pid}
        assert found.sweeper.spared == spared
        worker = found.stock.take_spare()
        assert worker.pid not in found.sweeper.spared
        worker.kill()
        worker.pipes.close()
        worker.close()


def test_where_the_functions_code_runs_ahead_no_worker_is_forked_beside_another() -> None:
    with keeping(runs_ahead=True) as found:
        found.stock.fork_ahead()
        found.stock.finish_fork(1.0, is_alone=False)
        assert found.zygote.asked == []
        for _ in range(3):
            found.stock.finish_fork(1.0, is_alone=True)
        assert found.zygote.asked == [1]


def test_a_zygote_with_threads_rests_and_is_given_up_where_it_does_not() -> None:
    with keeping() as found:
        found.stock.rest()
        assert not found.zygote.is_resting
    with keeping(has_threads=True) as found:
        found.stock.rest()
        assert found.zygote.is_resting
        found.zygote.fault = "it could not be stopped"
        found.stock.rest()
        assert found.stock.zygote is None
        assert found.told() == ["zygote.lost"]


def test_a_spare_that_somebody_killed_is_given_up_and_waited_for() -> None:
    with keeping() as found:
        found.stock.wait_for_spare(cast(Zygote, found.zygote))
        found.zygote.processes[0].kill()
        found.zygote.processes[0].wait()
        assert not found.stock.has_spare()
        assert found.zygote.buried == [found.zygote.processes[0].pid]
        assert found.keeper.killed == 1


def test_a_spare_that_was_changed_for_good_is_given_up_and_waited_for() -> None:
    with keeping() as found:
        for _ in range(2):
            found.stock.wait_for_spare(cast(Zygote, found.zygote))
        assert found.keeper.adopted == [(found.zygote, True)]
        found.keeper.spoils = 1
        assert found.stock.keep() == ""
        assert found.zygote.processes[0].wait(60) < 0
        assert found.zygote.buried == [found.zygote.processes[0].pid]
        assert found.sweeper.spared == {found.zygote.pid, found.zygote.processes[1].pid}
        assert found.keeper.killed == 0


def test_a_zygote_that_was_changed_for_good_goes_with_its_spares() -> None:
    with keeping() as found:
        found.stock.wait_for_spare(cast(Zygote, found.zygote))
        found.keeper.must_rebuild = True
        found.keeper.retire = "the supervisor is spoilt too"
        assert found.stock.keep() == "the supervisor is spoilt too"
        assert found.zygote.is_ended
        assert found.stock.zygote is None
        assert not found.stock.has_spare()


def test_a_zygote_that_is_lost_takes_its_spares_with_it() -> None:
    with keeping() as found:
        found.stock.wait_for_spare(cast(Zygote, found.zygote))
        found.zygote.fault = "it does not accept requests"
        found.stock.fork_ahead()
        assert found.told() == ["zygote.lost"]
        assert found.zygote.is_ended
        assert found.zygote.processes[0].wait(60) < 0
        assert found.stock.zygote is None
        assert not found.stock.has_spare()
        assert (found.sweeper.spared, found.sweeper.zygote, found.sweeper.fork_pending) == (set(), 0, False)


def test_before_an_init_beside_it_a_zygote_has_no_spares_and_none_on_the_way() -> None:
    with keeping() as found:
        found.stock.finish_fork(1.0, is_alone=True)
        found.stock.fork_ahead()
        found.stock.drop_spares()
        assert not found.zygote.is_forking
        assert not found.zygote.is_ended
        assert found.sweeper.spared == {found.zygote.pid}
        assert all(process.wait(60) < 0 for process in found.zygote.processes)
        assert len(found.zygote.processes) == 2


def test_a_function_that_cannot_be_forked_has_no_spares() -> None:
    found = Keeping(reasons=["a socket is open"])
    found.stock.finish_fork(1.0, is_alone=True)
    assert found.zygote.asked == []
    assert found.told() == ["zygote.not-forkable"]
    assert found.stock.descriptor() == -1


@pytest.mark.parametrize(
    ("seconds", "soon", "over"), [(79.0, False, False), (80.0, True, False), (100.0, True, True)]
)
def test_a_zygote_is_stale_by_its_age(
    seconds: float, soon: bool, over: bool, clock: dict[str, float]
) -> None:
    found = Keeping(DAYFLY_ZYGOTE_MAX_AGE="100")
    clock["now"] += seconds
    assert (found.stock.is_stale(SOON), found.stock.is_stale(1.0)) == (soon, over)


def test_a_zygote_is_stale_before_what_its_init_fetched_expires(clock: dict[str, float]) -> None:
    found = Keeping(expires_at=clock["now"] + 3600)
    clock["now"] += 2600
    assert not found.stock.is_stale(SOON)
    clock["now"] += 200
    assert (found.stock.is_stale(SOON), found.stock.is_stale(1.0)) == (True, False)
    clock["now"] += 800
    assert found.stock.is_stale(1.0)


def test_what_was_about_to_expire_when_it_was_fetched_is_not_fetched_again_and_again(
    clock: dict[str, float],
) -> None:
    found = Keeping(expires_at=clock["now"] + 60)
    assert not found.stock.is_stale(SOON)
    clock["now"] += 61
    assert found.stock.is_stale(1.0)


@pytest.mark.parametrize("isolation", ["invocation", "window"])
def test_a_zygote_that_is_dying_is_given_up_before_another_event_depends_on_it(isolation: str) -> None:
    with keeping(isolation) as keep:
        keep.stock.fork_ahead()
        keep.stock.settle(limit_s=5.0)
        assert keep.stock.keep() == ""
        assert keep.stock.has_spare()
        keep.zygote.is_killed = True
        assert keep.stock.keep() == ""
        assert keep.stock.zygote is None
        assert not keep.stock.has_spare()
        assert keep.told() == ["zygote.lost"]


def test_where_the_zygote_serves_by_itself_its_end_is_its_own() -> None:
    with keeping("process") as keep:
        keep.zygote.is_killed = True
        assert keep.stock.keep() == ""
        assert keep.stock.zygote is not None
