"""The attacker's collecting server: what arrives here is the only proof of theft the demo accepts."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# An implant sends one event; far more than the demo's events hold, and a bound on what anyone can send.
_MAX_REPORT_BYTES = 64 * 1024
_READ_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """What an implant sent.

    `planted_by` and `request_id` are the requests that planted it and that it reports from: where they
    differ, the implant outlived its request. `card` is "" when the event held none.
    """

    at: float
    implant: str
    planted_by: str
    request_id: str
    log_stream: str
    process: int
    card: str

    @property
    def has_survived(self) -> bool:
        """Say whether the implant ran in a later request than the one that planted it."""
        return self.request_id != self.planted_by


class Sink:
    """A server on a free loopback port that keeps every report; an async context manager."""

    def __init__(self, *, on_report: Callable[[Report], None] | None = None) -> None:
        self._on_report = on_report
        self._reports: list[Report] = []
        self._unreadable = 0
        self._open = 0
        self._marks: dict[str, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def reports(self) -> tuple[Report, ...]:
        """Every report so far, in the order of arrival."""
        return tuple(self._reports)

    @property
    def unreadable(self) -> int:
        """How many connections brought something that is no report."""
        return self._unreadable

    async def __aenter__(self) -> Sink:
        self._server = await asyncio.start_server(self._serve, self.host, 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def settle(self) -> None:
        """Return when every report whose connection was made before this call has been counted.

        The kernel hands connections over in the order they were made, so one of our own marks the end.
        """
        name = f"mark {len(self._marks)}"
        mark = self._marks[name] = asyncio.Event()
        _, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(json.dumps({"mark": name}).encode())
        writer.close()
        await writer.wait_closed()
        await mark.wait()
        deadline = time.monotonic() + _READ_TIMEOUT_S
        while self._open and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                data = await _read_all(reader)
            self._take(data)
        except (OSError, TimeoutError):
            self._unreadable += 1
        finally:
            self._open -= 1
            writer.close()

    def _take(self, data: bytes) -> None:
        try:
            record = json.loads(data)
        except ValueError:
            self._unreadable += 1
            return
        if isinstance(record, dict) and record.get("mark") in self._marks:
            self._marks[record["mark"]].set()
            return
        report = parse_report(record, at=time.time())
        if report is None:
            self._unreadable += 1
            return
        self._reports.append(report)
        if self._on_report is not None:
            self._on_report(report)


def parse_report(record: object, *, at: float) -> Report | None:
    """Return the report that `record`, decoded JSON from anybody, holds; None when it is none."""
    if not isinstance(record, dict):
        return None
    texts = [record.get(key) for key in ("implant", "planted_by", "request", "environment")]
    process = record.get("process")
    if not all(isinstance(text, str) for text in texts) or not isinstance(process, int):
        return None
    implant, planted_by, request_id, log_stream = map(str, texts)
    return Report(
        at=at,
        implant=implant,
        planted_by=planted_by,
        request_id=request_id,
        log_stream=log_stream,
        process=process,
        card=_card_in(record.get("body")),
    )


def _card_in(body: object) -> str:
    if not isinstance(body, str):
        return ""
    try:
        details = json.loads(body)
    except ValueError:
        return ""
    card = details.get("card") if isinstance(details, dict) else None
    return card if isinstance(card, str) else ""


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    data = bytearray()
    while chunk := await reader.read(_MAX_REPORT_BYTES):
        data += chunk
        if len(data) > _MAX_REPORT_BYTES:
            raise OSError("a report is too long")
    return bytes(data)
