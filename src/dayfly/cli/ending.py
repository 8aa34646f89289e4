"""Ends what a command runs when it is told to end."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

Result = TypeVar("Result")

# The exit code of a command that SIGTERM ended, as a shell counts it.
TERMINATED = 128 + signal.SIGTERM


async def until_signal(
    work: Coroutine[Any, Any, Result], *, terminate: Callable[[], None] | None = None
) -> Result:
    """Return what `work` does; SIGTERM ends it as Ctrl-C does: by cancelling, so that the lab ends its processes.

    `terminate` is called first then.
    """
    running = asyncio.create_task(work)

    def end() -> None:
        if terminate is not None:
            terminate()
        running.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
