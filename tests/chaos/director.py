"""Directs a supervisor under test: takes down its steps, and says what is to happen at which of them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

Act = Literal["kill", "stop", "terminate", "raise", "clock"]


@dataclass(frozen=True, slots=True)
class Order:
    """At the `nth` passage of `step` within one event (or one start): do `act` to `of`.

    `of` is a part (supervisor, zygote, worker, spare, all), the name of an errno or MemoryError for `raise`, seconds
    for `clock`.
    """

    step: str
    act: Act
    of: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.act} {self.of} at {self.step}" + (f" #{self.nth}" if self.nth > 1 else "")


@dataclass(slots=True)
class Director:
    """`for_start` and `for_event` are given to the next process that starts and the next event; `recorded` are the
    steps of every start and event, in order. A start comes twice: Dayfly executes a second interpreter."""

    name: str
    for_start: Order | None = None
    for_event: Order | None = None
    recorded: list[list[str]] = field(default_factory=list)
    given: int = 0
    # What preceded the act that was carried out last, in the same event.
    course: list[str] = field(default_factory=list)
    carried_out: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take down what a supervisor tells, and give it its order."""
        told = json.loads(await reader.readline())
        if told["phase"] == "acting":
            self.course = told["steps"]
            self.carried_out += 1
            self.for_start = None
            writer.write(b"{}")
            writer.close()
            return
        self.recorded.append(told["steps"])
        if told["phase"] == "start":
            # Not taken back before it is carried out: a start is two interpreters, one after the other.
            order = self.for_start
        else:
            order, self.for_event = self.for_event, None
        if order is not None:
            self.given += 1
        text = (
            {} if order is None else {"step": order.step, "act": order.act, "of": order.of, "nth": order.nth}
        )
        writer.write(json.dumps(text).encode())
        writer.close()


@asynccontextmanager
async def directing() -> AsyncIterator[Director]:
    """A director that listens at an abstract socket, which environments of the lab reach: they share the network."""
    director = Director(f"dayfly-chaos-{uuid.uuid4().hex}")
    server = await asyncio.start_unix_server(director.answer, path="\0" + director.name, limit=1 << 22)
    async with server:
        yield director


def directed(director: Director) -> dict[str, str]:
    """The variables of a function whose supervisor asks the director: only Python's can be followed step by step."""
    return {"DAYFLY_SUPERVISOR": "python", "CHAOS_DIRECTOR": director.name}


def places(steps: list[str], *, passages: int = 1) -> list[tuple[str, int]]:
    """Return the places of a course of steps: each step with its first passages, in order."""
    seen: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for step in steps:
        seen[step] += 1
        if seen[step] <= passages:
            found.append((step, seen[step]))
    return found
