"""Every kind of file that people have of one log holds the same events."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.reading import FileReader, NoLogError

STREAM = "2026/11/26/[$LATEST]" + "cd" * 16
BEGIN = 1_795_650_000_250
EVENTS = [
    (BEGIN + 1000 * number, f'START RequestId: {number}\tsays "hello, world"\nand more')
    for number in range(3)
]


def _table(head: list[str], rows: list[list[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def _iso(moment: int, form: str = "%Y-%m-%d %H:%M:%S.%f") -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime(form)[:-3]


def _cells(moment: int, message: str) -> list[dict[str, str]]:
    return [
        {"field": "@timestamp", "value": _iso(moment)},
        {"field": "@message", "value": message},
        {"field": "@logStream", "value": STREAM},
        {"field": "@log", "value": "123456789012:/aws/lambda/shop"},
    ]


def _filtered() -> bytes:
    found = [{"logStreamName": STREAM, "timestamp": moment, "message": message} for moment, message in EVENTS]
    return json.dumps({"events": found}, indent=4).encode()


def _record() -> bytes:
    events = [{"id": "1", "timestamp": moment, "message": message} for moment, message in EVENTS]
    record = {
        "messageType": "DATA_MESSAGE",
        "owner": "1",
        "logGroup": "/aws/lambda/shop",
        "logStream": STREAM,
    }
    return gzip.compress(json.dumps(record | {"logEvents": events}).encode())


def _within() -> str:
    return base64.b64encode(_record()).decode()


INSIGHTS = ["@timestamp", "@message", "@logStream", "@log"]
FILES = {
    "the console's table": _table(
        ["timestamp", "message", "logStreamName"], [[moment, message, STREAM] for moment, message in EVENTS]
    ),
    "Insights' table": _table(INSIGHTS, [[cell["value"] for cell in _cells(*event)] for event in EVENTS]),
    "a spreadsheet's table": b"\xef\xbb\xbf"
    + _table(INSIGHTS, [[cell["value"] for cell in _cells(*event)] for event in EVENTS]),
    "Insights' rows": json.dumps([_cells(*event) for event in EVENTS]).encode(),
    "Insights' objects": json.dumps(
        [{cell["field"]: cell["value"] for cell in _cells(*event)} for event in EVENTS]
    ).encode(),
    "PowerShell's redirection": _filtered().decode().encode("utf-16"),
    "a forwarder's lines": "\n".join(
        json.dumps({"timestamp": _iso(moment) + "Z", "message": message, "logStream": STREAM})
        for moment, message in EVENTS
    ).encode(),
    "a function's event": json.dumps({"awslogs": {"data": _within()}}).encode(),
    "Firehose's errors": json.dumps({"attemptsMade": 3, "errorCode": "x", "rawData": _within()}).encode(),
    "tail": "".join(f"{_iso(moment)}000+00:00 {STREAM} {message}\n" for moment, message in EVENTS).encode(),
    "tail in colours": "".join(
        f"\x1b[32m{_iso(moment)}+00:00\x1b[0m \x1b[36m{STREAM}\x1b[0m {message}\n"
        for moment, message in EVENTS
    ).encode(),
    "sam logs": "".join(
        f"{STREAM} {_iso(moment, '%Y-%m-%dT%H:%M:%S.%f')}000 {message}\n" for moment, message in EVENTS
    ).encode(),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_kind_of_file_holds_the_same_events(kind: str, is_packed: bool) -> None:
    data = gzip.compress(FILES[kind]) if is_packed else FILES[kind]
    found = list(FileReader().events(io.BytesIO(data), "file"))
    assert [(round(event.time * 1000), event.message, event.stream) for event in found] == [
        (*event, STREAM) for event in EVENTS
    ]


@pytest.mark.parametrize(
    "text", ["START RequestId: 1\nEND\n", "name,age\nann,7\n", "\0\1\2", "{", '{"a": 1}']
)
def test_what_is_no_log_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NoLogError, match="no Lambda log events"):
        list(FileReader().events(io.BytesIO(text.encode()), "file"))


@pytest.mark.parametrize("text", ["", "[]", '{"events": []}', '{"results": []}', "timestamp,message\n"])
def test_a_log_without_events_is_no_error(text: str) -> None:
    assert list(FileReader().events(io.BytesIO(text.encode()), "file")) == []


def test_damage_is_said(tmp_path: Path) -> None:
    with pytest.raises(DayflyError, match="damaged"):
        list(FileReader().events(io.BytesIO(_record()[:80]), "file"))
