"""Counts and names the threads that native code started: Python knows nothing of them."""

from __future__ import annotations

import os
import sys
import threading
import time

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

# By the first letters of the name that the kernel shows, at most 15.
_LIBRARIES = (
    ("event_engine", "gRPC"),
    ("grpc_", "gRPC"),
    ("lifeguard", "gRPC"),
    ("timer_manager", "gRPC"),
    ("default-executo", "gRPC"),
    ("resolver-execut", "gRPC"),
    ("polars", "Polars"),
    ("rayon", "a Rust library (Rayon)"),
    ("tokio", "a Rust library (Tokio)"),
    ("rdk:", "Kafka (librdkafka)"),
    ("AwsEventLoop", "the AWS CRT"),
    ("jemalloc", "jemalloc"),
    ("OMP", "OpenMP"),
)
# Libraries that keep every lock of theirs through a fork and do without their threads in the child, as long as it lives.
# jemalloc then cleans up where it allocates: background_thread_postfork_child in
# https://github.com/jemalloc/jemalloc/blob/dev/src/background_thread.c
FORK_SAFE = frozenset(("jemalloc",))
# What leaves its threads under the process's name, by module.
_NAMELESS = (("duckdb", "DuckDB"),)
_FIXES = {
    "Polars": "import Polars in the handler: it does not support fork and starts threads at import",
    "DuckDB": "connect to DuckDB in the handler, or close its connections in `[fork] before` and open them in `[fork] after`",
    "OpenMP": "set OMP_NUM_THREADS=1, or compute first in the handler",
}
# GCC's, LLVM's, Intel's and NVIDIA's; wheels carry copies with a hash in their names.
OPENMP = ("libgomp", "libomp", "libiomp5", "libnvomp")


def count(library: str = "", *, settle_s: float = 0.0) -> int:
    """Return how many there are, of `library` alone where one is named.

    A thread that was told to end leaves the kernel a moment later: `settle_s` is how long that is waited for.
    """
    until = time.monotonic() + settle_s
    while True:
        found = sum(1 for name in _names() if not library or _library(name) == library)
        if not found or time.monotonic() >= until:
            return found
        time.sleep(0.001)


def are_running() -> bool:
    """Say whether one of them is at work or about to end; one that sleeps stays."""
    for task in _tasks():
        try:
            stat = proc.read_file(f"/proc/self/task/{task}/stat")
        except OSError:
            continue
        # Behind the name, which may hold anything.
        if stat.rpartition(b") ")[2].startswith(b"R"):
            return True
    return False


def describe(*, but: Collection[str] = ()) -> list[str]:
    """Return a phrase for each library whose threads are there, such as "5 threads of gRPC", without those in `but`."""
    counted: dict[str, int] = {}
    for name in _names():
        library = _library(name)
        if library in but:
            continue
        counted[library] = counted.get(library, 0) + 1
    return [
        f"{number} thread{'s' if number > 1 else ''} of {library}{_guess() if library == 'native code' else ''}"
        for library, number in counted.items()
    ]


def describe_fixes(*, but: Collection[str] = ()) -> list[str]:
    """Return what helps against the threads that are there, without those of the libraries in `but`."""
    libraries = {_library(name) for name in _names()} - set(but)
    fixes = [fix for library, fix in _FIXES.items() if library in libraries]
    if "native code" in libraries:
        fixes += [_FIXES[library] for module, library in _NAMELESS if module in sys.modules]
        if "OpenMP" not in libraries and _computes():
            fixes.append(_FIXES["OpenMP"])
    return fixes


def _guess() -> str:
    names = [library for module, library in _NAMELESS if module in sys.modules]
    return f" (perhaps {' or '.join(names)})" if names else ""


def _computes() -> bool:
    """Say whether a library is loaded that starts threads where something is computed."""
    try:
        paths = proc.mapped_files()
    except OSError:
        return True
    return any(name in path for path in paths for name in (*OPENMP, "openblas", "libmkl"))


def _library(name: str) -> str:
    return next((library for start, library in _LIBRARIES if name.startswith(start)), "native code")


def _tasks() -> list[str]:
    """Return the numbers of the threads that Python did not start."""
    # After a fork Python 3.11 goes on telling the number that the main thread had in the parent.
    ours = {threading.get_native_id(), *(thread.native_id for thread in threading.enumerate())}
    try:
        return [task for task in os.listdir("/proc/self/task") if int(task) not in ours]
    except OSError:
        return []


def _names() -> list[str]:
    names: list[str] = []
    for task in _tasks():
        try:
            with open(f"/proc/self/task/{task}/comm", encoding="utf-8", errors="replace") as file:
                names.append(file.read().strip())
        except OSError:
            # It has ended meanwhile.
            continue
    return names
