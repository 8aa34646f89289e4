"""Says whether Python had to compile Dayfly's own modules at this start, which costs every cold start 140 ms or more."""

from __future__ import annotations

import os
import sys

# Loaded already in every interpreter; importlib.util is not.
from _frozen_importlib_external import MAGIC_NUMBER

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

FIX = (
    "compile at installation, with pip, `uv pip install --compile-bytecode`, or `python -m compileall` on "
    "site-packages"
)
_HEAD_BYTES = 16
_BY_HASH = 1
# The kernel stamps files with a clock that ticks up to 100 times a second.
_TICK_S = 0.02


def judge_bytecode(starter: int = 0) -> str:
    """Return why this process's modules of Dayfly were compiled at its start, in words; "" where none was.

    Its start is that of the process `starter`, without one its own. Files whose bytecode goes by a hash of the source
    are taken as compiled. Costs 1 ms.
    """
    began = proc.started_at(starter or os.getpid()) - _TICK_S
    own = [module for name, module in sys.modules.items() if name.partition(".")[0] == "dayfly"]
    faults = [fault for module in own if (fault := _fault_of(module, began))]
    if not faults:
        return ""
    return f"Dayfly's bytecode is {max(set(faults), key=faults.count)}: Python compiled {len(faults)} of {len(own)} modules at this start"


def _fault_of(module: ModuleType, began: float) -> str:
    source = getattr(module, "__file__", None)
    if not source or not source.endswith(".py"):
        # A layer's bytecode has no sources beside it.
        return ""
    cached = getattr(module, "__cached__", None)
    if not cached and module.__spec__ is not None:
        cached = module.__spec__.cached
    if not cached:
        # Within an archive, or run by its path.
        return "" if module.__name__ == "__main__" else "missing"
    try:
        with open(cached, "rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
            written = os.fstat(file.fileno())
        text = os.stat(source)
    except OSError:
        return "missing"
    if head[:4] != MAGIC_NUMBER or len(head) < _HEAD_BYTES:
        return "from another Python version"
    # https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
    flags = int.from_bytes(head[4:8], "little")
    if not flags & _BY_HASH:
        stamps = (int(text.st_mtime) & 0xFFFFFFFF, text.st_size & 0xFFFFFFFF)
        if (int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little")) != stamps:
            return "older than its source files"
    # This start wrote it itself: it was not there before, and is lost with this environment.
    return "missing" if max(written.st_ctime, written.st_mtime) >= began else ""
