"""Has somebody read each queue that an enabled event source mapping names, and nobody any other."""

from __future__ import annotations

import asyncio
from typing import Any

from dayfly.lab.control.event_sources import EventSources, Source
from dayfly.lab.control.registry import Registry
from dayfly.lab.model import InvokeResult
from dayfly.lab.sources import filters
from dayfly.lab.sources.queue import BATCHES_AT_ONCE, QueuePlan, QueuePoller


class Pollers:
    """Starts a poller when a mapping is enabled and ends it when it is anything else, or gone."""

    def __init__(self, registry: Registry, sources: EventSources) -> None:
        self._registry = registry
        self._sources = sources
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # Those that finish what they handed over, too.
        self._all: set[asyncio.Task[None]] = set()
        sources.changed = self.follow

    def follow(self, id: str, source: Source | None) -> None:
        """A mapping became another, or is gone."""
        task = self._tasks.pop(id, None)
        if task is not None:
            task.cancel()
        services = self._registry.lab.services
        if source is None or not source.is_read or source.kind != "sqs" or services is None:
            return

        async def invoke(event: bytes) -> InvokeResult:
            target = self._registry.route(source.function, source.qualifier)
            return await self._registry.lab.invoke(
                source.function, event, version=target.version, arn=target.arn
            )

        poller = QueuePoller(
            plan(source), services, invoke, lambda result: self._sources.note(source.id, result)
        )
        task = asyncio.create_task(poller.run())
        self._tasks[id] = task
        self._all.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._all.discard(task)
            if not task.cancelled() and task.exception() is not None:
                self._sources.note(source.id, f"PROBLEM: the lab's reader ended: {task.exception()!r}")

        task.add_done_callback(ended)

    def close(self) -> None:
        """Read nothing any more; batches under way are given up, and their messages come back to their queues."""
        for task in self._all:
            # Once to read no more, once not to wait for batches.
            task.cancel()
            task.get_loop().call_soon(task.cancel)
        self._tasks.clear()


def plan(source: Source) -> QueuePlan:
    """How a mapping of a queue reads it."""
    told = source.told
    arn: str = told["EventSourceArn"]
    scaling: dict[str, Any] = told.get("ScalingConfig", {})
    most: int = scaling.get("MaximumConcurrency") or BATCHES_AT_ONCE
    criteria: dict[str, Any] = told.get("FilterCriteria", {})
    return QueuePlan(
        arn=arn,
        batch_size=told["BatchSize"],
        window_s=float(told["MaximumBatchingWindowInSeconds"]),
        # One batch after another keeps the order of a FIFO queue's groups.
        at_once=1 if arn.endswith(".fifo") else most,
        reports_items="ReportBatchItemFailures" in told["FunctionResponseTypes"],
        patterns=tuple(filters.parse(one["Pattern"]) for one in criteria.get("Filters", ())),
    )
