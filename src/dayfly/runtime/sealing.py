"""Makes known state of the initialised function fork-safe, before the first fork.

Each sealer knows one kind of state: it closes, parks or stops it in the zygote and says what every worker
must do to have it back. A sealer is a module of `dayfly.runtime.sealers` with

    kinds() -> tuple[type, ...]            classes written in Python whose instances it wants to see, if any
    seal(found: heap.Found, sealing: Sealing) -> None

and is loaded only where one of its triggers is among the modules that init loaded, and where the process has what it seals.
"""

from __future__ import annotations

import os
import sys

from dayfly.runtime import heap, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from types import ModuleType
    from typing import Protocol

    from dayfly._sys.threadfork import ThreadFork
    from dayfly.runtime.delivery import Delivery
    from dayfly.runtime.prefaulting import Prefaulting

    class Learner(Protocol):
        """Does in the zygote what workers did: each line that one of the first `MANY` tells is heard there, behind
        `MARK` on the way."""

        MARK: str
        MANY: int

        def told(self) -> list[str]: ...
        def hear(self, lines: list[str]) -> None: ...
        def waits_alone(self) -> bool:
            """Say whether a moment is to be spent on code of the function's, for which no worker may serve."""

        def spend_a_moment(self) -> None: ...


# What a process must have for there to be anything to seal: threads beside the main one, native ones included, or
# descriptors that init opened, or shared memory.
_THREADS, _DESCRIPTORS, _MAPPINGS = "threads", "descriptors", "mappings"
# In this order: whoever stops threads or closes sockets of its own comes before those that judge what is
# left. Workers act in the same order.
SEALERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("first_use", ("starlette.routing", "flask.app", "jinja2.environment", "sqlalchemy.engine.base"), ""),
    ("extensions", ("socket",), _THREADS),
    ("sentry", ("sentry_sdk",), ""),
    ("opentelemetry", ("opentelemetry.sdk",), ""),
    ("datadog", ("ddtrace", "datadog"), ""),
    ("queues", ("logging.handlers",), _THREADS),
    ("executors", ("concurrent.futures.thread", "multiprocessing.pool", "gevent.threadpool"), _THREADS),
    (
        "databases",
        ("sqlalchemy", "psycopg", "psycopg2", "pymysql", "mysql.connector", "asyncpg", "sqlite3"),
        "",
    ),
    ("caches", ("redis", "valkey", "pymemcache"), ""),
    ("mongodb", ("pymongo",), _DESCRIPTORS),
    ("kafka", ("confluent_kafka.cimpl",), _THREADS),
    ("grpc", ("grpc",), ""),
    ("http", ("http.client", "httpcore"), _DESCRIPTORS),
    ("loops", ("asyncio", "trio", "gevent.hub"), _DESCRIPTORS),
    ("pairs", ("_socket",), _DESCRIPTORS),
    ("tls", ("ssl",), ""),
    ("datagrams", ("socket",), _DESCRIPTORS),
    ("openmp", ("numpy", "scipy", "sklearn", "igraph", "torch"), _THREADS),
    ("credentials", ("botocore.credentials",), ""),
    ("service_data", ("botocore.session",), ""),
    ("deferred", ("pydantic.main", "aws_lambda_powertools.event_handler.api_gateway"), ""),
    ("coldstart", ("aws_lambda_powertools", "datadog_lambda", "aws_xray_sdk"), ""),
    ("filesystems", ("fsspec.asyn",), ""),
    ("mappings", ("sys",), _MAPPINGS),
    ("files", ("io",), _DESCRIPTORS),
    ("polls", ("sys",), _DESCRIPTORS),
    ("threads", ("threading",), _THREADS),
)
_PACKAGE = "dayfly.runtime.sealers."


class Sealing:
    """What was sealed, what every worker must do, and what cannot be made safe.

    `own` are descriptors that were open before init. `descriptors` are numbers that every worker replaces
    by its own before its event, `areas` the addresses of shared memory that it replaces, as /proc/self/maps names them; `threads` those that do not forbid a fork, since nothing is lost with them
    or each worker starts its own, and `runtimes` the libraries whose native threads end and start around a
    fork by themselves, as `natives` calls them. `thread_policy` is the setting `threads`, `copies_threads` says
    that workers have the native threads of init, and `copier` then forks with them. `warms` says that libraries may prepare their first use, and `learners` do so for what workers have used; `prefaulting` knows the pages that these wrote to. `is_window` says that a worker serves many events. `is_first`
    is set before the acts run: it is true in the first worker of an environment alone. `notes` are limits for
    the first log line, `expires_at` the time (seconds since the epoch) at which something that init fetched
    is no longer good, 0 where nothing says so.
    """

    __slots__ = (
        "_at_event",
        "_before_fork",
        "_private",
        "acts",
        "areas",
        "copier",
        "copies_threads",
        "deliveries",
        "descriptors",
        "drop_extensions",
        "expires_at",
        "faults",
        "is_first",
        "is_window",
        "learners",
        "notes",
        "own",
        "prefaulting",
        "refusals",
        "runtimes",
        "thread_policy",
        "threads",
        "warms",
    )

    def __init__(
        self,
        *,
        own: frozenset[int] = frozenset(),
        is_window: bool = False,
        thread_policy: str = "auto",
        warms: bool = False,
    ) -> None:
        self.own = own
        self.is_window = is_window
        self.thread_policy = thread_policy
        self.warms = warms
        self.copier: ThreadFork | None = None
        self.copies_threads = False
        self.is_first = False
        self.acts: list[Callable[[], None]] = []
        self.deliveries: list[Delivery] = []
        self.descriptors: set[int] = set()
        self.areas: set[str] = set()
        self.runtimes: set[str] = set()
        self.threads: set[threading.Thread] = set()
        self.learners: list[Learner] = []
        self.prefaulting: Prefaulting | None = None
        self.refusals: list[str] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.expires_at = 0.0
        self._before_fork: list[Callable[[], None]] = []
        self._private: list[tuple[Callable[[], None], bool]] = []
        self._at_event: list[Callable[[], None]] = []
        # Closes what waits at the supervisor for an extension's event; says whether any is registered.
        self.drop_extensions: Callable[[], bool] = bool

    def private(self, act: Callable[[], None], *, is_vital: bool = False) -> None:
        """Have `act` called in every worker before anything else, to replace what it shares with the zygote.

        Not in a process that serves without a fork. A worker in which a vital one fails ends before its event.
        """
        self._private.append((act, is_vital))

    def separate(self) -> None:
        """In a worker: replace what it shares with the zygote, before any code of the function's runs."""
        for act, is_vital in self._private:
            try:
                act()
            except OSError as fault:
                _tell(f"{act!r} failed in a worker: {type(fault).__name__}: {fault}")
                if is_vital:
                    os._exit(1)

    def in_worker(self, act: Callable[[], None]) -> None:
        """Have `act` called in every worker, ahead of its event; it must be quick and must not wait.

        It is also called where the function turns out not to be forkable, in the very process that was sealed.
        """
        self.acts.append(act)

    def at_event(self, act: Callable[[], None]) -> None:
        """Have `act` called in every worker when its first event is there, in the caller's time."""
        self._at_event.append(act)

    def begin(self) -> None:
        """In a worker whose event is there: do what was asked for then, once."""
        while self._at_event:
            self._at_event.pop(0)()

    def before_fork(self, act: Callable[[], None]) -> None:
        """Have `act` called in the zygote before every fork; it may wait for some milliseconds at most."""
        self._before_fork.append(act)

    def prepare_fork(self) -> None:
        """In the zygote: do what was asked for before a fork."""
        for act in self._before_fork:
            act()

    def before_answer(
        self, name: str, *, is_pending: Callable[[], bool], send: Callable[[float], object]
    ) -> None:
        """Have `send` called before a worker's last answer, where `is_pending` says so; see `Delivery`."""
        from dayfly.runtime.delivery import Delivery

        self.deliveries.append(Delivery(name, is_pending=is_pending, send=send))

    def finish(self, seconds: float) -> list[str]:
        """In a worker that is about to give its last answer: send what libraries recorded, within `seconds`.

        Returns the names of what was not sent in time and is lost with the worker.
        """
        if not self.deliveries:
            return []
        from dayfly.runtime.delivery import deliver

        return deliver(self.deliveries, seconds=seconds)

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


def seal_known(sealing: Sealing, *, also: tuple[type, ...] = ()) -> heap.Found:
    """Run every sealer whose library init loaded, with one walk over the heap for all of them, and another where more
    was opened meanwhile.

    Returns what the walk found, instances of the classes in `also` among it.
    """
    loaded = [
        (name, needed) for name, triggers, needed in SEALERS if any(map(sys.modules.__contains__, triggers))
    ]
    opened, present = _look(sealing, _MAPPINGS)
    found = heap.find([*also, *_kinds(loaded, present, sealing)])
    has_sealed = False
    for name, needed in loaded:
        # A sealer before this one may have opened something, or had a library do so; so may a thread at any time. The
        # objects that go with it are found by another walk.
        if needed and (has_sealed or _THREADS in present):
            opened_before, present_before, has_sealed = opened, present, False
            opened, present = _look(sealing, needed)
            present |= present_before & {_MAPPINGS}
            if opened - opened_before or present - present_before:
                found = heap.find([*also, *_kinds(loaded, present, sealing)])
        if needed not in present or _has_failed(name, sealing):
            continue
        has_sealed = True
        try:
            _load(name).seal(found, sealing)
        except Exception as fault:
            # Trust boundary: a library of a version nobody tried. What it left unsealed is judged by
            # what is seen of it: threads, descriptors, mappings.
            sealing.faults.append(f"{name}: {type(fault).__name__}")
    return found


def _kinds(loaded: list[tuple[str, str]], present: set[str], sealing: Sealing) -> list[type]:
    """Return the classes of which the sealers with something to seal want to see the instances."""
    kinds: list[type] = []
    for name, needed in loaded:
        if needed in present and not _has_failed(name, sealing):
            try:
                kinds += kinds_of(name)
            except Exception as fault:
                sealing.faults.append(f"{name}: {type(fault).__name__}")
    return kinds


def kinds_of(name: str) -> tuple[type, ...]:
    """Return the classes of which a sealer wants to see the instances; others find what they seal without the heap."""
    found: tuple[type, ...] = getattr(_load(name), "kinds", tuple)()
    return found


def _has_failed(name: str, sealing: Sealing) -> bool:
    return any(fault.startswith(f"{name}:") for fault in sealing.faults)


def _look(sealing: Sealing, needed: str) -> tuple[frozenset[int], set[str]]:
    """Return the descriptors that this process opened, and what it has of what sealers need, mappings if they are `needed`."""
    opened = seal.open_descriptors() - sealing.own
    present = {""}
    if seal.has_threads():
        present.add(_THREADS)
    if opened:
        present.add(_DESCRIPTORS)
    # Reading the mappings takes longer than all the rest.
    if needed == _MAPPINGS and seal.has_shared_memory():
        present.add(_MAPPINGS)
    return opened, present


def _load(name: str) -> ModuleType:
    # importlib, which every interpreter has loaded, by its C-level entrance.
    __import__(_PACKAGE + name)
    return sys.modules[_PACKAGE + name]


def _tell(message: str) -> None:
    os.write(2, f"dayfly: {message}\n".encode("utf-8", "replace"))
