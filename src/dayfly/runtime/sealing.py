"""Makes known state of the initialised function fork-safe, before the first fork.

Each sealer knows one kind of state: it closes, parks or stops it in the zygote and says what every worker
must do to have it back. A sealer is a module of `dayfly.runtime.sealers` with

    kinds() -> tuple[type, ...]            classes written in Python whose instances it wants to see
    seal(found: heap.Found, sealing: Sealing) -> None

and is loaded only where one of its triggers is among the modules that init loaded.
"""

from __future__ import annotations

import sys

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from types import ModuleType

# In this order: whoever stops threads or closes sockets of its own comes before those that judge what is
# left. Workers act in the same order.
SEALERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("telemetry", ("sentry_sdk", "opentelemetry.sdk", "ddtrace", "datadog", "aws_xray_sdk")),
    ("queues", ("logging.handlers",)),
    ("executors", ("concurrent.futures.thread", "multiprocessing.pool")),
    ("databases", ("sqlalchemy", "psycopg", "psycopg2", "pymysql", "pymongo")),
    ("caches", ("redis", "valkey", "pymemcache")),
    ("grpc", ("grpc",)),
    ("http", ("http.client", "httpcore")),
    ("loops", ("asyncio",)),
    ("tls", ("ssl",)),
    ("datagrams", ("socket",)),
    ("openmp", ("numpy", "scipy", "sklearn", "igraph", "torch")),
    ("coldstart", ("aws_lambda_powertools", "datadog_lambda", "aws_xray_sdk")),
    ("threads", ("threading",)),
)
_PACKAGE = "dayfly.runtime.sealers."


class Sealing:
    """What was sealed, what every worker must do, and what cannot be made safe.

    `descriptors` are numbers that every worker replaces by its own before its event; `threads` those that
    do not forbid a fork, since nothing is lost with them or each worker starts its own. `reserved` are
    roots of directories any invocation may write to. `is_window` says that a worker serves many events.
    """

    __slots__ = ("acts", "descriptors", "faults", "is_window", "refusals", "restarts_threads", "threads")

    def __init__(self, *, is_window: bool = False, restarts_threads: bool = True) -> None:
        self.is_window = is_window
        self.restarts_threads = restarts_threads
        self.acts: list[Callable[[], None]] = []
        self.descriptors: set[int] = set()
        self.threads: set[threading.Thread] = set()
        self.refusals: list[str] = []
        self.faults: list[str] = []

    def in_worker(self, act: Callable[[], None]) -> None:
        """Have `act` called in every worker, ahead of its event; it must be quick and must not wait."""
        self.acts.append(act)

    def refuse(self, reason: str) -> None:
        """Forbid the fork; `reason` is a sentence that names the culprit and its fix."""
        self.refusals.append(reason)

    def wake(self) -> None:
        """In a worker: do what was asked for; a fault of one act does not keep the others from it."""
        for act in self.acts:
            try:
                act()
            except Exception as fault:
                # Trust boundary: a library of a version nobody tried. The function finds out as it would
                # after a freeze that cost it its connections; the log says where it began.
                _tell(f"{act!r} failed in a worker: {type(fault).__name__}: {fault}")


def seal_known(sealing: Sealing) -> None:
    """Run every sealer whose library init loaded, with one walk over the heap for all of them."""
    sealers: list[ModuleType] = []
    kinds: list[type] = []
    for name, triggers in SEALERS:
        if any(trigger in sys.modules for trigger in triggers):
            try:
                sealer = _load(name)
                kinds += sealer.kinds()
            except Exception as fault:
                sealing.faults.append(f"{name}: {type(fault).__name__}")
                continue
            sealers.append(sealer)
    if not sealers:
        return
    found = heap.find(kinds)
    for sealer in sealers:
        try:
            sealer.seal(found, sealing)
        except Exception as fault:
            # Trust boundary: a library of a version nobody tried. What it left unsealed is judged by
            # what is seen of it: threads, descriptors, mappings.
            sealing.faults.append(f"{sealer.__name__.rpartition('.')[2]}: {type(fault).__name__}")


def _load(name: str) -> ModuleType:
    # importlib, which every interpreter has loaded, by its C-level entrance.
    __import__(_PACKAGE + name)
    return sys.modules[_PACKAGE + name]


def _tell(message: str) -> None:
    import os

    os.write(2, f"dayfly: {message}\n".encode("utf-8", "replace"))
