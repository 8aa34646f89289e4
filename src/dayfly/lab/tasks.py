"""What a lab does beside its callers' calls: tasks that end with it, and whose faults are counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine


class Tasks:
    """Runs tasks; a fault of one is counted as `task_faults` in `counters`."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` to its end, or until `end` is called."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def end(self) -> None:
        """Cancel whatever runs and wait until it has ended."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._counters["task_faults"] += 1
