"""System calls the standard library lacks, by ctypes; "unsupported" is a return value.

Nothing at module level loads ctypes: it costs 1.7 ms, and most environments never need it.
"""

from __future__ import annotations

import os

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
MADV_HUGEPAGE = 14
MADV_COLLAPSE = 25  # Linux 6.1
_KEYCTL_CLEAR = 7
_KEYCTL_GET_PERSISTENT = 22
# Special keyring ids, include/uapi/linux/keyctl.h: session, user, user session.
_KEYRINGS = (-3, -4, -5)
_KEYCTL_NUMBER = {"x86_64": 250, "aarch64": 219}

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes


def _libc() -> ctypes.CDLL:
    # 1.7 ms; only hosts that allow prctl, leftovers of System V and huge pages get here.
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def set_child_subreaper() -> bool:
    """Ask that orphans of our descendants become our children; False where the host refuses."""
    return bool(_libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def set_dumpable(dumpable: bool) -> bool:
    """Let others of our user open this process's memory or not; False where the host refuses."""
    return bool(_libc().prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0) == 0)


def clear_keyrings() -> str:
    """Clear the user's and the session's keyrings; return why not where that is refused, else "".

    A missing keyring is clean. Kernels without keyrings (ENOSYS) have nothing to clear.
    """
    import ctypes
    import errno

    number = _KEYCTL_NUMBER.get(os.uname().machine)
    if number is None:
        return "the number of keyctl is not known on this processor"
    libc = _libc()
    refused = ""
    # The persistent keyring outlives every session; linking it into the process keyring names it.
    persistent = libc.syscall(number, _KEYCTL_GET_PERSISTENT, ctypes.c_long(-1), ctypes.c_long(-2))
    for keyring in (*_KEYRINGS, *([persistent] if persistent > 0 else [])):
        ctypes.set_errno(0)
        if libc.syscall(number, _KEYCTL_CLEAR, ctypes.c_long(keyring)) == 0:
            continue
        code = ctypes.get_errno()
        if code == errno.ENOSYS:
            return ""
        if code not in (errno.ENOKEY, errno.EKEYREVOKED, errno.EKEYEXPIRED):
            refused = f"keyctl: {os.strerror(code)}"
    return refused


def remove_ipc(kind: str, identifier: int) -> bool:
    """Remove one System V object; `kind` is shm, msg or sem. False when it is still there."""
    libc = _libc()
    ipc_rmid = 0
    if kind == "sem":
        return bool(libc.semctl(identifier, 0, ipc_rmid) == 0)
    call = libc.shmctl if kind == "shm" else libc.msgctl
    return bool(call(identifier, ipc_rmid, None) == 0)


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
