"""Reports are taken from who has the token, and from nobody else on this machine."""

from __future__ import annotations

import asyncio
import socket

from tests.lab.running import until

from dayfly.lab.plan.collector import Collector
from dayfly.lab.plan.model import PlanError

REPORT = b'{"number": 0, "took_ms": 1.5}\n'


def send(address: str, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0" + address)
        sock.sendall(data)


def test_reports_with_the_token_arrive_in_order() -> None:
    async def scenario() -> None:
        async with Collector() as collector:
            data = collector.token.encode() + b"\n" + REPORT + REPORT.replace(b"0,", b"1,")
            await asyncio.to_thread(send, collector.address, data)
            await until(lambda: len(collector.sightings) == 2)
            assert [one.number for one in collector.sightings] == [0, 1]
            assert collector.fault is None

    asyncio.run(scenario())


def test_others_are_not_heard() -> None:
    async def scenario() -> None:
        async with Collector() as collector:
            await asyncio.to_thread(send, collector.address, b"guess\n" + REPORT)
            await asyncio.to_thread(send, collector.address, collector.token.encode() + b"\n" + REPORT)
            await until(lambda: collector.sightings)
            assert len(collector.sightings) == 1

    asyncio.run(scenario())


def test_what_is_no_report_is_a_fault() -> None:
    async def scenario() -> None:
        async with Collector() as collector:
            data = collector.token.encode() + b'\n{"number": "x"}\n'
            await asyncio.to_thread(send, collector.address, data)
            await until(lambda: collector.fault)
            assert isinstance(collector.fault, PlanError)

    asyncio.run(scenario())
