"""The dead-man's switch, with processes of the tests' own in the places of supervisor, zygote and worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from tests.processes import state_of, wait_beside
from tests.unprivileged import forked

from dayfly._sys import fds, lifeline

DEADLINE_S = 60.0


def sleeper() -> int:
    """Fork a child that only waits."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        wait_beside(parent)
    return pid


def ended_by_kill(pid: int) -> bool:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        os.sched_yield()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def stays(pid: int) -> bool:
    """Say whether a process is there after the kernel has had time to end it: a signal takes 0.1 ms."""
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        if state_of(pid) in ("", "Z", "X"):
            return False
        os.sched_yield()
    return True


def holder_of(worker: int, *, ends: Callable[[], object]) -> int:
    """Fork a process that holds a lifeline for `worker` and then ends."""
    pid = os.fork()
    if pid == 0:
        line = lifeline.Lifeline()
        line.guard(worker)
        ends()
        os._exit(0)
    return pid


@pytest.mark.parametrize(
    "ends", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: os._exit(0)], ids=["killed", "exited"]
)
def test_a_worker_ends_with_whoever_holds_its_lifeline(ends: Callable[[], object]) -> None:
    def act() -> None:
        for _ in range(20):
            worker = sleeper()
            os.waitpid(holder_of(worker, ends=ends), 0)
            assert ended_by_kill(worker)

    forked(act)


def test_a_worker_with_a_session_of_its_own_ends_as_well() -> None:
    def act() -> None:
        parent = os.getpid()
        worker = os.fork()
        if worker == 0:
            os.setsid()
            wait_beside(parent)
        os.waitpid(holder_of(worker, ends=lambda: os._exit(0)), 0)
        assert ended_by_kill(worker)

    forked(act)


def test_it_ends_with_another_process_that_holds_the_far_end() -> None:
    def act() -> None:
        worker = sleeper()
        near, far = fds.socket_pair()
        parent = os.getpid()
        zygote = os.fork()
        if zygote == 0:
            near.close()
            wait_beside(parent)
        far.close()
        lifeline.watch(near.fileno())
        line = lifeline.Lifeline()
        line.guard(worker, near.fileno())
        os.kill(zygote, signal.SIGKILL)
        os.waitpid(zygote, 0)
        assert ended_by_kill(worker)

    forked(act)


def test_only_the_last_that_was_named_is_ended() -> None:
    def act() -> None:
        first, second = sleeper(), sleeper()
        holder = os.fork()
        if holder == 0:
            line = lifeline.Lifeline()
            line.guard(first)
            line.guard(second)
            os._exit(0)
        os.waitpid(holder, 0)
        assert ended_by_kill(second)
        assert stays(first)
        os.kill(first, signal.SIGKILL)

    forked(act)


def test_nobody_is_ended_when_it_is_let_go() -> None:
    def act() -> None:
        worker = sleeper()
        line = lifeline.Lifeline()
        line.guard(worker)
        line.close()
        assert stays(worker)
        os.kill(worker, signal.SIGKILL)

    forked(act)


def test_a_number_that_passed_to_another_process_is_not_ended() -> None:
    """F_SETOWN keeps the process, not its number."""

    def act() -> None:
        gone = sleeper()
        line = lifeline.Lifeline()
        line.guard(gone)
        os.kill(gone, signal.SIGKILL)
        os.waitpid(gone, 0)
        line.guard(gone)  # no error: it is no longer there
        line.close()

    forked(act)


def test_a_child_of_the_worker_escapes() -> None:
    """Said in docs/security.md: the next life ends it."""

    def act() -> None:
        read_end, write_end = os.pipe()
        parent = os.getpid()
        worker = os.fork()
        if worker == 0:
            own = os.getpid()
            child = os.fork()
            if child == 0:
                wait_beside(own)
            os.write(write_end, b"%d" % child)
            wait_beside(parent)
        child = int(os.read(read_end, 16))
        os.waitpid(holder_of(worker, ends=lambda: os._exit(0)), 0)
        assert ended_by_kill(worker)
        assert stays(child)
        os.kill(child, signal.SIGKILL)

    forked(act)
