"""Reads one queue of the lab's `services` and invokes a function with its messages, batch by batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dayfly.lab.model import InvokeRefusedError, InvokeResult, LabError
from dayfly.lab.payloads import MAX_SYNC_REQUEST_BYTES
from dayfly.lab.services import Services
from dayfly.lab.sources import messages

# SQS gives no more in one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
_MOST_AT_ONCE = 10
# Lambda begins with five batches at once: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
BATCHES_AT_ONCE = 5
# Not SQS's long poll: it would hold one of the services' few threads for each queue.
_FIRST_PAUSE_S = 0.1
_LAST_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """How a mapping reads its queue."""

    arn: str
    batch_size: int
    window_s: float
    at_once: int
    reports_items: bool
    patterns: tuple[Mapping[str, Any], ...]


class QueuePoller:
    """Polls until it is cancelled. `invoke` gets an event's bytes; `say` gets the result of each batch in Lambda's words."""

    def __init__(
        self,
        plan: QueuePlan,
        services: Services,
        invoke: Callable[[bytes], Awaitable[InvokeResult]],
        say: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._services = services
        self._invoke = invoke
        self._say = say
        self._url = ""
        self._gate = asyncio.Semaphore(plan.at_once)

    async def run(self) -> None:
        """Read until cancelled; faults of the queue's service are said and tried again.

        Batches that were handed over when it is cancelled are finished, as Lambda does when a mapping is disabled; who
        does not wait for that cancels once more.
        """
        under_way: set[asyncio.Task[None]] = set()
        pause = _FIRST_PAUSE_S
        try:
            while True:
                await self._gate.acquire()
                try:
                    batch = await self._collect()
                except LabError as error:
                    self._say(f"PROBLEM: {error.message}")
                    batch = []
                if batch:
                    pause = _FIRST_PAUSE_S
                    task = asyncio.create_task(self._deliver(batch))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                else:
                    self._gate.release()
                    await asyncio.sleep(pause)
                    pause = min(_LAST_PAUSE_S, pause * 2)
        finally:
            # A gathering that is cancelled cancels what it gathers.
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _collect(self) -> list[dict[str, Any]]:
        """A batch: what there is, until it is full or its window is over."""
        batch: list[dict[str, Any]] = []
        size = 0
        deadline = time.monotonic() + self._plan.window_s
        while len(batch) < self._plan.batch_size and size < MAX_SYNC_REQUEST_BYTES:
            made = await self._receive(min(_MOST_AT_ONCE, self._plan.batch_size - len(batch)))
            batch += made
            size += sum(len(one["body"]) for one in made)
            if time.monotonic() >= deadline:
                break
            if not made:
                await asyncio.sleep(min(_FIRST_PAUSE_S, max(0.0, deadline - time.monotonic())))
        return batch

    async def _receive(self, most: int) -> list[dict[str, Any]]:
        if not self._url:
            name, account = self._plan.arn.split(":")[5], self._plan.arn.split(":")[4]
            found = await self._services.call(
                "sqs", "get_queue_url", QueueName=name, QueueOwnerAWSAccountId=account
            )
            self._url = found["QueueUrl"]
        answer = await self._services.call(
            "sqs",
            "receive_message",
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        records = [messages.record(message, self._plan.arn) for message in answer.get("Messages", ())]
        wanted = [made for made in records if messages.is_wanted(self._plan.patterns, made)]
        # What a filter excludes is deleted: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
        await self._delete([made for made in records if made not in wanted])
        return wanted

    async def _deliver(self, batch: Sequence[dict[str, Any]]) -> None:
        try:
            for ids, event in messages.events(batch, MAX_SYNC_REQUEST_BYTES):
                result = await self._invoke(event)
                if result.function_error is not None:
                    self._say("PROBLEM: Function call failed")
                    return
                stay = messages.failed(result.payload, ids, reports_items=self._plan.reports_items)
                gone = set(ids) - stay
                await self._delete([made for made in batch if made["messageId"] in gone])
                self._say("OK")
        except (InvokeRefusedError, LabError) as error:
            # They come back when their visibility time-out is over.
            self._say(f"PROBLEM: {error.message}")
        finally:
            self._gate.release()

    async def _delete(self, batch: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(batch), _MOST_AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": made["receiptHandle"]}
                for number, made in enumerate(batch[start : start + _MOST_AT_ONCE])
            ]
            await self._services.call("sqs", "delete_message_batch", QueueUrl=self._url, Entries=entries)
