"""The queue of asynchronous invocations: each is tried until it succeeds, has failed too often or is too old.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from dayfly.lab.events.destinations import Destinations
from dayfly.lab.events.records import Ending, Response
from dayfly.lab.events.settings import Condition, EventSettings, GiveUp, after_error, after_throttle
from dayfly.lab.invocation import Invocation
from dayfly.lab.model import (
    VERSION,
    EventKind,
    FunctionConfig,
    InvokeRefusedError,
    InvokeResult,
    LabError,
    LabEvent,
)
from dayfly.lab.pool import Reservation

_DEFAULT = EventSettings()
_NOT_FOUND = 404


class Functions(Protocol):
    """What the queue needs of the lab: to invoke, and to ask what a function is."""

    def function(self, name: str, version: str = VERSION) -> FunctionConfig: ...

    def reservation(self, name: str) -> Reservation: ...

    async def invoke_at_once(self, name: str, version: str, invocation: Invocation) -> InvokeResult: ...


class Clock:
    """Time as the queue sees it: `speed` times as fast as the machine's."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed

    def now(self) -> float:
        return time.monotonic() * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


class EventQueue:
    """Takes events and sees each to its end.

    `settings` are by function and qualifier (an alias, a version or `$LATEST`); whoever changes them changes what
    happens to events that wait.
    """

    def __init__(
        self,
        functions: Functions,
        *,
        clock: Clock,
        destinations: Destinations,
        counters: Counter[str],
        spawn: Callable[[Coroutine[None, None, None]], None],
        emit: Callable[[LabEvent], None],
    ) -> None:
        self._functions = functions
        self._clock = clock
        self._destinations = destinations
        self._counters = counters
        self._spawn = spawn
        self._emit = emit
        self.settings: dict[str, dict[str, EventSettings]] = {}

    def accept(self, name: str, version: str, invocation: Invocation) -> None:
        """Queue an event; the function's answer is told to nobody but its destinations."""
        self._counters["accepted_events"] += 1
        arn = f"{self._functions.function(name).arn}:{_qualifier(invocation.arn)}"
        self._spawn(self._see_through(name, version, arn, invocation))

    def forget(self, name: str, qualifier: str | None = None) -> None:
        """A function, or one of its versions or aliases, is gone, or its settings are."""
        if qualifier is None:
            self.settings.pop(name, None)
        else:
            self.settings.get(name, {}).pop(qualifier, None)

    async def _see_through(self, name: str, version: str, arn: str, invocation: Invocation) -> None:
        accepted_at = self._clock.now()
        qualifier = _qualifier(arn)
        invoked = throttled = 0
        last: Response | None = None
        while True:
            settings = self.settings.get(name, {}).get(qualifier, _DEFAULT)
            condition: Condition | None = None
            try:
                if self._functions.reservation(name).limit == 0:
                    condition = "ZeroReservedConcurrency"
                else:
                    result = await self._functions.invoke_at_once(name, version, invocation)
                    invoked += 1
                    throttled = 0
                    last = Response(result.payload, result.function_error is not None, version)
                    if not last.is_error:
                        condition = "Success"
            except InvokeRefusedError as refusal:
                if refusal.status_code == _NOT_FOUND:
                    # The function was deleted, and with it whatever would say where its events go.
                    self._counters["dropped_events"] += 1
                    return
                throttled += 1
                self._counters["throttled_events"] += 1
            except LabError:
                # A fault of the lab's own is the service's on Lambda: tried again for as long as the event may wait.
                throttled += 1
            if condition is None:
                age_s = self._clock.now() - accepted_at
                verdict = (
                    after_throttle(settings, throttled=throttled, age_s=age_s)
                    if throttled
                    else after_error(settings, invoked=invoked, age_s=age_s)
                )
                if not isinstance(verdict, GiveUp):
                    await self._clock.sleep(verdict.seconds)
                    continue
                condition = verdict.condition
            ending = Ending(
                request_id=invocation.request_id,
                arn=arn,
                condition=condition,
                invoked=invoked,
                payload=invocation.payload,
                response=last,
                at=time.time(),
            )
            await self._end(name, version, settings, ending)
            return

    async def _end(self, name: str, version: str, settings: EventSettings, ending: Ending) -> None:
        if not ending.is_success:
            self._counters["dropped_events"] += 1
            self._tell(name, ending, "event_dropped", condition=ending.condition, invoked=ending.invoked)
        target = settings.on_success if ending.is_success else settings.on_failure
        if target:
            await self._deliver(name, ending, target, self._destinations.send_record(target, ending))
        if ending.is_success:
            return
        try:
            dead_letter_arn = self._functions.function(name, version).declared.dead_letter_arn
        except InvokeRefusedError:
            return  # deleted meanwhile
        if dead_letter_arn:
            sending = self._destinations.send_dead_letter(dead_letter_arn, ending)
            await self._deliver(name, ending, dead_letter_arn, sending)

    async def _deliver(self, name: str, ending: Ending, target: str, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (InvokeRefusedError, LabError) as error:
            # On Lambda the metrics DestinationDeliveryFailures and DeadLetterErrors are all that tells of it.
            self._counters["undelivered_records"] += 1
            self._tell(name, ending, "record_undelivered", target=target, reason=error.message)
        else:
            self._counters["delivered_records"] += 1
            self._tell(name, ending, "record_delivered", target=target, condition=ending.condition)

    def _tell(self, name: str, ending: Ending, kind: EventKind, **detail: str | int) -> None:
        self._emit(LabEvent(time.time(), name, "", kind, ending.request_id, detail))


def _qualifier(arn: str) -> str:
    parts = arn.split(":", 7)
    return parts[7] if len(parts) == 8 else VERSION
