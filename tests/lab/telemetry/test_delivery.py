"""Events are gathered, delivered, delivered again, and dropped when a subscriber is too slow for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.lab.running import run, until

from dayfly.lab.http1 import Connection, Exchange
from dayfly.lab.telemetry.delivery import Delivery
from dayfly.lab.telemetry.events import Event
from dayfly.lab.telemetry.sending import HttpSender, TcpSender
from dayfly.lab.telemetry.subscription import Buffering

SOON = Buffering(1000, 262_144, 25)
LATE = Buffering(1000, 262_144, 30_000)


class Receiver:
    """An HTTP server that keeps what it is sent; `statuses` are its next answers, and it waits for `gate`."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.paths: list[str] = []
        self.statuses: list[int] = []
        self.arrived = 0
        self.told: list[Event] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.server: asyncio.Server | None = None
        self.port = 0

    async def listen(self, port: int = 0) -> None:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await Connection(reader, writer).serve(self._receive)

    async def _receive(self, exchange: Exchange) -> None:
        body = await exchange.read_body(10_000_000)
        self.arrived += 1
        await self.gate.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.batches.append(json.loads(body.data))
            self.paths.append(f"{exchange.method} {exchange.path} {exchange.header('content-type')}")
        await exchange.answer(status, b"")

    def received(self) -> list[Any]:
        return [event for batch in self.batches for event in batch]


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.listen()
    yield receiver
    assert receiver.server is not None
    receiver.gate.set()
    receiver.server.close()


@contextlib.asynccontextmanager
async def delivering(receiver: Receiver, buffering: Buffering) -> AsyncIterator[Delivery]:
    sender = HttpSender("127.0.0.1", receiver.port, "/told")
    delivery = Delivery(sender, buffering, tell=receiver.told.append)
    try:
        yield delivery
    finally:
        async with asyncio.timeout(60):
            await delivery.close()


def test_events_come_together_when_their_time_is_up() -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, SOON) as delivery:
            delivery.put('{"n":1}')
            delivery.put('{"n":"ü"}')
            await until(lambda: receiver.batches)
            assert receiver.batches == [[{"n": 1}, {"n": "ü"}]]
            assert receiver.paths == ["POST /told application/json"]

    run(scenario())


@pytest.mark.parametrize(
    ("buffering", "event", "times"),
    [(LATE, "1", 1000), (LATE, json.dumps("x" * 1000), 262), (LATE, json.dumps("x" * 1_000_000), 1)],
)
def test_a_full_buffer_is_delivered_at_once(buffering: Buffering, event: str, times: int) -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, buffering) as delivery:
            for _ in range(times):
                delivery.put(event)
            await until(lambda: receiver.batches)
            assert len(receiver.batches[0]) == times

    run(scenario())


def test_a_batch_that_is_not_acknowledged_comes_again() -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, SOON) as delivery:
            receiver.statuses = [500, 403]
            delivery.put("1")
            await until(lambda: receiver.batches)
            delivery.put("2")
            await until(lambda: len(receiver.batches) == 2)
            assert receiver.received() == [1, 2]

    run(scenario())


def test_a_batch_is_put_where_the_subscriber_wants_it() -> None:
    async def scenario() -> None:
        async with receiving() as receiver:
            await HttpSender("127.0.0.1", receiver.port, "/told", "PUT").send(["1"])
            assert receiver.paths == ["PUT /told application/json"]

    run(scenario())


def test_a_subscriber_that_listens_later_gets_all() -> None:
    async def scenario() -> None:
        async with receiving() as receiver:
            assert receiver.server is not None
            receiver.server.close()
            async with delivering(receiver, SOON) as delivery:
                delivery.put("1")
                # It is tried, in vain, before there is a listener.
                await asyncio.sleep(0.06)
                delivery.put("2")
                await receiver.listen(receiver.port)
                await until(lambda: len(receiver.received()) == 2)
                assert receiver.received() == [1, 2]

    run(scenario())


def test_what_a_slow_subscriber_has_no_room_for_is_dropped_and_told() -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, SOON) as delivery:
            receiver.gate.clear()
            delivery.put("0")
            await until(lambda: receiver.arrived)
            for number in range(1, 1101):
                delivery.put(str(number))
            receiver.gate.set()
            await until(lambda: isinstance((receiver.received() or [0])[-1], dict))
            received = receiver.received()
            assert received[:-1] == list(range(1001))
            assert received[-1]["type"] == "platform.logsDropped"
            dropped = {"droppedRecords": 100, "droppedBytes": 400}
            assert received[-1]["record"].items() >= dropped.items()
            assert [event.record for event in receiver.told] == [received[-1]["record"]]
            delivery.put("7")
            await until(lambda: receiver.received()[-1] == 7)

    run(scenario())


def test_nothing_is_delivered_to_what_is_frozen() -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, SOON) as delivery:
            delivery.freeze()
            delivery.put("1")
            delivery.hurry(True)
            await asyncio.sleep(0.1)
            assert not receiver.batches
            delivery.thaw()
            await until(lambda: receiver.batches)
            assert receiver.received() == [1]

    run(scenario())


def test_an_ending_is_told_at_once() -> None:
    async def scenario() -> None:
        async with receiving() as receiver, delivering(receiver, LATE) as delivery:
            delivery.put("1")
            delivery.hurry(True)
            await until(lambda: receiver.batches, deadline_s=60)

    run(scenario())


def test_a_subscriber_that_never_answers_does_not_keep_the_lab() -> None:
    async def scenario() -> None:
        async with receiving() as receiver:
            receiver.gate.clear()
            async with delivering(receiver, SOON) as delivery:
                delivery.put("1")
                await until(lambda: receiver.arrived)

    run(scenario())


def test_lines_over_tcp_survive_a_new_connection() -> None:
    async def scenario() -> None:
        lines: list[str] = []
        writers: list[asyncio.StreamWriter] = []

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            while line := await reader.readline():
                lines.append(line.decode())

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        sender = TcpSender("127.0.0.1", server.sockets[0].getsockname()[1])
        delivery = Delivery(sender, SOON, tell=print)
        delivery.put('{"n":1}')
        delivery.put('{"n":2}')
        await until(lambda: len(lines) == 2)
        assert lines == ['{"n":1}\n', '{"n":2}\n']
        writers[0].close()
        while len(writers) < 2:
            delivery.put('{"n":3}')
            await asyncio.sleep(0.03)
        await until(lambda: lines[-1] == '{"n":3}\n')
        await delivery.close()
        server.close()

    run(scenario())
