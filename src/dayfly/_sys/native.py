"""System calls the standard library lacks, by ctypes; "unsupported" is a return value.

Nothing at module level loads ctypes: it costs 1.7 ms, and most environments never need it.
"""

from __future__ import annotations

import os

PR_SET_DUMPABLE = 4
MADV_HUGEPAGE = 14
MADV_COLLAPSE = 25  # Linux 6.1

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes


def _libc() -> ctypes.CDLL:
    # 1.7 ms; only hosts that allow prctl, leftovers of System V and huge pages get here.
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


_calls: list[ctypes.PyDLL] = []


def calls() -> ctypes.PyDLL:
    """Return the C library for calls that a worker makes before its event: loaded once, and the interpreter's lock is kept."""
    if not _calls:
        # 1.7 ms, and only where init left shared memory, or descriptors that are made anew.
        import ctypes

        libc = ctypes.PyDLL(None, use_errno=True)
        size, address, offset = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int64
        libc.mmap.argtypes = [address, size, ctypes.c_int, ctypes.c_int, ctypes.c_int, offset]
        libc.mmap.restype = address
        libc.mincore.argtypes = [address, size, ctypes.c_char_p]
        libc.pwrite.argtypes = [ctypes.c_int, address, size, offset]
        libc.pwrite.restype = ctypes.c_ssize_t
        _calls.append(libc)
    return _calls[0]


def last_fault(call: str = "") -> OSError:
    """Return why the last of these calls failed; `call` is named in what it says."""
    import ctypes

    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}" if call else os.strerror(number))


def set_dumpable(dumpable: bool) -> bool:
    """Let others of our user open this process's memory or not; False where the host refuses."""
    return bool(_libc().prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0) == 0)


def advise(start: int, length: int, advice: int) -> int:
    """madvise our own memory; return 0 or the error number."""
    import ctypes

    libc = _libc()
    ctypes.set_errno(0)
    if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), advice) == 0:
        return 0
    return ctypes.get_errno()


def may_become_writable(start: int, length: int) -> bool:
    """Say whether a readable mapping of ours could be made writable, by doing it for a moment."""
    import ctypes

    read, write = 1, 2
    libc = _libc()
    area = ctypes.c_void_p(start), ctypes.c_size_t(length)
    if libc.mprotect(*area, read | write) != 0:
        return False
    libc.mprotect(*area, read)
    return True


def run_fork_handlers() -> None:
    """Fork a child that ends at once, so that libraries end their threads in their pthread_atfork handlers.

    Python's own hooks (`os.register_at_fork`) do not run, and no SIGCHLD handler sees the child.
    """
    import ctypes
    import signal

    # PyDLL keeps the interpreter's lock: nothing of this process runs in the child but _exit.
    libc = ctypes.PyDLL(None)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        pid = libc.fork()
        if pid == 0:
            libc._exit(0)
        if pid > 0:
            os.waitpid(pid, 0)
            # Of the child's end: blocked, it would reach a handler of the function's own afterwards.
            signal.sigtimedwait({signal.SIGCHLD}, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
