"""A UDP sink: stands for the X-Ray daemon and for a statsd agent."""

from __future__ import annotations

import itertools
import socket
import threading
from types import TracebackType

from tests.real.ledger import Ledger

# A burst of a function must not be lost because this process was busy.
BUFFER_BYTES = 4 * 1024 * 1024


class DatagramSink:
    """Takes datagrams on a free loopback port between `__enter__` and `__exit__`."""

    def __init__(self) -> None:
        self.ledger = Ledger()

    def __enter__(self) -> DatagramSink:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(60)
        self._socket.close()

    def _receive(self) -> None:
        # Every datagram counts as a connection of its own: ports are given to other processes soon.
        for serial in itertools.count(1):
            content = self._socket.recv(1 << 16)
            if not content:
                return
            self.ledger.record(content, connection=f"datagram {serial}")
