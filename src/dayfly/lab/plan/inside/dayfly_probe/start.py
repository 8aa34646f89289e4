"""Starts the probe and reports what it saw at the end of init and after every invocation.

Reports go to a socket whose other end is outside the environment, as one JSON document a line. They hold
names, places, counts and kinds; never a value of the function's, except of booleans.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time

from . import looking, state
from .hearing import Hearing
from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

_SEND_TIMEOUT_S = 5.0
# Away from the numbers the function's own files get; below Lambda's limit of 1024.
_DESCRIPTOR = 900


def begin(orders: str) -> None:
    """Watch from now on; `orders` is the JSON the plan passed. Leaves the function alone if it cannot."""
    wishes = json.loads(orders)
    if wishes["pythonpath"] is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = wishes["pythonpath"]
    places = Places(wishes["root"], wishes["vendored"])
    channel = _connect(wishes["address"], wishes["token"])
    if channel is None:
        return
    temporary = [os.environ[name] for name in ("TMPDIR",) if name in os.environ]
    hearing = Hearing(
        places,
        [*temporary, "/tmp", "/var/tmp", "/dev/shm"],
        runtime_api=os.environ.get("AWS_LAMBDA_RUNTIME_API", ""),
    )
    Probe(places, hearing, channel).install()
    hearing.start()


def _connect(address: str, token: str) -> _socket.socket | None:
    import _socket as sockets

    sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        sock.connect("\0" + address)
        high = sockets.socket(
            sockets.AF_UNIX,
            sockets.SOCK_STREAM,
            0,
            fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, _DESCRIPTOR),
        )
        high.settimeout(_SEND_TIMEOUT_S)
        high.sendall(token.encode() + b"\n")
        return high
    except OSError as fault:
        os.write(2, f"dayfly plan: the probe cannot report: {fault}\n".encode())
        return None
    finally:
        sock.close()


class Probe:
    """Stands around AWS's client: before a poll an invocation is over, after it the next one begins."""

    def __init__(self, places: Places, hearing: Hearing, channel: _socket.socket) -> None:
        self._places = places
        self._hearing = hearing
        self._channel: _socket.socket | None = channel
        self._pid = os.getpid()
        self._modules = set(sys.modules)
        self._state: dict[str, state.Entry] = {}
        self._received: dict[int, int] = {}
        self._began = time.perf_counter()
        self._heard = [0, 0, 0]

    def install(self) -> None:
        """Wrap the poll of AWS's client and its report of a failed init; nothing else is replaced."""
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        original = LambdaRuntimeClient.wait_next_invocation
        probe = self

        def wait_next_invocation(client: object) -> object:
            probe.guard(probe.end_invocation)
            event = original(client)
            probe.guard(probe.begin_invocation)
            return event

        LambdaRuntimeClient.wait_next_invocation = wait_next_invocation
        post_init_error = LambdaRuntimeClient.post_init_error

        def post_failed_init(client: object, *arguments: object, **named: object) -> object:
            probe.guard(probe.end_invocation)
            return post_init_error(client, *arguments, **named)

        LambdaRuntimeClient.post_init_error = post_failed_init
        # AWS's client and what it needs are no imports of the function.
        self._modules = set(sys.modules)

    def guard(self, work: Callable[[], None]) -> None:
        """Do one step of the probe's own, in the function's process only."""
        if self._channel is None or os.getpid() != self._pid:
            return
        try:
            work()
        except Exception as fault:
            # Trust boundary: the function must go on. The plan misses a report and says so.
            os.write(2, f"dayfly plan: the probe failed: {type(fault).__name__}\n".encode())
            self._channel.close()
            self._channel = None

    def begin_invocation(self) -> None:
        """Note what later differences are taken from."""
        self._hearing.invocation += 1
        self._received = looking.received_bytes(self._hearing)
        self._began = time.perf_counter()

    def end_invocation(self) -> None:
        """Report what init (number 0) or an invocation did and left."""
        took_ms = (time.perf_counter() - self._began) * 1000
        hearing = self._hearing
        threads = looking.look_at_threads(hearing, self._places)
        looking.discover_connections(hearing)
        received = looking.received_bytes(hearing)
        objects = looking.Objects(self._places)
        new = set(sys.modules) - self._modules
        self._modules |= new
        self._send(
            {
                "number": hearing.invocation,
                "took_ms": took_ms,
                "threads": threads,
                "children": looking.count_children(),
                "processes": self._news(0, hearing.processes),
                "files": self._news(1, hearing.files),
                "imports": [
                    item
                    for item in self._news(2, hearing.imports)
                    if isinstance(item, tuple) and item[0] in new
                ],
                "modules": sorted(new),
                "connections": [
                    {
                        "destination": one.destination,
                        "site": one.site,
                        "invocation": one.invocation,
                        "is_datagram": one.is_datagram,
                        "is_open": one.inode in received,
                        "is_encrypted": one.inode in objects.encrypted,
                        "is_reused": self._is_reused(one.inode, received),
                    }
                    for one in hearing.connections
                ],
                "caches": objects.caches,
                "library_caches": objects.library_caches,
                "tasks": objects.tasks,
                "state": self._look_at_state(),
                "flags": state.look_at_flags(),
                "sought": sorted(hearing.sought),
                "faults": hearing.faults,
            }
        )

    def _news(
        self,
        which: int,
        heard: list[tuple[str, str, str]] | list[tuple[str, str, bool]] | list[tuple[str, str]],
    ) -> list[object]:
        start, self._heard[which] = self._heard[which], len(heard)
        return list(heard[start:])

    def _is_reused(self, inode: int, received: dict[int, int]) -> bool:
        """Say whether a connection from before this invocation was answered on in it."""
        before = self._received.get(inode, -1)
        return 0 <= before < received.get(inode, -1)

    def _look_at_state(self) -> list[tuple[str, str, str, int, bool | None, bool]]:
        entries = state.look_at_state(self._places)
        before, self._state = self._state, entries
        return [
            (
                entry.name,
                entry.kind,
                entry.type_name,
                entry.size,
                entry.flag,
                name in before and (before[name].mark, before[name].kind) != (entry.mark, entry.kind),
            )
            for name, entry in entries.items()
        ]

    def _send(self, report: dict[str, object]) -> None:
        assert self._channel is not None
        self._channel.sendall(json.dumps(report).encode() + b"\n")
