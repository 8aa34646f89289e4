"""Limits and priorities of a process, changed by another of its user as an attack would, and put back."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.processes import wait_beside
from tests.unprivileged import as_user

from dayfly._sys import standing

POLICIES = (os.SCHED_OTHER, os.SCHED_BATCH)


def lower(number: int, soft: int | None = None, hard: int | None = None) -> Callable[[int], None]:
    def act(pid: int) -> None:
        was_soft, was_hard = resource.prlimit(pid, number)
        resource.prlimit(
            pid, number, (was_soft if soft is None else soft, was_hard if hard is None else hard)
        )

    return act


SOFT: dict[str, Callable[[int], None]] = {
    name: lower(number, soft=1)
    for name, number in vars(resource).items()
    if name.startswith("RLIMIT_")
    and name not in ("RLIMIT_OFILE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_CORE")
} | {
    "processor affinity": lambda pid: os.sched_setaffinity(pid, {min(os.sched_getaffinity(pid))}),
}
FOR_GOOD: dict[str, Callable[[int], None]] = {
    "RLIMIT_NOFILE": lower(resource.RLIMIT_NOFILE, soft=6, hard=6),
    "RLIMIT_NPROC": lower(resource.RLIMIT_NPROC, soft=1, hard=1),
    "RLIMIT_FSIZE": lower(resource.RLIMIT_FSIZE, soft=0, hard=0),
    "nice value": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19),
    "scheduling policy": lambda pid: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),
}


def with_target(act: Callable[[int, standing.Reader, standing.Standing], None]) -> None:
    """Run `act` on a waiting process of an unprivileged user."""

    def run() -> None:
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
            wait_beside(os.getppid())
        try:
            reader = standing.Reader()
            before = reader.read(pid)
            assert before is not None
            assert standing.differences(before, before) == []
            act(pid, reader, before)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert reader.read(pid) is None

    as_user(run)


@pytest.mark.parametrize("name", SOFT)
def test_what_can_be_put_back_is(name: str) -> None:
    if name == "processor affinity" and len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor only")

    def act(pid: int, reader: standing.Reader, before: standing.Standing) -> None:
        SOFT[name](pid)
        now = reader.read(pid)
        assert now is not None
        assert standing.differences(now, before, policies=POLICIES) == [name]
        reader.put_back(pid, now, before)
        now = reader.read(pid)
        assert now is not None
        assert standing.differences(now, before) == []

    with_target(act)


@pytest.mark.parametrize("name", FOR_GOOD)
def test_what_cannot_be_put_back_still_shows(name: str) -> None:
    def act(pid: int, reader: standing.Reader, before: standing.Standing) -> None:
        FOR_GOOD[name](pid)
        now = reader.read(pid)
        assert now is not None
        assert name in standing.differences(now, before, policies=POLICIES)
        reader.put_back(pid, now, before)
        now = reader.read(pid)
        assert now is not None
        assert name in standing.differences(now, before, policies=POLICIES)

    with_target(act)


def test_the_oom_score_is_read_and_put_back() -> None:
    def act(pid: int, reader: standing.Reader, before: standing.Standing) -> None:
        path = f"/proc/{pid}/oom_score_adj"
        end = time.monotonic() + 60
        while not os.access(path, os.W_OK):
            # The program runs before its memory is open to its user.
            assert time.monotonic() < end
            time.sleep(0.001)
        with open(path, "w") as file:
            file.write("900")
        now = reader.read(pid)
        assert now is not None
        assert standing.differences(now, before) == ["OOM score"]
        reader.put_back(pid, now, before)
        now = reader.read(pid)
        assert now is not None
        assert standing.differences(now, before) == []

    def in_user() -> None:
        act_on_dumpable(act)

    as_user(in_user)


def act_on_dumpable(act: Callable[[int, standing.Reader, standing.Standing], None]) -> None:
    """The same for a program that was executed: a process that gave up root may not be opened by its user."""
    pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    try:
        reader = standing.Reader()
        before = reader.read(pid)
        assert before is not None
        act(pid, reader, before)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_our_own_soft_limits_come_back_without_a_descriptor() -> None:
    def act() -> None:
        reader = standing.Reader()
        before = reader.read(0)
        assert before is not None
        assert not reader.restore_own_soft_limits(before)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        assert reader.restore_own_soft_limits(before)
        os.close(os.open("/", os.O_RDONLY))

    as_user(act)


def test_a_hard_limit_that_was_lowered_is_used_as_far_as_it_goes() -> None:
    def act() -> None:
        reader = standing.Reader()
        before = reader.read(0)
        assert before is not None
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 40))
        assert reader.restore_own_soft_limits(before)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (40, 40)

    as_user(act)


def test_processes_and_message_queues_are_bound_for_good() -> None:
    def act(pid: int, _reader: standing.Reader, _before: standing.Standing) -> None:
        assert standing.limit_processes(pid, 300)
        assert resource.prlimit(pid, resource.RLIMIT_NPROC) == (300, 300)
        assert resource.prlimit(pid, resource.RLIMIT_MSGQUEUE) == (0, 0)
        with pytest.raises((PermissionError, ValueError)):
            resource.prlimit(pid, resource.RLIMIT_NPROC, (301, 301))
        assert not standing.limit_processes(pid, 301)

    with_target(act)


def test_no_signal_queues_up_at_a_process_that_takes_none() -> None:
    def act(pid: int, _reader: standing.Reader, _before: standing.Standing) -> None:
        def queue() -> int:
            text = Path("/proc/self/status").read_text()
            return int(text.split("SigQ:")[1].split("/")[0])

        before = standing.queue_no_signals(pid)
        assert resource.prlimit(pid, resource.RLIMIT_SIGPENDING)[0] == 0
        empty = queue()
        for _ in range(20):
            os.kill(pid, signal.SIGRTMIN)
        assert queue() == empty
        resource.prlimit(pid, resource.RLIMIT_SIGPENDING, before)

    with_target(act)
