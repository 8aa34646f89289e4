"""Platform lines come as text or as the records of the telemetry schema, within the system log level."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.lab.running import basic

from dayfly.lab.declared import Declared
from dayfly.lab.platform_log import PlatformLog, level_of
from dayfly.lab.telemetry.events import (
    SUCCESS,
    Ending,
    Event,
    EventMaker,
    ExtensionState,
    InvocationFacts,
    logs_dropped,
    subscription,
)
from dayfly.lab.telemetry.times import InvocationTimes

EVENTS = EventMaker(basic(), instance_id="e")
FAILED = Ending("error", "Runtime.ExitError")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
FACTS = InvocationFacts("r", "arn:f", "", TRACE, "d0025b207c551fde")


def _report(ending: Ending = SUCCESS, *, facts: InvocationFacts | None = None, **options: Any) -> Event:
    return EVENTS.report(facts or InvocationFacts("r"), ending, duration_ms=2.0, used_mb=10, **options)


ALL: dict[str, tuple[Event, str, str]] = {
    # Event, level, text (of each line as Lambda's streams have them).
    "init start": (
        EVENTS.init_start("init", "python:3.13"),
        "INFO",
        "INIT_START Runtime Version: python:3.13.v0\t",
    ),
    "init start again": (EVENTS.init_start("invoke", "python:3.13"), "INFO", ""),
    "init done": (EVENTS.init_runtime_done("init", SUCCESS), "DEBUG", ""),
    "init failed": (EVENTS.init_runtime_done("init", FAILED), "WARN", ""),
    "init report": (EVENTS.init_report("init", SUCCESS, 5.0), "DEBUG", ""),
    "failed init report": (
        EVENTS.init_report("invoke", FAILED, 80.494),
        "WARN",
        "INIT_REPORT Init Duration: 80.49 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError",
    ),
    "extension": (
        EVENTS.extension(ExtensionState("datadog-agent", "Ready", ("INVOKE", "SHUTDOWN"))),
        "INFO",
        "EXTENSION\tName: datadog-agent\tState: Ready\tEvents: [INVOKE,SHUTDOWN]",
    ),
    "extension that cannot be started": (
        EVENTS.extension(ExtensionState("datadog-agent", "LaunchError", (), "UnknownError")),
        "WARN",
        "EXTENSION\tName: datadog-agent\tState: LaunchError\tEvents: []\tError Type: UnknownError",
    ),
    "subscription": (
        subscription("telemetry", "datadog-agent", "Subscribed", ("platform", "function", "extension")),
        "INFO",
        "TELEMETRY\tName: datadog-agent\tState: Subscribed\tTypes: [Platform, Function, Extension]",
    ),
    "logs subscription": (
        subscription("logs", "x", "Subscribed", ("platform",)),
        "INFO",
        "LOGS\tName: x\tState: Subscribed\tTypes: [Platform]",
    ),
    "start": (EVENTS.start(FACTS), "INFO", "START RequestId: r Version: $LATEST"),
    "runtime done": (EVENTS.runtime_done(FACTS, SUCCESS, InvocationTimes()), "DEBUG", ""),
    "runtime failed": (EVENTS.runtime_done(FACTS, FAILED, InvocationTimes()), "WARN", ""),
    "end": (EVENTS.end("r"), "INFO", "END RequestId: r"),
    "report": (
        _report(init_ms=3.5),
        "INFO",
        (
            "REPORT RequestId: r\tDuration: 2.00 ms\tBilled Duration: 6 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 10 MB\tInit Duration: 3.50 ms\t"
        ),
    ),
    "traced report": (
        _report(FAILED, facts=FACTS),
        "WARN",
        (
            "REPORT RequestId: r\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 10 MB\tStatus: error\tError Type: Runtime.ExitError\t\n"
            "XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: d0025b207c551fde\tSampled: true\t"
        ),
    ),
    "timed out": (
        _report(Ending("timeout")),
        "WARN",
        (
            "REPORT RequestId: r\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 10 MB\tStatus: timeout\t"
        ),
    ),
    "dropped": (logs_dropped(3, 100), "WARN", ""),
    "a line of the function": (Event("function", "hello\n"), "INFO", ""),
}


@pytest.mark.parametrize("name", ALL)
def test_text_lines_are_lambdas(name: str) -> None:
    event, _, text = ALL[name]
    lines = PlatformLog(basic()).render(event)
    assert len(lines) == bool(text)
    assert "".join(lines).startswith(text)


@pytest.mark.parametrize("name", ALL)
def test_a_json_log_has_what_its_system_log_level_lets_through(name: str) -> None:
    event, level, _ = ALL[name]
    assert level_of(event) == level
    for least, passing in (
        ("DEBUG", {"DEBUG", "INFO", "WARN"}),
        ("INFO", {"INFO", "WARN"}),
        ("WARN", {"WARN"}),
    ):
        log = PlatformLog(basic(log_format="JSON", declared=Declared(system_log_level=least)))
        is_there = level in passing and event.type not in ("function", "platform.end")
        assert len(log.render(event)) == is_there


def test_json_records_carry_type_time_and_metrics() -> None:
    log = PlatformLog(basic(log_format="JSON"))
    (line,) = log.render(_report(Ending("timeout"), init_ms=5.0))
    report = json.loads(line)
    assert report["type"] == "platform.report"
    assert report["time"].endswith("Z")
    assert report["record"]["metrics"]["initDurationMs"] == 5.0
    assert report["record"]["status"] == "timeout"
    (line,) = log.render(EVENTS.start(FACTS))
    tracing = {"spanId": "d0025b207c551fde", "type": "X-Amzn-Trace-Id", "value": TRACE}
    assert json.loads(line)["record"] == {
        "requestId": "r",
        "functionArn": "arn:f",
        "version": "$LATEST",
        "tracing": tracing,
    }
    (line,) = log.render(EVENTS.init_start("init", "python:3.13"))
    assert json.loads(line)["record"]["instanceId"] == "e"
    assert json.loads(line)["record"]["instanceMaxMemory"] == 128 * 1024 * 1024


def test_events_of_an_invocation_name_its_tenant() -> None:
    facts = InvocationFacts("r", "arn:f", "blue")
    done = EVENTS.runtime_done(facts, SUCCESS, InvocationTimes())
    for event in (EVENTS.start(facts), done, _report(facts=facts)):
        assert isinstance(event.record, dict)
        assert event.record["tenantId"] == "blue"
    assert "tenantId" not in _report().record
