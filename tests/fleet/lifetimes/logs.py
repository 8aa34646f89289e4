"""A small log of two environments, and the ways in which people have it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

FUNCTION = "checkout"
GROUP = f"/aws/lambda/{FUNCTION}"
FIRST = "2026/11/25/[$LATEST]" + "a" * 32
SECOND = "2026/11/25/[7]" + "b" * 32
BEGIN = 1_795_000_000.0


def request(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def invocation(stream: str, at: float, number: int, *, is_cold: bool = False) -> list[tuple[str, float, str]]:
    report = (
        f"REPORT RequestId: {request(number)}\tDuration: 120.50 ms\tBilled Duration: 121 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 60 MB\t" + ("Init Duration: 300.10 ms\t" if is_cold else "")
    )
    return [
        (stream, at, f"START RequestId: {request(number)} Version: $LATEST\n"),
        (stream, at + 0.05, f"paid START RequestId: {request(99)} by a customer\n"),
        (stream, at + 0.1205, f"END RequestId: {request(number)}\n"),
        (stream, at + 0.1205, report + "\n"),
    ]


# The first environment is born at 0, serves at 1, 600 and 3000; the second was there before, serves at 10 and 20.
EVENTS = sorted(
    [
        (FIRST, BEGIN, "INIT_START Runtime Version: python:3.13.v5\tRuntime Version ARN: arn:aws:lambda:…\n"),
        *invocation(FIRST, BEGIN + 1, 1, is_cold=True),
        *invocation(SECOND, BEGIN + 10, 2),
        *invocation(SECOND, BEGIN + 20, 3),
        *invocation(FIRST, BEGIN + 600, 4),
        *invocation(FIRST, BEGIN + 3000, 5),
    ],
    key=lambda event: event[1],
)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def filtered() -> bytes:
    """`aws logs filter-log-events`."""
    events = [
        {"logStreamName": s, "timestamp": int(t * 1000), "message": m, "ingestionTime": 1, "eventId": "1"}
        for s, t, m in EVENTS
    ]
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=4).encode()


def tailed() -> bytes:
    """`aws logs tail --format detailed`."""
    return "".join(f"{_iso(t)} {s} {m}" for s, t, m in EVENTS).encode()


def subscribed(*, is_packed: bool = True) -> bytes:
    """Subscription records, one per stream, as Firehose writes them one after another."""
    records = []
    for stream in (FIRST, SECOND):
        events = [{"id": "1", "timestamp": int(t * 1000), "message": m} for s, t, m in EVENTS if s == stream]
        record = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": GROUP, "logStream": stream}
        records.append(json.dumps({**record, "logEvents": events}).encode())
    control = json.dumps({"messageType": "CONTROL_MESSAGE", "logGroup": "", "logStream": "", "logEvents": []})
    parts = [control.encode(), *records]
    return b"".join(gzip.compress(part) for part in parts) if is_packed else b"\n".join(parts)


def insights() -> bytes:
    """`aws logs get-query-results`."""
    rows = [
        [
            {"field": "@timestamp", "value": _iso(t).replace("T", " ").rstrip("Z")},
            {"field": "@message", "value": m},
            {"field": "@logStream", "value": s},
            {"field": "@log", "value": f"123456789012:{GROUP}"},
            {"field": "@ptr", "value": "x"},
        ]
        for s, t, m in EVENTS
    ]
    return json.dumps({"results": rows, "status": "Complete"}).encode()


def system_logs() -> bytes:
    """The same events in Lambda's JSON format, as `filter-log-events` gives them."""

    def as_json(message: str) -> str:
        words = message.split()
        if message.startswith("INIT_START"):
            record: dict[str, object] = {"initializationType": "on-demand", "functionName": FUNCTION}
            return json.dumps({"time": "x", "type": "platform.initStart", "record": record})
        if message.startswith("START"):
            return json.dumps({"time": "x", "type": "platform.start", "record": {"requestId": words[2]}})
        if message.startswith("REPORT"):
            metrics = {"durationMs": 120.5} | ({"initDurationMs": 300.1} if "Init" in message else {})
            record = {"requestId": words[2], "metrics": metrics, "status": "success"}
            return json.dumps({"time": "x", "type": "platform.report", "record": record})
        return json.dumps({"level": "INFO", "message": message})

    events = [{"logStreamName": s, "timestamp": int(t * 1000), "message": as_json(m)} for s, t, m in EVENTS]
    return json.dumps({"events": events}).encode()
