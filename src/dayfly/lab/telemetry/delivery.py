"""Gathers the events of one subscriber and delivers them in batches while its environment runs.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering. A batch that was not
acknowledged is sent again after a while; what comes beyond the buffer meanwhile is dropped and counted. An environment
that is frozen takes nothing: what is due then is delivered when it runs again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from dayfly.lab.telemetry.events import Event, logs_dropped
from dayfly.lab.telemetry.sending import NotAcknowledgedError, Sender
from dayfly.lab.telemetry.subscription import Buffering

_FIRST_RETRY_S = 0.05
_LAST_RETRY_S = 2.0


class Delivery:
    """One subscriber's buffer and the task that empties it. Close it to end the task.

    `tell` is called with the record about events that were dropped.
    """

    def __init__(self, sender: Sender, buffering: Buffering, *, tell: Callable[[Event], None]) -> None:
        self._sender = sender
        self._tell = tell
        self._buffering = buffering
        self._pending: list[str] = []
        self._size = 0
        self._first_at = 0.0
        self._dropped = (0, 0)
        self._is_hurried = False
        self._changed = asyncio.Event()
        self._running = asyncio.Event()
        self._running.set()
        self._task = asyncio.create_task(self._run())

    @property
    def is_full(self) -> bool:
        """Would one more event be dropped?"""
        return len(self._pending) >= self._buffering.max_items or self._size >= self._buffering.max_bytes

    def drop(self, size: int) -> None:
        """Count an event of so many bytes that there is no room for."""
        self._dropped = (self._dropped[0] + 1, self._dropped[1] + size)

    def put(self, event: str) -> None:
        """Take one event, a JSON text; dropped where the buffer is full."""
        size = len(event) if event.isascii() else len(event.encode())
        if self.is_full:
            self.drop(size)
            return
        if not self._pending:
            self._first_at = time.monotonic()
        self._pending.append(event)
        self._size += size
        self._changed.set()

    def freeze(self) -> None:
        self._running.clear()

    def thaw(self) -> None:
        self._running.set()

    def hurry(self, is_urgent: bool) -> None:
        """Say whether events are delivered at once, as they are while an environment is being ended."""
        self._is_hurried = is_urgent
        self._changed.set()

    async def close(self) -> None:
        """End without delivering what is left."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._sender.close()

    async def _run(self) -> None:
        while True:
            await self._due()
            batch, self._pending, self._size = self._pending, [], 0
            if self._dropped != (0, 0):
                # Where they would have been: behind the ones that filled the buffer.
                event = logs_dropped(*self._dropped)
                self._dropped = (0, 0)
                batch.append(event.as_json())
                self._tell(event)
            await self._deliver(batch)

    async def _due(self) -> None:
        """Return when there is a batch to deliver and the environment runs."""
        while True:
            await self._running.wait()
            left: float | None = None
            if self._pending:
                left = self._first_at + self._buffering.timeout_ms / 1000 - time.monotonic()
                if self._is_hurried or self.is_full or left <= 0:
                    return
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()

    async def _deliver(self, batch: list[str]) -> None:
        pause_s = _FIRST_RETRY_S
        while True:
            await self._running.wait()
            try:
                await self._sender.send(batch)
                return
            except NotAcknowledgedError:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LAST_RETRY_S)
