"""Hands this process over to the supervisor, a native program, or says why it cannot run here."""

from __future__ import annotations

import errno
import os
import sys

from dayfly._sys import unreadable
from dayfly.errors import StartError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import NoReturn

# By which the supervisor says that a zygote of this installation cannot begin, and why, if that was not said before.
INSTEAD = "_DAYFLY_INSTEAD"
# What it exits with if it is started without arguments.
_RUNS = 93
_EXPLAINED = {
    errno.ENOENT: "is missing: install dayfly-runtime from a wheel, or run make setup in a checkout",
    errno.EACCES: "may not be executed: its mode was lost, or its file system is mounted noexec, and no memory file helps",
    # Of a host that refuses memory files.
    errno.EPERM: "may not be executed: its mode was lost, or its file system is mounted noexec, and no memory file helps",
    errno.ENOEXEC: "is not for this machine's processor, or is damaged",
}


def hand_over(environ: MutableMapping[str, str], *, place: str = "") -> NoReturn:
    """Become the supervisor with this command line as its zygote's.

    `place` is the folder with `bin`, without it this package's. Raises StartError where it cannot run in this
    installation, OSError where something is wanting that another start may have.
    """
    if (why := environ.pop(INSTEAD, None)) is not None:
        raise StartError(why or "the function's interpreter cannot begin, as reported above")
    target = find(place)
    # It reads variables alone.
    from dayfly.runtime import flatsettings

    flatsettings.put(environ)
    os.execve(target, [program_of(place), sys.executable, *sys.orig_argv[1:]], environ)


def find(place: str = "") -> str:
    """Return the path to execute the supervisor by, after trying it; raises as `hand_over` does."""
    program = target = program_of(place)
    try:
        try:
            status = _run(program)
        except PermissionError:
            target = f"/proc/self/fd/{unreadable.copy(program)}"
            status = _run(target)
    except OSError as fault:
        if fault.errno not in _EXPLAINED:
            raise
        raise StartError(f"{program} {_EXPLAINED[fault.errno]}") from fault
    if status != _RUNS:
        # Perhaps for want of memory, so it is not taken for damage.
        raise OSError(errno.EIO, f"{program} ended with {status}")
    return target


def _run(target: str) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(target, [target], {}), 0)[1])


def program_of(place: str = "") -> str:
    """Return the path of the supervisor for this processor, in this package or in the folder `place`."""
    folder = place or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(folder, "bin", os.uname().machine, "supervisor")
