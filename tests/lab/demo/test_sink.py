"""The attacker's sink counts what arrives, and only what is a report."""

from __future__ import annotations

import asyncio
import json

import pytest

from dayfly.lab.demo.sink import Report, Sink, parse_report

_SENT = {
    "implant": "i1",
    "planted_by": "r1",
    "request": "r2",
    "environment": "stream",
    "process": 7,
    "body": json.dumps({"card": "9999000000000000"}),
}


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "text",
        {},
        {**_SENT, "implant": 1},
        {**_SENT, "request": None},
        {**_SENT, "process": "7"},
    ],
)
def test_what_is_no_report_is_refused(record: object) -> None:
    assert parse_report(record, at=1.0) is None


@pytest.mark.parametrize(
    ("body", "card"),
    [
        (None, ""),
        ("no json", ""),
        ("[]", ""),
        ('{"card": 5}', ""),
        ('{"card": "9999000000000000"}', "9999000000000000"),
    ],
)
def test_a_card_is_read_only_from_an_event_that_holds_one(body: str | None, card: str) -> None:
    report = parse_report({**_SENT, "body": body}, at=1.0)
    assert report is not None
    assert report.card == card


def test_an_implant_has_survived_only_in_a_later_request() -> None:
    later = parse_report(_SENT, at=1.0)
    first = parse_report({**_SENT, "request": "r1"}, at=1.0)
    assert later is not None
    assert first is not None
    assert later.has_survived
    assert not first.has_survived


async def _send(sink: Sink, data: bytes) -> None:
    _, writer = await asyncio.open_connection(sink.host, sink.port)
    writer.write(data)
    writer.close()


def test_settle_waits_for_every_report_that_was_under_way() -> None:
    async def scenario() -> tuple[tuple[Report, ...], list[Report], int]:
        heard: list[Report] = []
        async with Sink(on_report=heard.append) as sink:
            for number in range(50):
                await _send(sink, json.dumps({**_SENT, "request": f"r{number}"}).encode())
            await _send(sink, b"not json")
            await sink.settle()
            return sink.reports, heard, sink.unreadable

    reports, heard, unreadable = asyncio.run(scenario())
    assert {report.request_id for report in reports} == {f"r{number}" for number in range(50)}
    assert list(reports) == heard
    assert unreadable == 1


def test_a_report_beyond_the_bound_is_not_kept() -> None:
    async def scenario() -> tuple[tuple[Report, ...], int]:
        async with Sink() as sink:
            await _send(sink, json.dumps({**_SENT, "body": "x" * 100_000}).encode())
            await sink.settle()
            return sink.reports, sink.unreadable

    reports, unreadable = asyncio.run(scenario())
    assert reports == ()
    assert unreadable == 1
