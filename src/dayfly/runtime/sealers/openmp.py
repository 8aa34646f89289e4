"""Ends the threads of OpenMP and BLAS libraries, so that each worker makes its own at its first parallel region.

A team that init's computation left would not exist in a worker, where the next parallel region of GCC's
libgomp then waits for it for ever (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=60035).
"""

from __future__ import annotations

import os
import sys

from dayfly._sys import native, openmp, proc
from dayfly.runtime import natives

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime import heap
    from dayfly.runtime.sealing import Sealing

# GCC's, LLVM's, Intel's and NVIDIA's; wheels carry copies with a hash in their names.
_RUNTIMES = ("libgomp", "libomp", "libiomp5", "libnvomp")
_MAPS_LIMIT = 1 << 24


def kinds() -> tuple[type, ...]:
    """Return nothing: native threads are found in /proc."""
    return ()


def seal(_found: heap.Found, sealing: Sealing) -> None:
    """End what pauses; what then is left is judged, by name, with all other threads."""
    if not natives.count():
        return
    _end_numexpr(sealing)
    for path in _loaded_runtimes():
        openmp.pause(path)
    if natives.count():
        # OpenBLAS, and others that know about forks, end their threads in a handler and start them when
        # they next need them.
        native.run_fork_handlers()


def _end_numexpr(sealing: Sealing) -> None:
    """End numexpr's threads, which it starts when it is imported, by pandas too; each worker has as many of its own."""
    numexpr = sys.modules.get("numexpr")
    if numexpr is None:
        return
    number = numexpr.set_num_threads(1)
    sealing.in_worker(lambda: numexpr.set_num_threads(number))


def _loaded_runtimes() -> list[str]:
    try:
        text = proc.read_file("/proc/self/maps", limit=_MAPS_LIMIT).decode("utf-8", "replace")
    except OSError:
        return []
    paths = {line.split(None, 5)[5] for line in text.splitlines() if len(line.split(None, 5)) > 5}
    return sorted(path for path in paths if os.path.basename(path).startswith(_RUNTIMES))
