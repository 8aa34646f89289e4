"""System calls the standard library lacks, by ctypes; "unsupported" is a return value.

Nothing at module level loads ctypes: it costs 1.7 ms, and most environments never need it.
"""

from __future__ import annotations

import os
import time

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
MADV_HUGEPAGE = 14
MADV_COLLAPSE = 25  # Linux 6.1
_KEYCTL_GET_KEYRING_ID = 0
_KEYCTL_CLEAR = 7
_KEYCTL_INVALIDATE = 21
_KEYCTL_GET_PERSISTENT = 22
# Special keyring ids, include/uapi/linux/keyctl.h.
_PROCESS_KEYRING, _SESSION_KEYRING, _USER_KEYRING, _USER_SESSION_KEYRING = -2, -3, -4, -5
_KEY_NUMBERS = {"x86_64": (248, 250), "aarch64": (217, 219)}
# How long the kernel may take until it has forgotten a keyring that was invalidated, after which it makes another.
_COLLECTION_S = 0.1

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


def clear_keyrings() -> str | None:
    """Clear the user's and the session's keyrings; return why keys stay, "" if none does.

    None where nobody has keys: kernels without keyrings (ENOSYS), and hosts that refuse the call (EPERM) to
    everybody. A missing keyring is clean. One that takes no key any more, since its rights were taken away or new keys
    forbidden (KEYCTL_SETPERM, KEYCTL_RESTRICT_KEYRING), is invalidated: the kernel makes another, as it does for who has
    none. What was revoked, or refuses that too, stays as long as the kernel knows the user.
    """
    import ctypes
    import errno

    numbers = _KEY_NUMBERS.get(os.uname().machine)
    if numbers is None:
        return "the key system calls are unknown on this CPU architecture"
    add_key, keyctl = numbers
    libc = _libc()

    def call(number: int, *arguments: object) -> int:
        """Return what the kernel does, an error as its negative number."""
        ctypes.set_errno(0)
        found = int(libc.syscall(number, *arguments))
        return found if found >= 0 else -ctypes.get_errno()

    def takes_keys(keyring: int) -> bool:
        key = call(add_key, b"user", b"dayfly", b"-", ctypes.c_size_t(1), ctypes.c_long(keyring))
        if key > 0:
            call(keyctl, _KEYCTL_INVALIDATE, ctypes.c_long(key))
        # No room left: what is full takes keys.
        return key > 0 or key == -errno.EDQUOT

    # The persistent keyring outlives every session; linking it into the process keyring names it.
    persistent = call(keyctl, _KEYCTL_GET_PERSISTENT, ctypes.c_long(-1), ctypes.c_long(_PROCESS_KEYRING))
    if persistent == -errno.ENOSYS:
        return None
    keyrings = [_USER_KEYRING, _USER_SESSION_KEYRING, *([persistent] if persistent > 0 else [])]
    session, of_user = (
        call(keyctl, _KEYCTL_GET_KEYRING_ID, ctypes.c_long(keyring), 0)
        for keyring in (_SESSION_KEYRING, _USER_SESSION_KEYRING)
    )
    if session != of_user:
        # Who has none of his own uses the user's; a key put into it would make one.
        keyrings.append(_SESSION_KEYRING)
    codes = {keyring: -call(keyctl, _KEYCTL_CLEAR, ctypes.c_long(keyring)) for keyring in keyrings}
    if set(codes.values()) == {errno.EPERM}:
        return None
    closed = [keyring for keyring in keyrings if codes[keyring] == errno.EACCES or not takes_keys(keyring)]
    for keyring in closed:
        call(keyctl, _KEYCTL_INVALIDATE, ctypes.c_long(keyring))
    until = time.monotonic() + _COLLECTION_S
    while closed:
        closed = [keyring for keyring in closed if not takes_keys(keyring)]
        if closed and time.monotonic() > until:
            return "a keyring can be neither cleared nor replaced"
        os.sched_yield()
    return ""


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
