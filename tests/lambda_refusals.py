"""Start a command under a seccomp filter that answers as Lambda's does: with EPERM, to what Lambda refuses.

A filter survives exec and fork, so whatever the command starts is under it too. Run as a program, it becomes the command:
`python -I -S lambda_refusals.py COMMAND...`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from dayfly.lab.system_calls import CLONE, CLONE3, REFUSED, filter_for

__all__ = ["CLONE", "CLONE3", "REFUSED", "filter_for", "install", "under_refusals"]

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2


def install() -> None:
    """Put this process, and all it will start, under the filter for good. Raises OSError where that is refused."""
    program = filter_for(os.uname().machine)
    text = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_void_p)]

    described = Program(len(program) // 8, ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    zero, one, mode = ctypes.c_ulong(0), ctypes.c_ulong(1), ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    # Whoever has no capability may only bind himself if no set-user-id program can gain one under the filter.
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, one, zero, zero, zero) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    if libc.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(described), zero, zero) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


def under_refusals(command: Sequence[str]) -> list[str]:
    """The command line that runs `command`, in the same process, as Lambda's filter would let it."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *command]


if __name__ == "__main__":
    install()
    os.execvp(sys.argv[1], sys.argv[1:])
