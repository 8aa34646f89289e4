"""What the standard library lacks of signals: who sent them, a timer that undoes stops, and the reserved ones.

By ctypes; "unsupported" is a return value, with its reason. Of little use to a process that must be light:
only the supervisor loads it, once the zygote is on its way.
"""

from __future__ import annotations

import os
import signal
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from collections.abc import Iterable

# asm/unistd.h. Not libc's functions: glibc before 2.34 has them in a library of its own, and refuses to act
# on the signals it reserves.
_CALLS = {
    "x86_64": {"rt_sigaction": 13, "timer_create": 222, "timer_settime": 223},
    "aarch64": {"rt_sigaction": 134, "timer_create": 107, "timer_settime": 110},
}
# struct kernel_sigaction: handler, flags, restorer, mask.
_ACTION = struct.Struct("QQQQ")
_SIG_DFL, _SIG_IGN = 0, 1
_SET_BYTES = 8
_LAST = 64
# struct signalfd_siginfo, 128 bytes: signo, errno, code, pid, uid.
_ARRIVAL = struct.Struct("iiiII108x")
_MANY = 64
_SFD_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK
# struct sigevent: value, signal, notify (SIGEV_SIGNAL is 0). struct itimerspec: interval, first expiry.
_EVENT = struct.Struct("Qii48x")
_TIMES = struct.Struct("qqqq")
_CLOCK_MONOTONIC = 1
# A stop costs whoever waits at most the first of these. It wakes a process fifty times a second, some 5 µs each.
RESUME_AFTER_NS = (20_000_000, 80_000_000, 320_000_000, 1_280_000_000, 5_120_000_000)
# siginfo's si_code for kill(2), the one way of sending in which the kernel fills in the sender; and for the kernel.
BY_KILL = 0
BY_KERNEL = 0x80


class Arrival:
    """A signal that came while blocked: `code` says how it was sent, `pid` and `uid` by whom.

    Only with BY_KILL are they the kernel's word; another code may be the sender's own (rt_sigqueueinfo), and pid 0
    is a sender outside of our PID namespace or, when the user's queue was full, anybody.
    """

    __slots__ = ("code", "number", "pid", "uid")

    def __init__(self, number: int, code: int, pid: int, uid: int) -> None:
        self.number = number
        self.code = code
        self.pid = pid
        self.uid = uid


def block_all_but(spared: Iterable[int]) -> None:
    """Block every signal that can be blocked, in this thread, except `spared`."""
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals() - set(spared))


def open_arrivals(numbers: Iterable[int]) -> int:
    """Return a descriptor that is readable when one of these signals, which must be blocked, waits; -1 if refused."""
    import ctypes

    mask = 0
    for number in numbers:
        mask |= 1 << (number - 1)
    # libc's sigset_t has 128 bytes, the kernel reads eight.
    words = ctypes.create_string_buffer(mask.to_bytes(_SET_BYTES, "little") + bytes(120), 128)
    try:
        return int(_libc().signalfd(-1, words, _SFD_FLAGS))
    except AttributeError:
        return -1


def read_arrivals(descriptor: int) -> list[Arrival]:
    """Return what waits in a descriptor of `open_arrivals`, some of it where there is much."""
    try:
        data = os.read(descriptor, _ARRIVAL.size * _MANY)
    except BlockingIOError:
        return []
    return [Arrival(number, code, pid, uid) for number, _, code, pid, uid in _ARRIVAL.iter_unpack(data)]


def ignore_reserved() -> list[int]:
    """Ignore the signals libc keeps for itself where nothing handles them yet; return which.

    Outside of its own use glibc lets nobody block or ignore 32 and 33, so they end any process that has not
    cancelled a thread before. A thread that is cancelled later installs libc's own handler over this.
    """
    return [number for number in _reserved() if _replace(number, _SIG_DFL, _SIG_IGN)]


def heed_reserved() -> None:
    """Undo `ignore_reserved`: a program executed from here would ignore them as well."""
    for number in _reserved():
        _replace(number, _SIG_IGN, _SIG_DFL)


def _reserved() -> set[int]:
    return set(range(1, _LAST + 1)) - {int(number) for number in signal.valid_signals()}


def _replace(number: int, old: int, new: int) -> bool:
    import ctypes

    calls = _CALLS.get(os.uname().machine)
    if calls is None:
        return False
    libc, call = _libc(), calls["rt_sigaction"]
    found = ctypes.create_string_buffer(_ACTION.size)
    if libc.syscall(call, number, None, found, _SET_BYTES) != 0:
        return False
    if _ACTION.unpack(found.raw)[0] != old:
        return False
    wanted = ctypes.create_string_buffer(_ACTION.pack(new, 0, 0, 0), _ACTION.size)
    return bool(libc.syscall(call, number, wanted, None, _SET_BYTES) == 0)


class ResumeTimer:
    """Has the kernel send this process SIGCONT again and again while armed, so that a stop does not last.

    SIGCONT must be handled, neither blocked nor ignored, and the handler call `rewind`: the kernel sends a timer's next
    signal only once the last one was taken, and a stop that comes in between takes it back, and with it the timer. So
    there are several, each longer than the one before, which fire only if those before were taken back: stops that
    last for some time are outlived by about four times as long. Who stops for longer than the last of them wins, until his own
    invocation's time is over. `failure` says why there is no timer.
    """

    __slots__ = ("_call", "_identifiers", "_is_armed", "_libc", "_off", "_on", "failure")

    def __init__(self) -> None:
        import ctypes

        self._libc = _libc()
        self._is_armed = False
        self._identifiers: list[int] = []
        self._on: list[ctypes.Array[ctypes.c_char]] = []
        self._off = ctypes.create_string_buffer(_TIMES.size)
        self.failure = ""
        calls = _CALLS.get(os.uname().machine)
        if calls is None:
            self.failure = "its system calls are unknown on this CPU architecture"
            return
        self._call = calls["timer_settime"]
        event = ctypes.create_string_buffer(_EVENT.pack(0, signal.SIGCONT, 0), _EVENT.size)
        for after_ns in RESUME_AFTER_NS:
            identifier = ctypes.c_int(-1)
            ctypes.set_errno(0)
            if self._libc.syscall(calls["timer_create"], _CLOCK_MONOTONIC, event, ctypes.byref(identifier)):
                self.failure = f"timer_create: {os.strerror(ctypes.get_errno())}"
                self._identifiers = []
                return
            self._identifiers.append(identifier.value)
            seconds, rest = divmod(after_ns, 1_000_000_000)
            self._on.append(
                ctypes.create_string_buffer(_TIMES.pack(seconds, rest, seconds, rest), _TIMES.size)
            )

    def arm(self) -> None:
        """Begin; what has begun goes on."""
        if not self._is_armed:
            self._is_armed = True
            self.rewind()

    def rewind(self) -> None:
        """Begin anew, if armed: none was in vain that was not taken back."""
        if self._is_armed:
            for identifier, on in zip(self._identifiers, self._on, strict=True):
                self._libc.syscall(self._call, identifier, 0, on, None)

    def disarm(self) -> None:
        """Send nothing more."""
        self._is_armed = False
        for identifier in self._identifiers:
            self._libc.syscall(self._call, identifier, 0, self._off, None)


def _libc() -> ctypes.CDLL:
    # 1.7 ms, while the zygote initialises the function.
    import ctypes

    return ctypes.CDLL(None, use_errno=True)
