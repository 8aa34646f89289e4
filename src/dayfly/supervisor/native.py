"""Hands this process over to the native supervisor, where DAYFLY_SUPERVISOR asks for it."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "DAYFLY_SUPERVISOR"
_BAD_INPUT = 2


def hand_over(environ: MutableMapping[str, str], *, place: str = "") -> None:
    """Become the native supervisor with this command line as its zygote's; returns only where Python is to serve.

    `place` is the folder with `bin`, without it this package's. A program that cannot be executed is told of, and Python
    serves. Raises SystemExit for a value that is none.
    """
    asked = environ.get(VARIABLE, "")
    if asked in ("", "python"):
        return
    if asked != "native":
        os.write(2, f"dayfly: error: {VARIABLE} is {asked}\n  hint: use python or native\n".encode())
        raise SystemExit(_BAD_INPUT)
    folder = place or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    program = os.path.join(folder, "bin", os.uname().machine, "supervisor")
    try:
        os.execv(program, [program, sys.executable, *sys.orig_argv[1:]])
    except OSError as fault:
        why = _EXPLAINED.get(fault.errno or 0, fault.strerror)
        os.write(
            2, f"dayfly: the Python supervisor serves instead of the native one: {program} {why}\n".encode()
        )
        # For who is executed from here on: it was told.
        environ[VARIABLE] = "python"


_EXPLAINED = {
    errno.ENOENT: "is missing: install dayfly-runtime from a wheel, or run make setup in a checkout",
    errno.EACCES: "may not be executed: its mode was lost, or its file system is mounted noexec",
    errno.ENOEXEC: "is not for this machine's processor",
}
