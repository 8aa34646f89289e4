"""One streamed response between the Runtime API, which writes it, and a caller, who reads it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

from dayfly.lab.streaming.limits import StreamLimits

# What is held for a reader who is slower than the runtime; beyond it the runtime waits.
_BUFFER_BYTES = 1024 * 1024
# What the Runtime API assumes where the runtime names no type.
DEFAULT_TYPE = "application/octet-stream"


class ResponseStream:
    """Written by one task, read by another, each at its own time.

    `opened` is the content type once the runtime has begun a streamed response, None once it is certain that it never
    will. A reader who leaves calls `abandon`: the function goes on, as on Lambda, and nobody waits for anybody.
    """

    def __init__(self, limits: StreamLimits | None = None) -> None:
        self.limits = limits or StreamLimits()
        self.opened: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._chunks: deque[bytes] = deque()
        self._held_bytes = 0
        self._sent_bytes = 0
        self._capped_since: float | None = None
        self._is_finished = False
        self._is_abandoned = False
        self._changed = asyncio.Condition()

    def begin(self, content_type: str | None) -> None:
        """Say that the runtime streams."""
        if not self.opened.done():
            self.opened.set_result(content_type or DEFAULT_TYPE)

    async def write(self, data: bytes) -> None:
        """Hand over a piece; waits for the reader and for the rate that Lambda allows. Precondition: begun."""
        if self._is_finished or self._is_abandoned or not data:
            return
        async with self._changed:
            self._chunks.append(data)
            self._held_bytes += len(data)
            self._changed.notify_all()
        self._sent_bytes += len(data)
        await self._keep_pace()
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._held_bytes <= _BUFFER_BYTES or self._is_finished or self._is_abandoned
            )

    async def _keep_pace(self) -> None:
        if self._sent_bytes <= self.limits.uncapped_bytes:
            return
        now = time.monotonic()
        if self._capped_since is None:
            self._capped_since = now
        pause_s = self.limits.pause_s(self._sent_bytes, now - self._capped_since)
        if pause_s > 0:
            await asyncio.sleep(pause_s)

    async def finish(self) -> None:
        """The response is over, complete or not: the reader gets what is held, and then the end."""
        if not self.opened.done():
            self.opened.set_result(None)
        async with self._changed:
            self._is_finished = True
            self._changed.notify_all()

    async def abandon(self) -> None:
        """The reader has left."""
        async with self._changed:
            self._is_abandoned = True
            self._chunks.clear()
            self._held_bytes = 0
            self._changed.notify_all()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces as they come, until the response is over."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._chunks) or self._is_finished)
                if not self._chunks:
                    return
                chunk = self._chunks.popleft()
                self._held_bytes -= len(chunk)
                self._changed.notify_all()
            yield chunk
