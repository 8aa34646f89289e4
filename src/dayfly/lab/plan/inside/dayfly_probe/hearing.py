"""Hears what the function does through the interpreter's audit events; never raises into it.

Events: https://docs.python.org/3/library/audit_events.html. Native code that opens files or sockets by
itself raises none and is not heard.
"""

from __future__ import annotations

import _thread
import os
import stat
import sys

from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNTIME_API = "Runtime API"
_MAX_RECORDS = 2000
_MAX_SOUGHT = 20
_SCRATCH = ("/tmp/", "/var/tmp/", "/dev/shm/")
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Connection:
    """One socket the function connected; `inode` names it for as long as it is open."""

    __slots__ = ("destination", "inode", "invocation", "is_datagram", "site")

    def __init__(self, inode: int, destination: str, is_datagram: bool, site: str, invocation: int) -> None:
        self.inode = inode
        self.destination = destination
        self.is_datagram = is_datagram
        self.site = site
        self.invocation = invocation


class Hearing:
    """Collects by invocation; `invocation` is 0 during init. `temporary` are the scratch folders."""

    def __init__(self, places: Places, temporary: Sequence[str], *, runtime_api: str) -> None:
        self._places = places
        self._temporary = tuple(folder.rstrip("/") + "/" for folder in temporary)
        self.runtime_api = runtime_api
        self._pid = os.getpid()
        # Threads inside an ear: what the probe itself opens there is not the function's.
        self._busy: set[int] = set()
        self._looked_up: dict[int, str] = {}
        # Looked up or connected to, in vain or not.
        self.sought: set[str] = set()
        self.invocation = 0
        self.faults = 0
        self.connections: list[Connection] = []
        self.files: list[tuple[str, str, str]] = []
        self.imports: list[tuple[str, str, bool]] = []
        self.processes: list[tuple[str, str]] = []
        # By the thread object's address; a later thread at the same address overwrites it.
        self.thread_sites: dict[int, tuple[str, int]] = {}
        # Each takes the event's own arguments, whose number and types differ by event and version.
        self._ears: dict[str, Callable[..., None]] = {
            "socket.connect": self._connect,
            "socket.getaddrinfo": self._look_up,
            "open": self._open,
            "os.rename": self._rename,
            "sqlite3.connect": self._database,
            "import": self._import,
            "subprocess.Popen": self._process("subprocess"),
            "os.fork": self._process("os.fork"),
            "os.posix_spawn": self._process("os.posix_spawn"),
            "os.system": self._process("os.system"),
            "_thread.start_new_thread": self._thread,
            "_thread.start_joinable_thread": self._thread,
        }

    def start(self) -> None:
        """Begin to hear; there is no way to stop."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        ear = self._ears.get(event)
        if ear is None:
            return
        thread = _thread.get_ident()
        if thread in self._busy or os.getpid() != self._pid:
            return
        self._busy.add(thread)
        try:
            ear(*arguments)
        except Exception:  # trust boundary: a fault of the probe must not become the function's; counted
            self.faults += 1
        finally:
            self._busy.discard(thread)

    def _look_up(self, host: object, port: object, *_rest: object) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        self._seek(f"{name}:{_port(port)}")
        self._looked_up[_thread.get_ident()] = f"{name}:{_port(port)}"

    def _seek(self, destination: str) -> None:
        if destination not in (RUNTIME_API, self.runtime_api) and len(self.sought) < _MAX_SOUGHT:
            self.sought.add(destination)

    def _connect(self, sock: object, address: object, *_rest: object) -> None:
        number = sock.fileno()  # type: ignore[attr-defined]  # the event's first argument is a socket
        if isinstance(address, tuple) and len(address) >= 2:
            destination = f"{address[0]}:{address[1]}"
            if destination == self.runtime_api:
                destination = RUNTIME_API
            looked_up = self._looked_up.get(_thread.get_ident(), "")
            if destination != RUNTIME_API and looked_up.rpartition(":")[2] == str(address[1]):
                destination = looked_up
        elif isinstance(address, str | bytes):
            path = os.fsdecode(address)
            destination = "unix:" + (path if not path.startswith("\0") else "@abstract")
        else:
            return
        self._seek(destination)
        is_datagram = sock.type & 0xF == 2  # type: ignore[attr-defined]
        inode = os.fstat(number).st_ino
        if all(known.inode != inode for known in self.connections) and len(self.connections) < _MAX_RECORDS:
            site = self._places.caller()
            self.connections.append(Connection(inode, destination, is_datagram, site, self.invocation))

    def _open(self, path: object, mode: object, flags: object, *_rest: object) -> None:
        name = self._scratch(path)
        if not name:
            return
        writes = any(c in mode for c in "wax+") if isinstance(mode, str) else False
        writes = writes or bool(isinstance(flags, int) and flags & _WRITE_FLAGS)
        reads = not writes or (isinstance(mode, str) and "r" in mode)
        if stat.S_ISDIR(_mode(name)):
            return
        if writes:
            self._file(name, "append" if isinstance(mode, str) and "a" in mode else "write")
        if reads:
            self._file(name, "read")

    def _rename(self, source: object, target: object, *_rest: object) -> None:
        name = self._scratch(target)
        if name:
            self._file(name, "write")

    def _database(self, path: object, *_rest: object) -> None:
        name = self._scratch(path)
        if name:
            self._file(name, "read" if os.path.exists(name) else "write")

    def _file(self, name: str, what: str) -> None:
        if len(self.files) < _MAX_RECORDS:
            for folder in self._temporary:
                if name.startswith(folder) and folder not in _SCRATCH:
                    name = _SCRATCH[0] + name[len(folder) :]  # as it is called on Lambda
                    break
            self.files.append((name, what, self._places.caller()))

    def _scratch(self, path: object) -> str:
        """Return the absolute name of a path in a temporary folder, else ""."""
        if not isinstance(path, str | bytes | os.PathLike):
            return ""
        name = os.path.abspath(os.fsdecode(path))
        # A package may itself lie in a temporary folder of this machine.
        return name if name.startswith(self._temporary) and not self._places.contains(name) else ""

    def _import(self, module: object, *_rest: object) -> None:
        site, is_lazy = self._places.importer()
        if site and len(self.imports) < _MAX_RECORDS:
            self.imports.append((str(module), site, is_lazy))

    def _process(self, means: str) -> Callable[..., None]:
        def hear(*_arguments: object) -> None:
            if len(self.processes) < _MAX_RECORDS:
                self.processes.append((means, self._places.caller()))

        return hear

    def _thread(self, function: object, *_rest: object) -> None:
        thread = getattr(function, "__self__", None)
        self.thread_sites[id(thread)] = (self._places.caller(), self.invocation)


def _port(port: object) -> str:
    if port in ("https", b"https"):
        return "443"
    return "80" if port in ("http", b"http") else str(port)


def _mode(name: str) -> int:
    try:
        return os.stat(name).st_mode
    except OSError:
        return 0
