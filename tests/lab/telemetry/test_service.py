"""Each subscriber is sent the events of its types, in the shape of its API and schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.lab.running import basic
from tests.lab.telemetry.listening import request

from dayfly.lab.telemetry.events import (
    SUCCESS,
    Ending,
    Event,
    EventMaker,
    InvocationFacts,
    logs_dropped,
)
from dayfly.lab.telemetry.events import subscription as subscribed
from dayfly.lab.telemetry.service import shown
from dayfly.lab.telemetry.subscription import Api, parse_subscription
from dayfly.lab.telemetry.times import InvocationTimes

EVENTS = EventMaker(basic(), instance_id="e")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
FACTS = InvocationFacts("r", "arn:f", "blue", TRACE, "53995c3f42cd8ad9")
DONE = EVENTS.runtime_done(FACTS, Ending("error", "Runtime.ExitError"), InvocationTimes())
REPORT = EVENTS.report(FACTS, SUCCESS, duration_ms=1.5, used_mb=3, init_ms=2.0)
EVERYTHING = ["platform", "function", "extension"]


def _sent(
    api: Api, version: str, event: Event, *, types: list[str] | None = None, is_json: bool = False
) -> Any:
    body = json.dumps(request(schemaVersion=version, types=types or EVERYTHING)).encode()
    text = shown(parse_subscription(api, body), event, has_json_logs=is_json)
    return None if text is None else json.loads(text)


@pytest.mark.parametrize(
    ("version", "line", "is_json", "record"),
    [
        ("2022-07-01", '{"a": 1}\n', True, '{"a": 1}\n'),
        ("2022-12-13", '{"a": 1}\n', True, {"a": 1}),
        ("2025-01-29", '{"a": 1}\n', True, {"a": 1}),
        ("2022-12-13", '{"a": 1}\n', False, '{"a": 1}\n'),
        ("2022-12-13", "[1]\n", True, "[1]\n"),
        ("2022-12-13", "plain\n", True, "plain\n"),
        ("2022-12-13", "[" * 100_000, True, "[" * 100_000),
    ],
)
def test_json_lines_are_objects_from_the_second_schema_on(
    version: str, line: str, is_json: bool, record: object
) -> None:
    assert _sent("telemetry", version, Event("function", line), is_json=is_json)["record"] == record


@pytest.mark.parametrize(
    ("event", "old", "new"),
    [
        (DONE, None, {"requestId": "r", "status": "error"}),
        (EVENTS.start(FACTS), {"requestId": "r", "version": "$LATEST"}, ...),
        (EVENTS.end("r"), {"requestId": "r"}, ...),
        (EVENTS.fault("r", Ending("timeout")), "RequestId: r Status: timeout", ...),
        (EVENTS.init_start("init", "python:3.13"), None, ...),
        (
            EVENTS.init_runtime_done("init", SUCCESS),
            {"initializationType": "on-demand", "status": "success"},
            ...,
        ),
        (logs_dropped(2, 9), logs_dropped(2, 9).record, ...),
        (Event("function", "a line\n"), "a line\n", ...),
        (subscribed("telemetry", "x", "Subscribed", ["platform"]), None, ...),
    ],
)
def test_the_logs_api_knows_fewer_events_and_less_of_each(event: Event, old: object, new: object) -> None:
    for version, wanted in (("2020-08-15", old), ("2021-03-18", old if new is ... else new)):
        sent = _sent("logs", version, event)
        assert (None if sent is None else sent["record"]) == wanted


def test_the_logs_apis_report_has_metrics_alone() -> None:
    assert set(_sent("logs", "2021-03-18", REPORT)["record"]) == {"requestId", "metrics"}


def test_only_the_types_that_were_asked_for_are_sent() -> None:
    line, platform, other = (
        Event("function", "x"),
        EVENTS.start(InvocationFacts("r")),
        Event("extension", "x"),
    )
    for types, wanted in ((["platform"], platform), (["function"], line), (["extension"], other)):
        for event in (line, platform, other):
            assert (_sent("telemetry", "2022-12-13", event, types=types) is not None) == (event is wanted)


def test_the_telemetry_api_has_none_of_the_logs_apis_events() -> None:
    for event in (EVENTS.end("r"), EVENTS.fault("r", Ending("timeout")), subscribed("logs", "x", "y", [])):
        assert _sent("telemetry", "2025-01-29", event) is None


def test_events_say_when_and_what() -> None:
    event = Event("function", "ü\n", at=1_666_187_535.0679)
    assert event.as_json() == '{"time":"2022-10-19T13:52:15.067Z","type":"function","record":"ü\\n"}'
    record = _sent("telemetry", "2022-12-13", DONE)["record"]
    tracing = {"spanId": "53995c3f42cd8ad9", "type": "X-Amzn-Trace-Id", "value": TRACE}
    assert record["tracing"] == tracing
    assert record["tenantId"] == "blue"
    assert record["errorType"] == "Runtime.ExitError"
    assert record["spans"] == []
