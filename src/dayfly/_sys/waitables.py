"""Counters, timers, signal descriptors and epoll sets of a process's own in place of those it was forked with.

The kernel tells in /proc/self/fdinfo what each holds: https://docs.kernel.org/filesystems/proc.html. As in `reopen`, an
object describes one of them in the process that made it, and its `make` replaces it in a worker, under the same numbers.
"""

from __future__ import annotations

import errno
import os
import signal

# os.close may be gevent's, which closes when its loop runs next.
from posix import close

from dayfly._sys import native
from dayfly._sys.reopen import Names, flags_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Prints what this process may not read of itself: it has the same descriptors, and its program may be read.
_READER = "/bin/cat"
# A line for each descriptor that an epoll set waits for; more than all numbers of a process on Lambda have.
_MAX_BYTES = 1 << 20
_EPOLL_ADD = 1
# EFD_SEMAPHORE in include/uapi/linux/eventfd.h.
_SEMAPHORE = 1


def read_fdinfo(numbers: list[int]) -> dict[int, dict[str, list[str]]]:
    """Return what the kernel tells of some descriptors, the values by the words before their colons.

    Those of which it tells nothing are left out.
    """
    found: dict[int, dict[str, list[str]]] = {}
    for number in numbers:
        try:
            with open(f"/proc/self/fdinfo/{number}", encoding="ascii", errors="replace") as file:
                text = file.read(_MAX_BYTES)
        except PermissionError:
            # Before Linux 5.14 it belongs to root, where the program of the process cannot be read.
            text = _read_by_child(number)
        except OSError:
            continue
        if text:
            told: dict[str, list[str]] = {}
            found[number] = told
            for line in text.splitlines():
                name, _, value = line.partition(":")
                told.setdefault(name.strip(), []).append(value.strip())
    return found


def _read_by_child(number: int) -> str:
    reader, writer = os.pipe2(os.O_CLOEXEC)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        # A descriptor that takes its own number loses close-on-exec.
        actions = [(os.POSIX_SPAWN_DUP2, number, number), (os.POSIX_SPAWN_DUP2, writer, 1)]
        command = [_READER, f"/proc/self/fdinfo/{number}"]
        pid = os.posix_spawn(_READER, command, {}, file_actions=actions)
        os.close(writer)
        writer = -1
        parts: list[bytes] = []
        while part := os.read(reader, _MAX_BYTES):
            parts.append(part)
        os.waitpid(pid, 0)
        # No handler of the function's is to see that child's end.
        signal.sigtimedwait({signal.SIGCHLD}, 0)
    except OSError:
        return ""
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    return b"".join(parts).decode("ascii", "replace")


class Counter:
    """An eventfd."""

    __slots__ = ("_count", "_flags", "_names")

    def __init__(self, numbers: list[int], told: dict[str, list[str]]) -> None:
        self._names = Names(numbers)
        self._count = int(told["eventfd-count"][0], 16)
        # Kernels before 6.5 do not tell which are semaphores; those that are not are the rule.
        is_semaphore = told.get("eventfd-semaphore") == ["1"]
        blocks = os.get_blocking(numbers[0])
        self._flags = os.O_CLOEXEC | (0 if blocks else os.O_NONBLOCK) | (_SEMAPHORE if is_semaphore else 0)

    def make(self) -> None:
        """Replace it by one with init's count."""
        _take(self._names, lambda: os.eventfd(0, self._flags), self._count_up)

    def _count_up(self, number: int) -> None:
        if self._count:
            os.eventfd_write(number, self._count)


class Timer:
    """A timerfd; what is left of its time at the fork goes on."""

    __slots__ = ("_clock", "_flags", "_is_due", "_names", "_number")

    def __init__(self, numbers: list[int], told: dict[str, list[str]]) -> None:
        self._names = Names(numbers)
        self._number = numbers[0]
        self._clock = int(told["clockid"][0])
        self._is_due = told["ticks"][0] != "0"
        self._flags = os.O_CLOEXEC | (flags_of(numbers[0]) & os.O_NONBLOCK)
        native.calls()

    def make(self) -> None:
        """Replace it by one of the same clock that is due at the same time."""
        _take(
            self._names, lambda: _checked(native.calls().timerfd_create(self._clock, self._flags)), self._set
        )

    def _set(self, number: int) -> None:
        import ctypes

        # struct itimerspec: interval and time left, each seconds and nanoseconds.
        times = (ctypes.c_long * 4)()
        _checked(native.calls().timerfd_gettime(self._number, times))
        if self._is_due:
            times[2], times[3] = 0, 1
        _checked(native.calls().timerfd_settime(number, 0, times, None))


class SignalDescriptor:
    """A signalfd: a set of signals, which are the process's own in any case."""

    __slots__ = ("_flags", "_mask", "_names")

    def __init__(self, numbers: list[int], told: dict[str, list[str]]) -> None:
        self._names = Names(numbers)
        self._mask = int(told["sigmask"][0], 16)
        self._flags = os.O_CLOEXEC | (flags_of(numbers[0]) & os.O_NONBLOCK)
        native.calls()

    def make(self) -> None:
        """Replace it by one for the same signals."""
        import ctypes

        mask = ctypes.c_uint64(self._mask)
        _take(self._names, lambda: _checked(native.calls().signalfd(-1, ctypes.byref(mask), self._flags)))


class Watch:
    """An inotify descriptor without watches: nobody tells the names of the files that one watches."""

    __slots__ = ("_flags", "_names")

    def __init__(self, numbers: list[int]) -> None:
        self._names = Names(numbers)
        self._flags = os.O_CLOEXEC | (flags_of(numbers[0]) & os.O_NONBLOCK)
        native.calls()

    def make(self) -> None:
        """Replace it."""
        _take(self._names, lambda: _checked(native.calls().inotify_init1(self._flags)))


class EpollSet:
    """An epoll set and what it waits for: numbers, each with its events and the value it is reported with."""

    __slots__ = ("_names", "_numbers", "_waits")

    def __init__(self, numbers: list[int], waits: list[tuple[int, int, int]]) -> None:
        self._names = Names(numbers)
        self._numbers = numbers
        self._waits = waits
        native.calls()

    def try_once(self) -> None:
        """Raise OSError where `fill` would; changes nothing."""
        number = _checked(native.calls().epoll_create1(os.O_CLOEXEC))
        try:
            self._fill(number)
        finally:
            close(number)

    def make(self) -> None:
        """Replace it by one that waits for nothing."""
        _take(self._names, lambda: _checked(native.calls().epoll_create1(os.O_CLOEXEC)))

    def fill(self) -> None:
        """Wait for what init waited for; call it once all other descriptors are the worker's own."""
        self._fill(self._numbers[0])

    def _fill(self, epoll: int) -> None:
        import ctypes

        # Packed on x86 alone: include/uapi/linux/eventpoll.h.
        padding = b"" if os.uname().machine == "x86_64" else bytes(4)
        for number, events, value in self._waits:
            event = events.to_bytes(4, "little") + padding + value.to_bytes(8, "little")
            try:
                _checked(
                    native.calls().epoll_ctl(
                        epoll, _EPOLL_ADD, number, ctypes.create_string_buffer(event, 16)
                    )
                )
            except OSError as fault:
                if fault.errno != errno.EBADF:
                    raise
                # Closed since, which takes it out of the set.


def read_waits(told: dict[str, list[str]]) -> list[tuple[int, int, int]] | None:
    """Return what an epoll set waits for; None where one of its numbers is another description's by now."""
    found: list[tuple[int, int, int]] = []
    for line in told.get("tfd", ()):
        # "tfd: 5 events: 19 data: 5  pos:0 ino:2a sdev:9"
        fields = line.replace(":", " ").split()
        number, named = int(fields[0]), dict(zip(fields[1::2], fields[2::2], strict=False))
        try:
            if os.fstat(number).st_ino != int(named["ino"], 16):
                return None
        except (OSError, KeyError):
            return None
        found.append((number, int(named["events"], 16), int(named["data"], 16)))
    return found


def _take(
    names: Names, make: Callable[[], int], prepare: Callable[[int], None] = lambda _number: None
) -> None:
    try:
        number = make()
        prepare(number)
    except OSError:
        names.put_out_of_use()
        raise
    names.take(number)


def _checked(result: int) -> int:
    if result < 0:
        raise native.last_fault()
    return result
