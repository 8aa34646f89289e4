"""Finds out whether this process was executed unreadable, which closes its memory, and copies a program to be executed so.

A program whose file its user may not read is not dumpable (would_dump in the kernel's fs/exec.c): no other process
of that user opens its memory, variables or descriptors, and what it forks is closed as well. It takes no
prctl, which Lambda refuses. native/supervisor/closed.h says how interpreters are executed.
"""

from __future__ import annotations

import os
import sys

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

# Why memory is left open, as native/supervisor/closed.c says it.
SWITCHED_OFF = "switched off by close_memory"
# Tells the program that the supervisor executes that it did; nobody else's, since it holds the process's number and start.
_VARIABLE = "_DAYFLY_EXECUTED"
_SEPARATOR = "\x1f"
_LIBRARIES = "LD_LIBRARY_PATH"
# Linux 6.3, where vm.memfd_noexec can make files without it unexecutable; an error before.
_MFD_EXEC = 0x10
# Seals against sealing, shrinking, growing and writing; include/uapi/linux/fcntl.h.
_F_ADD_SEALS = 1033
_ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8
_UNREADABLE = 0o111


def arrive(environ: MutableMapping[str, str]) -> str | None:
    """Return why the supervisor could not execute this program unreadable ("" if it could), None if it did not execute it.

    Gives variables and command line back. Must come before code of the function's. launch_execute in native/supervisor/launch.c writes what is read here.
    """
    text = environ.pop(_VARIABLE, None)
    if text is None:
        return None
    identity, failure, options, path = text.split(_SEPARATOR, 3)
    if identity != _identity():
        # A child of the process that it was meant for.
        return None
    if path:
        environ[_LIBRARIES] = path[1:]
    else:
        environ.pop(_LIBRARIES, None)
    count = int(options)
    for option in sys.orig_argv[1 : 1 + count]:
        sys._xoptions.pop(option.partition("=")[0], None)
    del sys.orig_argv[1 : 1 + count]
    return failure


def close(failure: str) -> None:
    """Close this process's memory to others of its user, if it is not and can be.

    `failure` says why it was not executed unreadable. Must come before the function's code.
    """
    if failure == SWITCHED_OFF or not is_open() or proc.may_trace_all():
        return
    # 1.7 ms: ctypes. Not on Lambda, where prctl is refused.
    from dayfly._sys import native

    # Root without that right may read the memory file all the same; what is set here undoes that.
    native.set_dumpable(False)


def is_open() -> bool:
    """Say whether another process of our user could open the memory of this one, by trying."""
    if not proc.opens_memory("self"):
        return False
    # A process may open its own memory where no other may (Yama; root without rights, whose the file is
    # in any case): a child is another, and may do what a worker may.
    try:
        pid = os.fork()
    except OSError:
        return True
    if pid == 0:
        os._exit(proc.opens_memory(os.getppid()))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0


def _identity() -> str:
    """Return what an execution does not change, and no other process has."""
    return f"{os.getpid()},{proc.started_ticks(os.getpid())}"


def copy(program: str) -> int:
    """Return a sealed memory file with a program that may be executed, not read, for one execution; raises OSError."""
    import fcntl

    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    name = os.path.basename(program)
    with open(program, "rb", buffering=0) as source:
        try:
            memory = os.memfd_create(name, flags | _MFD_EXEC)
        except OSError:
            memory = os.memfd_create(name, flags)
        size = os.fstat(source.fileno()).st_size
        done = 0
        while done < size and (count := os.sendfile(memory, source.fileno(), done, size - done)):
            done += count
    os.fchmod(memory, _UNREADABLE)
    fcntl.fcntl(memory, _F_ADD_SEALS, _ALL_SEALS)
    return memory
