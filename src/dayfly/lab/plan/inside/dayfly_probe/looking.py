"""Looks at the process between invocations: threads, tasks, children, sockets, caches."""

from __future__ import annotations

import functools
import gc
import os
import stat
import sys
import threading

from .hearing import Connection, Hearing
from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

# Offset of tcpi_bytes_received in struct tcp_info, include/uapi/linux/tcp.h; there since Linux 4.1.
_BYTES_RECEIVED = slice(128, 136)
_TCP_INFO_BYTES = 192
_IPPROTO_TCP = 6
_INTERNET = (2, 10)
_TCP_INFO = 11
# A thread whose innermost Python code is one of these waits for work and does none.
_WAITING = frozenset(
    {
        ("threading.py", "wait"),
        ("threading.py", "_wait_for_tstate_lock"),
        ("threading.py", "acquire"),
        ("queue.py", "get"),
        ("thread.py", "_worker"),
    }
)


def open_sockets() -> dict[int, int]:
    """Return open sockets: inode to descriptor."""
    found: dict[int, int] = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            status = os.fstat(int(name))
        except OSError:
            continue
        if stat.S_ISSOCK(status.st_mode):
            found[status.st_ino] = int(name)
    return found


def discover_connections(hearing: Hearing) -> None:
    """Add TCP connections that raised no audit event: those of native code, like a database's own client."""
    import _socket

    for inode, number in open_sockets().items():
        sock = _socket.socket(-1, -1, -1, os.dup(number))
        try:
            peer = sock.getpeername()
            is_tcp = sock.family in _INTERNET and sock.type & 0xF == _socket.SOCK_STREAM
        except OSError:
            continue
        finally:
            sock.close()
        if not is_tcp or f"{peer[0]}:{peer[1]}" == hearing.runtime_api:
            continue
        # Asked last: another thread may have connected, and been heard, since the sockets were listed.
        if all(connection.inode != inode for connection in hearing.connections):
            destination = f"{peer[0]}:{peer[1]}"
            hearing.connections.append(Connection(inode, destination, False, "", hearing.invocation))


def received_bytes(hearing: Hearing) -> dict[int, int]:
    """Return how much each connected socket that is still open has received, by inode; -1 if unknown."""
    import _socket

    found: dict[int, int] = {}
    numbers = open_sockets()
    for connection in hearing.connections:
        number = numbers.get(connection.inode)
        if number is None:
            continue
        sock = _socket.socket(-1, -1, -1, os.dup(number))
        try:
            info = sock.getsockopt(_IPPROTO_TCP, _TCP_INFO, _TCP_INFO_BYTES)
            found[connection.inode] = int.from_bytes(info[_BYTES_RECEIVED], sys.byteorder)
        except OSError:
            found[connection.inode] = -1
        finally:
            sock.close()
    return found


def look_at_threads(hearing: Hearing, places: Places) -> list[dict[str, object]]:
    """Return every thread but the main one: name, target, place, whether it waits, when it started."""
    frames = sys._current_frames()
    found: list[dict[str, object]] = []
    for thread in threading.enumerate():
        if thread is threading.main_thread():
            continue
        site, invocation = hearing.thread_sites.get(id(thread), ("", 0))
        target = getattr(thread, "_target", None)
        own = places.of_code(target) or places.of_code(type(thread).run)
        found.append(
            {
                "name": thread.name,
                "site": site,
                "target": own,
                "kind": getattr(target, "__module__", None) or type(thread).__module__,
                "is_waiting": _is_waiting(frames.get(thread.ident or 0)),
                "invocation": invocation,
            }
        )
    native = len(os.listdir("/proc/self/task")) - 1 - len(found)
    if native > 0:
        found.append(
            {
                "name": f"{native} threads of native code",
                "site": "",
                "target": "",
                "kind": "native",
                "is_waiting": True,
                "invocation": hearing.invocation,
            }
        )
    return found


def _is_waiting(frame: FrameType | None) -> bool:
    if frame is None:
        return True
    return (os.path.basename(frame.f_code.co_filename), frame.f_code.co_name) in _WAITING


def count_children() -> int:
    """Return how many child processes run; the dead that nobody waited for are not counted."""
    count = 0
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children") as file:
                children = file.read().split()
        except OSError:
            continue
        for child in children:
            try:
                with open(f"/proc/{child}/stat") as file:
                    count += file.read().rpartition(")")[2].split()[0] != "Z"
            except OSError:
                continue
    return count


class Objects:
    """What one pass over all objects of the process found."""

    def __init__(self, places: Places) -> None:
        self.caches: list[dict[str, object]] = []
        self.tasks: list[str] = []
        self.encrypted: set[int] = set()
        self.library_caches: dict[str, int] = {}
        self._places = places
        self._cache = type(functools.lru_cache(_nothing))
        self._task = getattr(sys.modules.get("asyncio"), "Task", None)
        self._encrypted = getattr(sys.modules.get("ssl"), "SSLSocket", None)
        base = sys.modules.get("aws_lambda_powertools.utilities.parameters.base")
        self._parameters = getattr(base, "BaseProvider", None)
        layer = sys.modules.get("aws_lambda_powertools.utilities.idempotency.persistence.base")
        self._idempotency = getattr(layer, "BasePersistenceLayer", None)
        for item in gc.get_objects():
            self._look_at(item)

    def _look_at(self, item: object) -> None:
        kind = type(item)
        if kind is self._cache:
            self._look_at_cache(item)
        elif self._task is not None and issubclass(kind, self._task):
            self._look_at_task(item)
        elif self._encrypted is not None and issubclass(kind, self._encrypted):
            number = item.fileno()  # type: ignore[attr-defined]  # an SSLSocket
            if number >= 0:
                self.encrypted.add(os.fstat(number).st_ino)
        elif self._parameters is not None and issubclass(kind, self._parameters):
            self._add("Powertools parameters", getattr(item, "store", None))
        elif self._idempotency is not None and issubclass(kind, self._idempotency):
            self._add("Powertools idempotency, local cache", getattr(item, "_cache", None))

    def _add(self, name: str, cache: object) -> None:
        if isinstance(cache, dict):
            self.library_caches[name] = self.library_caches.get(name, 0) + dict.__len__(cache)

    def _look_at_cache(self, cache: object) -> None:
        information = cache.cache_info()  # type: ignore[attr-defined]  # an lru_cache wrapper
        if not information.hits and not information.misses:
            return
        function = getattr(cache, "__wrapped__", None)
        code = getattr(function, "__code__", None)
        self.caches.append(
            {
                "id": id(cache),
                "name": f"{getattr(cache, '__module__', '')}.{getattr(cache, '__qualname__', '')}",
                "site": self._places.of_code(function),
                "arguments": code.co_argcount + code.co_kwonlyargcount if code is not None else -1,
                "hits": information.hits,
                "misses": information.misses,
                "size": information.currsize,
            }
        )

    def _look_at_task(self, task: object) -> None:
        if task.done():  # type: ignore[attr-defined]  # an asyncio task
            return
        coroutine = task.get_coro()  # type: ignore[attr-defined]
        code = getattr(coroutine, "cr_code", None)
        path = self._places.relative(getattr(code, "co_filename", None))
        name = getattr(coroutine, "__qualname__", "")
        self.tasks.append(
            f"{name}\0{path}:{code.co_firstlineno}" if path and code is not None else f"{name}\0"
        )


def _nothing() -> None:
    """Be what an lru_cache's type is taken from."""
