"""Which signals end the supervisor: asked of the rule, and tried on a process that has one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from tests.processes import wait_beside
from tests.unprivileged import forked

from dayfly._sys import signals
from dayfly._sys.signals import Arrival
from dayfly.supervisor.summons import Summons, may_end

PARENT, UID = 70, 1000
TERM, INT, HUP, USR1 = int(signal.SIGTERM), int(signal.SIGINT), int(signal.SIGHUP), int(signal.SIGUSR1)
BY_SOCKET, BY_QUEUE, BY_TGKILL = 1, -1, -6


def judged(arrival: Arrival, *, is_alone: bool = False, has_terminal: bool = False) -> bool:
    return may_end(arrival, parent=PARENT, uid=UID, is_alone=is_alone, has_terminal=has_terminal)


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize(
    "arrival",
    [
        Arrival(USR1, signals.BY_KILL, PARENT, 0),  # ends nobody in order
        Arrival(TERM, BY_QUEUE, 1, 0),  # what it says of its sender is the sender's own word
        Arrival(TERM, BY_TGKILL, 1, 0),
        Arrival(TERM, BY_SOCKET, 0, 0),  # F_SETOWN: after its sender's death, too
        Arrival(HUP, signals.BY_KERNEL, 0, 0),  # an orphaned process group
        Arrival(INT, signals.BY_KERNEL, 0, 0),
    ],
)
def test_these_never_end_it(arrival: Arrival, is_alone: bool) -> None:
    assert not judged(arrival, is_alone=is_alone)


@pytest.mark.parametrize(
    "arrival",
    [
        Arrival(TERM, signals.BY_KILL, 99, UID),  # a worker, a child of one, a child that is gone
        Arrival(TERM, signals.BY_KILL, 0, 0),  # outside of our namespace, or a full queue
        Arrival(HUP, signals.BY_KILL, 0, UID),
    ],
)
def test_whoever_cannot_be_told_from_a_worker_ends_it_only_while_there_is_none(arrival: Arrival) -> None:
    assert not judged(arrival)
    assert judged(arrival, is_alone=True)


@pytest.mark.parametrize("number", [TERM, INT, HUP])
@pytest.mark.parametrize(("pid", "uid"), [(1, UID), (1, 0), (PARENT, UID), (99, 0)])
def test_the_platform_ends_it_at_any_time(number: int, pid: int, uid: int) -> None:
    assert judged(Arrival(number, signals.BY_KILL, pid, uid))


def test_a_key_at_a_terminal_ends_it_where_there_may_be_one() -> None:
    arrival = Arrival(INT, signals.BY_KERNEL, 0, 0)
    assert judged(arrival, has_terminal=True)
    assert not judged(Arrival(TERM, signals.BY_KERNEL, 0, 0), has_terminal=True)


def supervised(act: Callable[[Summons], object]) -> Callable[[], int]:
    """A child that begins its summons, says so, and acts; returns its pid."""

    def start() -> int:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 99
            try:
                summons = Summons(has_terminal=False)
                summons.begin()
                os.write(write_end, b"x")
                act(summons)
                status = 0
            except SystemExit as ended:
                status = int(str(ended.code))
            finally:
                os._exit(status)
        os.close(write_end)
        os.read(read_end, 1)
        os.close(read_end)
        return pid

    return start


def wait_without_end(summons: Summons) -> None:
    read_end, _write_end = os.pipe()
    summons.wait_for(read_end)


def ended_with(pid: int, *, asked_by: int = 0) -> int:
    """Wait for the end of a process, asking for it by a signal, again and again: one that is pending takes in the next."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        os.kill(pid, asked_by)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        os.sched_yield()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGKILL


@pytest.mark.parametrize("number", [TERM, INT, HUP])
def test_a_signal_of_the_parent_ends_the_wait_in_order(number: int) -> None:
    def act() -> None:
        pid = supervised(wait_without_end)()
        os.kill(pid, number)
        assert ended_with(pid) == 128 + number

    forked(act)


def test_no_signal_of_another_process_of_the_user_does_while_a_worker_lives() -> None:
    def act() -> None:
        def wait(summons: Summons) -> None:
            summons.is_alone = False
            wait_without_end(summons)

        pid = supervised(wait)()
        stranger = os.fork()
        if stranger == 0:
            for number in range(1, 65):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    os.kill(pid, number)
            os._exit(0)
        os.waitpid(stranger, 0)
        # It goes on, and its parent's word still counts.
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        assert ended_with(pid, asked_by=signal.SIGTERM) == 128 + signal.SIGTERM

    forked(act)


def test_strays_are_counted_by_name_once() -> None:
    def act() -> None:
        summons = Summons(has_terminal=False)
        summons.begin()
        summons.is_alone = False
        stranger = os.fork()
        if stranger == 0:
            for number in (TERM, USR1, USR1 + 2, signal.SIGRTMIN + 3):
                os.kill(os.getppid(), number)
            parent = os.getpid()
            grandchild = os.fork()
            if grandchild == 0:
                wait_beside(parent)
            os.kill(grandchild, signal.SIGKILL)
            os._exit(0)
        os.waitpid(stranger, 0)
        summons.heed()
        assert summons.take_strays() == {"SIGTERM": 1, "SIGUSR1": 1, "SIGUSR2": 1, "SIGRTMIN+3": 1}
        assert summons.take_strays() == {}

    forked(act)


def test_what_is_waited_for_ends_the_wait() -> None:
    def act() -> None:
        summons = Summons(has_terminal=False)
        summons.begin()
        read_end, write_end = os.pipe()
        os.write(write_end, b"x")
        summons.wait_for(read_end)

    forked(act)
