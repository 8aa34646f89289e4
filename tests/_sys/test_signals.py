"""Signals beyond the standard library, tried on processes of the tests' own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from tests.processes import state_of, wait_beside
from tests.unprivileged import forked

from dayfly._sys import signals

DEADLINE_S = 10.0


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        os.sched_yield()


def child_that(act: Callable[[], object]) -> int:
    """Fork a child that acts and then waits for its end; return its pid once it has acted."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            act()
            os.write(write_end, b"x")
            wait_beside(os.getppid())
        finally:
            os._exit(9)
    os.close(write_end)
    assert os.read(read_end, 1) == b"x"
    os.close(read_end)
    return pid


def end(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def test_the_kernel_tells_who_sent_a_blocked_signal() -> None:
    def act() -> None:
        descriptor = signals.open_arrivals({signal.SIGTERM, signal.SIGRTMIN})
        assert descriptor >= 0
        signals.block_all_but(())
        assert signals.read_arrivals(descriptor) == []
        sender = os.fork()
        if sender == 0:
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(0)
        os.waitpid(sender, 0)
        (arrival,) = signals.read_arrivals(descriptor)
        assert (arrival.number, arrival.code) == (signal.SIGTERM, signals.BY_KILL)
        assert (arrival.pid, arrival.uid) == (sender, os.getuid())
        assert signals.read_arrivals(descriptor) == []
        assert not os.get_inheritable(descriptor)

    forked(act)


def test_many_that_wait_are_read_in_some_pieces() -> None:
    def act() -> None:
        descriptor = signals.open_arrivals({signal.SIGRTMIN})
        signals.block_all_but(())
        for _ in range(150):
            os.kill(os.getpid(), signal.SIGRTMIN)
        total = 0
        while found := signals.read_arrivals(descriptor):
            total += len(found)
        assert total == 150

    forked(act)


@pytest.mark.parametrize("number", sorted(signals._reserved()))
def test_a_reserved_signal_ends_a_process_that_did_not_ignore_it(number: int) -> None:
    exposed = child_that(lambda: signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals()))
    os.kill(exposed, number)
    assert os.WTERMSIG(os.waitpid(exposed, 0)[1]) == number
    safe = child_that(signals.ignore_reserved)
    os.kill(safe, number)
    assert os.WTERMSIG(end(safe)) == signal.SIGKILL


def test_reserved_signals_can_be_heeded_again() -> None:
    def act() -> None:
        assert signals.ignore_reserved()
        signals.heed_reserved()

    pid = child_that(act)
    number = min(signals._reserved())
    os.kill(pid, number)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == number


def timed(*, armed: bool) -> Callable[[], None]:
    def act() -> None:
        signal.signal(signal.SIGCONT, lambda _number, _frame: None)
        signals.block_all_but({signal.SIGCONT})
        timer = signals.ResumeTimer()
        assert timer.failure == ""
        timer.arm()
        if not armed:
            timer.disarm()

    return act


def test_a_stop_is_undone_again_and_again_while_the_timer_is_armed() -> None:
    pid = child_that(timed(armed=True))
    for _ in range(5):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) != "T")
    # Not a moment between two stops, but for good.
    assert os.WTERMSIG(end(pid)) == signal.SIGKILL


def test_a_stop_lasts_once_it_is_disarmed() -> None:
    pid = child_that(timed(armed=False))
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T")
    for _ in range(50):
        assert state_of(pid) == "T"
        os.sched_yield()
    end(pid)


def test_a_timer_that_a_stop_has_taken_back_is_there_again_once_it_is_armed_anew() -> None:
    def act() -> None:
        timed(armed=True)()
        timer = signals.ResumeTimer()

        def rearm(_number: int, _frame: object) -> None:
            timer.arm()

        signals.block_all_but({signal.SIGCONT, signal.SIGUSR1})
        signal.signal(signal.SIGUSR1, rearm)

    pid = child_that(act)
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGUSR1)
    wait_until(lambda: state_of(pid) == "S")
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) != "T")
    end(pid)
