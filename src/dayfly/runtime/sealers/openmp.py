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
        paths = proc.mapped_files()
    except OSError:
        return []
    return [path for path in paths if os.path.basename(path).startswith(natives.OPENMP)]
