"""Start a command under a filter that refuses one system call more than Lambda's does."""

from __future__ import annotations

from tests import lambda_refusals
from tests.rie import ROOT

# Numbers on x86_64 and aarch64, as in tests/lambda_refusals.py.
CALLS = {"memfd_create": (319, 279), "execveat": (322, 281), "fchmod": (91, 52)}
PROGRAM = """
import os, sys
sys.path[:0] = [{root!r}, {root!r} + "/src"]
from tests import lambda_refusals
lambda_refusals.REFUSED[os.uname().machine]["one more"] = {numbers!r}[os.uname().machine]
lambda_refusals.install()
os.execv(sys.argv[1], sys.argv[1:])
"""


def refusing(call: str, interpreter: str) -> list[str]:
    """The words before a command that is to get EPERM for every `call`; `interpreter` starts them.

    The command may not be under Lambda's refusals already, one of which is to install such a filter.
    """
    numbers = dict(zip(lambda_refusals.REFUSED, CALLS[call], strict=True))
    return [interpreter, "-I", "-S", "-c", PROGRAM.format(root=str(ROOT), numbers=numbers)]
