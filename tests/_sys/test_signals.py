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

DEADLINE_S = 60.0


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        os.sched_yield()


def is_caught(number: int) -> bool:
    """Say whether this process has a handler for a signal, libc's included."""
    with open("/proc/self/status") as status:
        (caught,) = [line.split()[1] for line in status if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (number - 1) & 1)


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
    if is_caught(number):
        # libc took it for itself when this process made a thread, as a test before this one may have.
        pytest.skip("this process handles it already")
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
        timer = signals.ResumeTimer()
        assert timer.failure == ""
        signal.signal(signal.SIGCONT, lambda _number, _frame: timer.rewind())
        signals.block_all_but({signal.SIGCONT})
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


@pytest.mark.parametrize("seconds", [0.03, 0.3])
def test_stops_without_a_pause_are_outlived(seconds: float) -> None:
    """A stop takes back a SIGCONT that was not yet taken, and its timer does not fire again by itself."""
    pid = child_that(timed(armed=True))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "S")
    # All timers are there again.
    for _ in range(3):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) != "T")
    end(pid)
