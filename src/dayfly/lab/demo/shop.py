"""A shop that keeps selling: the payments function in a lab with a database, customers and an attacker, for a fleet to watch.

Who is watched runs under Dayfly in the isolation that is asked for. Under `process` one process serves everybody, as
without Dayfly, while the guard observes and memory is compared: an infected environment goes on serving, and is reported.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly.lab.demo.database import Database
from dayfly.lab.demo.sink import Report, Sink
from dayfly.lab.demo.traffic import (
    Customer,
    attack_event,
    make_customers,
    payment_event,
    ping_event,
)
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, InvokeRefusedError, LogLine
from dayfly.lab.server import LabServer
from dayfly.lab.shipping import Shipper, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random
    from types import TracebackType

    from dayfly.lab.model import ConfinementChoice

FUNCTION = "payments"
_FOLDER = Path(__file__).with_name("functions") / "payments"
_TIMEOUT_S = 20.0
_MEMORY_MB = 512
_RETRY_S = (0.02, 0.15)

Isolation = Literal["process", "window", "invocation"]


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered, and where."""

    request_id: str
    environment_id: str
    is_error: bool


class Shop:
    """The shop, for as long as the context lasts; `open` begins to sell.

    `url` is where the lab's Lambda API answers. What really happened is in `lab`, `reports` (what the attacker's server
    got) and the values that the methods return.
    """

    def __init__(
        self,
        *,
        random: Random,
        confinement: ConfinementChoice = "auto",
        environments: int = 8,
        port: int = 0,
        update_s: float = 0.5,
    ) -> None:
        self._random = random
        self._environments = environments
        self._sink = Sink()
        self._database = Database()
        self._stack = AsyncExitStack()
        self._shipper: Shipper | None = None
        self.lab = Lab(confinement=confinement, log=self._take)
        self._server = LabServer(self.lab, port=port, update_s=update_s)

    @property
    def url(self) -> str:
        """The Lambda API's."""
        return self._server.url

    @property
    def reports(self) -> tuple[Report, ...]:
        """What arrived at the attacker's server."""
        return self._sink.reports

    async def __aenter__(self) -> Shop:
        self._stack.enter_context(self._database)
        await self._stack.enter_async_context(self._sink)
        await self._stack.enter_async_context(self.lab)
        await self._stack.enter_async_context(self._server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        if self._shipper is not None:
            await asyncio.to_thread(self._shipper.close)

    def ship_to(self, target: Target, *, warn: Callable[[str], None], linger_s: float = 0.1) -> Shipper:
        """Send every line from here on to a collector."""
        self._shipper = Shipper(target, warn=warn, linger_s=linger_s)
        return self._shipper

    async def open(self, *, isolation: Isolation, variables: Mapping[str, str]) -> None:
        """Make the function invocable; `variables` come on top of what it needs."""
        own = {
            **self._database.add_table(FUNCTION),
            "DAYFLY_ISOLATION": isolation,
            "DAYFLY_GUARD": "observe",
            "DAYFLY_LOG_INVOCATIONS": "on",
            # Else Dayfly would start an infected process anew, and there would be nothing left to retire.
            "DAYFLY_RETIRE_ON": "error",
        }
        await self.lab.add_function(
            FunctionConfig(
                name=FUNCTION,
                folder=_FOLDER,
                handler="app.handler",
                runtime="dayfly",
                timeout_s=_TIMEOUT_S,
                memory_mb=_MEMORY_MB,
                environment={**own, **variables},
                reserved_concurrency=self._environments,
                idle_expiry_s=600.0,
            )
        )

    async def sell(self, count: int, *, at_once: int = 4) -> list[tuple[Customer, Served]]:
        """Let `count` new customers pay plain amounts, `at_once` together."""
        customers = make_customers(count, random=self._random, has_sums=False)
        sold: list[tuple[Customer, Served]] = []
        for start in range(0, count, at_once):
            group = customers[start : start + at_once]
            answers = await asyncio.gather(*(self._call(payment_event(customer)) for customer in group))
            sold += zip(group, answers, strict=True)
        return sold

    async def attack(self, count: int, *, addresses: int = 3) -> list[Served]:
        """Send one burst of `count` attacks, all at once, from a few addresses."""
        events = [
            attack_event(
                sink_host=self._sink.host,
                sink_port=self._sink.port,
                address=f"203.0.113.{66 + number % addresses}",
            )
            for number in range(count)
        ]
        return list(await asyncio.gather(*(self._call(event) for event in events)))

    async def ping(self, count: int) -> list[Served]:
        """Send `count` keep-warm pings at once."""
        return list(await asyncio.gather(*(self._call(ping_event()) for _ in range(count))))

    async def settle(self) -> None:
        """Return when every report made before this call has arrived at the attacker's server."""
        await self._sink.settle()

    async def _call(self, event: bytes) -> Served:
        while True:
            try:
                answer = await self.lab.invoke(FUNCTION, event)
            except InvokeRefusedError:
                # Every environment is busy: callers come back, as clients do.
                await asyncio.sleep(self._random.uniform(*_RETRY_S))
                continue
            return Served(answer.request_id, answer.environment_id, answer.function_error is not None)

    def _take(self, line: LogLine) -> None:
        if self._shipper is not None:
            self._shipper.take(line)
