"""HTTP connections that cannot be held open for nothing: uvicorn's own, with a time for a request's head and a limit per caller."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

# From the first byte of a connection, or of its next request, to the end of the head.
HEAD_SECONDS = 10.0
# Behind a proxy everybody has one address, so this is far above what a sender opens, and below uvicorn's own limit.
MOST_PER_ADDRESS = 400
MOST_CONNECTIONS = 1000


class BoundedProtocol(H11Protocol):
    """One connection."""

    _open: ClassVar[Counter[str]] = Counter()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_timer: asyncio.TimerHandle | None = None
        self._counted = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._counted = self.client[0] if self.client else ""
        self._open[self._counted] += 1
        if self._open[self._counted] > MOST_PER_ADDRESS or len(self.connections) > MOST_CONNECTIONS:
            transport.close()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open[self._counted] -= 1
        if self._open[self._counted] <= 0:
            del self._open[self._counted]
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # A head that has begun must end in time, however many bytes trickle in.
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._forget_head()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
