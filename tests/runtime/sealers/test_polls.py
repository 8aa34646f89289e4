"""Epoll sets, eventfds, timers and signal descriptors of init: each worker has its own, as init left them."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.serving import run

PRELUDE = """
import ctypes, os, select, signal
libc = ctypes.CDLL(None)
WORKERS = 20
"""
MADE = {
    "an eventfd": (
        "counter = os.eventfd(5, os.EFD_NONBLOCK); again = os.dup(counter)",
        "[os.eventfd_read(again), os.eventfd_write(counter, 7), os.eventfd_read(again), os.eventfd_write(counter, 9), os.get_blocking(again)]",
        [5, None, 7, None, False],
    ),
    "a large count": (
        "counter = os.eventfd(0); os.eventfd_write(counter, 1 << 40)",
        "[os.eventfd_read(counter), os.eventfd_write(counter, 9)]",
        [1 << 40, None],
    ),
    "a timer": (
        "timer = libc.timerfd_create(1, 0); libc.timerfd_settime(timer, 0, (ctypes.c_long * 4)(7, 0, 4111, 0), None)",
        "[now := (ctypes.c_long * 4)(), libc.timerfd_gettime(timer, now), now[0], 3000 < now[2] <= 4111, libc.timerfd_settime(timer, 0, (ctypes.c_long * 4)(), None)][1:]",
        [0, 7, True, 0],
    ),
    "a timer that is due": (
        "timer = libc.timerfd_create(1, 0); libc.timerfd_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1), None); select.select([timer], [], [])",
        "int.from_bytes(os.read(timer, 8), 'little')",
        1,
    ),
    "a signal descriptor": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, {40}); taker = libc.signalfd(-1, (ctypes.c_ulong * 16)(1 << 39), 0)",
        "[signal.raise_signal(40), os.read(taker, 128)[0]]",
        [None, 40],
    ),
    "a watch without files": (
        "watch = libc.inotify_init1(os.O_NONBLOCK)",
        "[libc.inotify_add_watch(watch, b'/', 0x100), os.get_blocking(watch)]",
        [1, False],
    ),
    "an epoll set": (
        "polled = select.epoll(); reader, writer = os.pipe(); polled.register(reader, select.EPOLLIN)",
        "[polled.poll(0), os.write(writer, b'x'), polled.poll(60) == [(reader, select.EPOLLIN)], polled.unregister(reader), polled.poll(0)]",
        [[], 1, True, None, []],
    ),
    "an epoll set with events": (
        "polled = select.epoll(); counter = os.eventfd(1); polled.register(counter, select.EPOLLIN | select.EPOLLET)",
        "[len(polled.poll(60)), len(polled.poll(0)), os.eventfd_write(counter, 1), len(polled.poll(60))]",
        [1, 0, None, 1],
    ),
    "a set in a set": (
        "inner, polled = select.epoll(), select.epoll(); polled.register(inner.fileno()); counter = os.eventfd(0); inner.register(counter, select.EPOLLIN)",
        "[len(polled.poll(0)), os.eventfd_write(counter, 1), len(polled.poll(60)), len(inner.poll(60))]",
        [0, None, 1, 1],
    ),
    "values of the function's own": (
        "polled = libc.epoll_create1(0); counter = os.eventfd(1); event = (1).to_bytes(4, 'little') + bytes(0 if os.uname().machine == 'x86_64' else 4) + (0x1234567890).to_bytes(8, 'little'); libc.epoll_ctl(polled, 1, counter, event)",
        "[out := ctypes.create_string_buffer(16), libc.epoll_wait(polled, out, 1, 60000), (0x1234567890).to_bytes(8, 'little') in out.raw][1:]",
        [1, True],
    ),
}


@pytest.mark.parametrize("case", MADE)
def test_each_worker_has_its_own_as_init_left_it(case: str) -> None:
    init, act, expected = MADE[case]
    seen = run(PRELUDE + f"{init}\nhandler = lambda number: {act}")
    assert seen.reasons == seen.faults == []
    assert seen.answers == [expected] * 20


CULPRITS = {
    "a watched directory": (
        "watch = libc.inotify_init1(0); libc.inotify_add_watch(watch, b'/', 0x100)",
        "inotify descriptor created at init",
    ),
    "a set that waits for what is closed": (
        "polled = select.epoll(); counter = os.eventfd(0); again = os.dup(counter); polled.register(counter); os.close(counter)",
        "eventpoll descriptor created at init",
    ),
    "a set beside a process of init's": (
        "polled = select.epoll(); pid = os.fork() or os.execvp('sleep', ['sleep', '30'])",
        "eventpoll descriptor created at init",
    ),
}


@pytest.mark.parametrize("case", CULPRITS)
def test_what_cannot_be_made_anew_is_named(case: str) -> None:
    init, text = CULPRITS[case]
    seen = run(
        PRELUDE
        + f"""
{init}
def handler(number):
    if "pid" in globals():
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return "served"
"""
    )
    assert text in "\n".join(seen.reasons)
    assert seen.answers == ["served"]


def test_a_process_that_may_not_read_of_itself_has_a_child_read() -> None:
    """As before Linux 5.14, where the program of the process is unreadable."""
    seen = run(
        PRELUDE
        + """
import builtins
from dayfly._sys import waitables
def refuse(path, *arguments, **options):
    if "fdinfo" in str(path):
        raise PermissionError(13, "Permission denied")
    return builtins.open(path, *arguments, **options)
waitables.open = refuse
polled, counter = select.epoll(), os.eventfd(3)
polled.register(counter)
handler = lambda number: [len(polled.poll(0)), os.eventfd_read(counter), os.eventfd_write(counter, 9)]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[1, 3, None]] * 20
