"""Invokes a function and gives its response while the function still makes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from dayfly.lab.model import InvokeResult
from dayfly.lab.streaming.stream import ResponseStream

Invoke = Callable[[ResponseStream], Awaitable[InvokeResult]]


class Streamed:
    """A response under way. `content_type` is the runtime's where it streams, None where it answered in one piece."""

    def __init__(
        self, stream: ResponseStream, invoking: asyncio.Task[InvokeResult], content_type: str | None
    ) -> None:
        self._stream = stream
        self._invoking = invoking
        self.content_type = content_type

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the response; one that was not streamed is a single piece, and an error none."""
        async for chunk in self._stream.chunks():
            yield chunk
        if self.content_type is None:
            result = await self.result()
            if result.function_error is None and result.payload:
                yield result.payload

    async def result(self) -> InvokeResult:
        """Return how the invocation ended; of a streamed response the payload is only ever an error's.

        A caller who leaves does not end it: the function goes on, as on Lambda.
        """
        return await asyncio.shield(self._invoking)

    async def abandon(self) -> None:
        """Read no further. The invocation goes on without a reader."""
        await self._stream.abandon()


async def invoke_streamed(stream: ResponseStream, invoke: Invoke) -> Streamed:
    """Begin an invocation and return when its response begins, or is there.

    Raises what `invoke` raises before that: refusals come before the first byte.
    """

    async def run() -> InvokeResult:
        try:
            return await invoke(stream)
        finally:
            await stream.finish()

    invoking = asyncio.create_task(run())
    # Where the caller has left, its end is nobody's to see; asyncio would call it a fault nobody fetched.
    invoking.add_done_callback(lambda task: task.cancelled() or task.exception())
    try:
        content_type = await asyncio.shield(stream.opened)
    except asyncio.CancelledError:
        await stream.abandon()
        raise
    if content_type is None:
        await asyncio.shield(invoking)
    return Streamed(stream, invoking, content_type)
