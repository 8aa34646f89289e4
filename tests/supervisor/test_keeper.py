"""What is compared after each worker, on processes that stand for supervisor, zygote and spares."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from tests.processes import wait_beside
from tests.unprivileged import as_user

from dayfly.core.findings import FindingKind
from dayfly.supervisor.keeper import Keeper
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.summons import Summons
from dayfly.supervisor.worker import Worker
from dayfly.supervisor.zygote import Zygote


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, object]]] = []

    def find(self, kind: FindingKind, _message: str, evidence: dict[str, object]) -> None:
        self.found.append((kind.uid, evidence))


class Stand:
    """A process in the place of a zygote or a worker."""

    def __init__(self) -> None:
        self.lifeline = -1
        self.resumed = 0
        self.stopped = False
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            wait_beside(parent)

    def is_stopped(self) -> bool:
        stopped, self.stopped = self.stopped, False
        return stopped

    take_stops = is_stopped

    def resume(self) -> None:
        self.resumed += 1


class Kept:
    """A keeper with a zygote and two spares."""

    def __init__(self) -> None:
        self.told = Told()
        summons = Summons(has_terminal=False)
        summons.begin()
        self.summons = summons
        self.keeper = Keeper(cast(Reporter, self.told), summons, buries=True, zombies=0)
        self.zygote, *self.spares = (Stand() for _ in range(3))
        self.keeper.adopt(cast(Zygote, self.zygote), is_forking=True)

    def check(self) -> tuple[str, bool, list[int]]:
        kept = self.keeper.check(cast(Zygote, self.zygote), cast("list[Worker]", self.spares))
        return kept.retire, kept.must_rebuild, [spare.pid for spare in kept.spoilt]


@contextmanager
def keeping() -> Iterator[Kept]:
    kept = Kept()
    try:
        yield kept
    finally:
        for stand in (kept.zygote, *kept.spares):
            os.kill(stand.pid, signal.SIGKILL)
            os.waitpid(stand.pid, 0)


def tried(act: Callable[[Kept], object]) -> None:
    def run() -> None:
        with keeping() as kept:
            act(kept)

    as_user(run)


def lower(pid: int) -> None:
    """Lower a priority: the tests may themselves be run with a low one, which nobody may raise."""
    os.setpriority(os.PRIO_PROCESS, pid, min(19, os.getpriority(os.PRIO_PROCESS, pid) + 5))


def test_as_long_as_nothing_changes_nothing_is_told() -> None:
    def act(kept: Kept) -> None:
        for _ in range(3):
            kept.keeper.hand_over(cast(Worker, kept.spares[0]), cast(Zygote, kept.zygote))
            kept.keeper.release(zombies=0)
            assert kept.check()[:2] == ("", False)
        assert [uid for uid, _ in kept.told.found if uid != "residue.limits"] == []

    tried(act)


@pytest.mark.parametrize("is_forking", [True, False])
def test_who_was_stopped_while_he_initialised_is_told_of_before_an_invocation(is_forking: bool) -> None:
    def act(kept: Kept) -> None:
        kept.zygote.stopped = True
        kept.keeper.adopt(cast(Zygote, kept.zygote), is_forking=is_forking)
        assert ("residue.signals", {"signals": {"zygote: SIGSTOP": 1}}) in kept.told.found

    tried(act)


def test_soft_limits_are_put_back_and_told() -> None:
    def act(kept: Kept) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for pid in (0, kept.zygote.pid, kept.spares[1].pid):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (7, hard))
        assert kept.check() == ("", False, [])
        for pid in (0, kept.zygote.pid, kept.spares[1].pid):
            assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == (soft, hard)
        names = [f"{who}: RLIMIT_NOFILE" for who in ("supervisor", "zygote", "standby")]
        assert kept.told.found == [("residue.limits", {"changed": names})]
        assert kept.check() == ("", False, [])
        assert len(kept.told.found) == 1

    tried(act)


def test_what_cannot_be_put_back_costs_whom_it_was_done_to() -> None:
    def act(kept: Kept) -> None:
        lower(kept.spares[0].pid)
        assert kept.check() == ("", False, [kept.spares[0].pid])
        lower(kept.zygote.pid)
        assert kept.check()[1] is True
        lower(0)
        assert "permanently" in kept.check()[0]

    tried(act)


def test_limits_that_were_put_back_meanwhile_are_told_too() -> None:
    def act(kept: Kept) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        assert kept.keeper.relieve()
        assert not kept.keeper.relieve()
        assert kept.check() == ("", False, [])
        assert kept.told.found == [("residue.limits", {"changed": ["supervisor: RLIMIT_FSIZE"]})]

    tried(act)


def test_in_process_isolation_only_the_supervisor_is_compared() -> None:
    def act(kept: Kept) -> None:
        kept.keeper.adopt(cast(Zygote, kept.zygote), is_forking=False)
        lower(kept.zygote.pid)
        assert kept.check() == ("", False, [])
        assert kept.told.found == []

    tried(act)


def test_a_worker_is_bound_before_its_event() -> None:
    def act(kept: Kept) -> None:
        worker = kept.spares[0]
        before = resource.getrlimit(resource.RLIMIT_SIGPENDING)[1]
        assert resource.prlimit(kept.zygote.pid, resource.RLIMIT_SIGPENDING)[0] == 0
        kept.keeper.hand_over(cast(Worker, worker), cast(Zygote, kept.zygote))
        assert not kept.summons.is_alone
        assert resource.prlimit(worker.pid, resource.RLIMIT_MSGQUEUE) == (0, 0)
        assert resource.prlimit(worker.pid, resource.RLIMIT_SIGPENDING)[1] == before
        kept.keeper.release(zombies=0)
        assert kept.summons.is_alone

    tried(act)


def test_stops_and_kills_are_told_with_whom_they_hit() -> None:
    def act(kept: Kept) -> None:
        kept.zygote.stopped = kept.spares[0].stopped = True
        kept.keeper.note_killed_spare()
        kept.summons.strays = {"SIGTERM": 2}
        kept.check()
        expected = {
            "standby: SIGKILL": 1,
            "standby: SIGSTOP": 1,
            "supervisor: SIGTERM": 2,
            "zygote: SIGSTOP": 1,
        }
        assert kept.told.found == [("residue.signals", {"signals": expected})]
        assert kept.spares[0].resumed == 1
        kept.check()
        assert len(kept.told.found) == 1

    tried(act)


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_worker_ends_with_its_keeper(is_killed: bool) -> None:
    def run() -> None:
        read_end, write_end = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            try:
                kept = Kept()
                kept.keeper.hand_over(cast(Worker, kept.spares[0]), cast(Zygote, kept.zygote))
                os.write(write_end, b"%d" % kept.spares[0].pid)
            finally:
                os.kill(os.getpid(), signal.SIGKILL) if is_killed else os._exit(0)
        os.waitpid(keeper, 0)
        worker = int(os.read(read_end, 16))
        # Its own reason to end comes a fifth of a second later at the earliest.
        for _ in range(100_000):
            if not os.path.exists(f"/proc/{worker}") or " Z " in _stat(worker):
                return
            os.sched_yield()
        raise AssertionError("it lives on")

    as_user(run)


def _stat(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read()
    except OSError:
        return " Z "
