"""Hands this process over to the native supervisor, or says why the Python supervisor serves."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "DAYFLY_SUPERVISOR"
# By which the native supervisor says that Python is to serve, and why.
_INSTEAD = "_DAYFLY_INSTEAD"
# What it exits with if it is started without arguments.
RUNS = 93
_EXPLAINED = {
    errno.ENOENT: "is missing: install dayfly-runtime from a wheel, or run make setup in a checkout",
    errno.EACCES: "may not be executed: its mode was lost, or its file system is mounted noexec",
    errno.ENOEXEC: "is not for this machine's processor",
}


def hand_over(environ: MutableMapping[str, str], *, place: str = "") -> str:
    """Become the native supervisor with this command line as its zygote's; returns only where Python is to serve.

    `place` is the folder with `bin`, without it this package's. Returns why Python serves although native code is wanted,
    which standard error then has; "" where the settings ask for Python.
    """
    why = environ.pop(_INSTEAD, None)
    if why is not None or environ.get(VARIABLE, "").strip().lower() == "python":
        return why or ""
    # Nothing else reads files of settings, or says what is wrong with a value.
    from dayfly.supervisor import flatsettings

    if not flatsettings.put(environ):
        return ""
    program = program_of(place)
    try:
        os.execv(program, [program, sys.executable, *sys.orig_argv[1:]])
    except OSError as fault:
        environ.pop(flatsettings.VARIABLE, None)
        why = explain(program, fault)
        os.write(2, f"dayfly: the Python supervisor serves instead of the native one: {why}\n".encode())
        return why


def program_of(place: str = "") -> str:
    """Return the path of the native supervisor for this processor, in this package or in the folder `place`."""
    folder = place or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(folder, "bin", os.uname().machine, "supervisor")


def explain(program: str, fault: OSError) -> str:
    """Return why a program cannot be executed, and what to do."""
    return f"{program} {_EXPLAINED.get(fault.errno or 0, fault.strerror)}"
