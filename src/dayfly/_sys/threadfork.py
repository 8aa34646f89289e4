"""Forks this process together with its threads, by bin/threads.so; "unsupported" is an exception with the reason.

Python's threads are left out: the interpreter ends their states in a child, as `os.fork()` does, and its hooks
run as they do there. Native threads go on in the child where they are here, with their locks, stacks and thread-specific data.
"""

from __future__ import annotations

import errno
import os
import threading

from dayfly._sys import proc

# As native/threads/threads.h has them.
_MAX_THREADS = 1024
_MAX_RANGES = 16
_MAPS_LIMIT = 1 << 24
# The unwinder is called back with the loader's lock held.
_LOADERS = ("ld-linux", "ld-2", "libgcc_s")
_LIBRARIES = ("libc.so", "libc-2", "libpthread")
# Of the rseq area's feature size; 0 where glibc registers none.
_RSEQ = ("__rseq_offset", "__rseq_size")


class Unsupported(OSError):
    """Threads cannot be forked with; its `strerror` says why, and of which thread."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EBUSY, reason)


class ThreadFork:
    """A fork that keeps the native threads of this process.

    Raises Unsupported where this machine or this C library has no way. `limit_s` bounds the time that
    stopping all threads may take. Only the main thread may fork.
    """

    def __init__(self, folder: str, *, limit_s: float) -> None:
        """`folder` holds `bin`, with the programs for each processor."""
        # 1.7 ms; only functions whose init left native threads get here.
        import ctypes

        class Plan(ctypes.Structure):
            _fields_ = (
                ("self", ctypes.c_uint64),
                ("rseq_offset", ctypes.c_int64),
                ("limit_ns", ctypes.c_uint64),
                ("ranges", ctypes.c_uint64 * 2 * _MAX_RANGES),
                ("dropped", ctypes.c_uint64 * _MAX_THREADS),
                ("n_ranges", ctypes.c_uint32),
                ("n_loader", ctypes.c_uint32),
                ("n_dropped", ctypes.c_uint32),
                ("unused", ctypes.c_uint32),
                ("fault", ctypes.c_int32),
                ("error", ctypes.c_int32),
                ("culprit", ctypes.c_int32),
                ("n_copied", ctypes.c_uint32),
            )

        path = os.path.join(folder, "bin", os.uname().machine, "threads.so")
        libc = ctypes.CDLL(None)
        if not hasattr(libc, "gnu_get_libc_version"):
            raise Unsupported("the C library is not glibc: use an image with glibc")
        try:
            # PyDLL keeps the interpreter's lock: of the child's threads none has it but this one.
            self._library = ctypes.PyDLL(path)
        except OSError as fault:
            raise Unsupported(f"{path} cannot be loaded ({fault}): install dayfly-runtime again") from fault
        self._python = ctypes.pythonapi
        self._interpreter, self._first_state, self._next_state = (
            ctypes.PYFUNCTYPE(ctypes.c_void_p, *kinds)((name, ctypes.pythonapi))
            for name, kinds in (
                ("PyInterpreterState_Get", ()),
                ("PyInterpreterState_ThreadHead", (ctypes.c_void_p,)),
                ("PyThreadState_Next", (ctypes.c_void_p,)),
            )
        )
        self._byref = ctypes.byref
        self._await = ctypes.c_uint64
        self._plan = plan = Plan(self=threading.get_ident(), limit_ns=int(limit_s * 1e9))
        if all(hasattr(libc, name) for name in _RSEQ) and ctypes.c_uint.in_dll(libc, _RSEQ[1]).value:
            plan.rseq_offset = ctypes.c_ssize_t.in_dll(libc, _RSEQ[0]).value
        loader = _code(_LOADERS)
        plan.n_loader = len(loader)
        for start, end in (*loader, *_code(_LIBRARIES))[:_MAX_RANGES]:
            plan.ranges[plan.n_ranges][:] = (start, end)
            plan.n_ranges += 1
        if not plan.n_ranges:
            raise Unsupported("the C library cannot be found in /proc/self/maps")

    @property
    def copied(self) -> int:
        """Return how many threads the last child was given."""
        return int(self._plan.n_copied)

    def fork(self) -> int:
        """Fork as `os.fork()` does, with the native threads: Python ends its own in a child, or they start again there.

        The child's threads wait until `release` is called there, for some seconds at most. Raises
        OSError where the kernel refuses, Unsupported where a thread cannot be stopped or made again.
        """
        plan = self._plan
        threads = [
            thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)
        ]
        if self._count_states() > len(threads):
            # Python ends its state in a child, in which it would go on.
            raise Unsupported("a thread of native code among them runs Python code")
        left_out = [thread.ident or 0 for thread in threads if thread is not threading.main_thread()]
        if len(left_out) > _MAX_THREADS:
            raise Unsupported(f"there are more than {_MAX_THREADS} threads")
        plan.dropped[: len(left_out)] = left_out
        plan.n_dropped = len(left_out)
        self._python.PyOS_BeforeFork()
        pid: int = self._library.threads_fork(self._byref(plan))
        if pid == 0:
            self._python.PyOS_AfterFork_Child()
            return 0
        self._python.PyOS_AfterFork_Parent()
        if pid < 0:
            raise self._fault()
        return pid

    def release(self) -> None:
        """In a child: let its threads go on."""
        self._library.threads_release()

    def await_threads(self, seconds: float) -> int:
        """In a child whose threads were released: wait until all run; return how many do not in that time."""
        return int(self._library.threads_await(self._await(int(seconds * 1e9))))

    def _count_states(self) -> int:
        """Return how many threads have, or had, something to do with Python."""
        state = self._first_state(self._interpreter())
        number = 0
        while state:
            number += 1
            state = self._next_state(state)
        return number

    def _fault(self) -> Exception:
        plan = self._plan
        if plan.fault == 1 and plan.error:
            return OSError(plan.error, os.strerror(plan.error))
        who = f"thread {_name(plan.culprit)!r}"
        return Unsupported(
            {
                2: f"there are more than {_MAX_THREADS} threads",
                3: "/proc/self/task cannot be read",
                4: f"{who} could not be stopped within {plan.limit_ns / 1e9:g} s",
                5: f"{who} was not made by the C library",
                6: f"{who} was inside the C library whenever it was stopped",
                7: "memory could not be searched for the locks that they hold",
            }.get(plan.fault, "an earlier stop of its threads never ended")
        )


def _code(names: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return where the code of libraries is whose files' names begin so."""
    try:
        text = proc.read_file("/proc/self/maps", limit=_MAPS_LIMIT).decode("utf-8", "replace")
    except OSError as fault:
        raise Unsupported(f"/proc/self/maps cannot be read ({fault})") from fault
    found: list[tuple[int, int]] = []
    for line in text.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and "x" in fields[1] and os.path.basename(fields[5]).startswith(names):
            start, _, end = fields[0].partition("-")
            found.append((int(start, 16), int(end, 16)))
    return found


def _name(tid: int) -> str:
    try:
        return proc.read_file(f"/proc/self/task/{tid}/comm").decode("utf-8", "replace").strip()
    except OSError:
        return str(tid)
