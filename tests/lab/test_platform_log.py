"""Platform lines come as text or as the records of the telemetry schema."""

from __future__ import annotations

import json

from tests.lab.running import basic

from dayfly.lab.platform_log import PlatformLog


def test_text_lines_are_lambdas() -> None:
    log = PlatformLog(basic())
    init = log.init_start("python:3.13")
    assert init.startswith("INIT_START Runtime Version: python:3.13.v0\tRuntime Version ARN: arn:aws:lambda:")
    assert log.start("r") == "START RequestId: r Version: $LATEST"
    assert log.end("r") == "END RequestId: r"
    report = log.report("r", duration_ms=2.0, used_mb=10, init_ms=None, status="")
    assert report.startswith("REPORT RequestId: r\tDuration: 2.00 ms\t")


def test_json_records_carry_type_time_and_metrics() -> None:
    log = PlatformLog(basic(log_format="JSON"))
    assert json.loads(log.init_start("python:3.13"))["record"]["functionName"] == "f"
    assert json.loads(log.start("r"))["record"] == {"requestId": "r", "version": "$LATEST"}
    report = json.loads(log.report("r", duration_ms=2.0, used_mb=10, init_ms=5.0, status="timeout"))
    assert report["type"] == "platform.report"
    assert report["time"].endswith("Z")
    assert report["record"]["metrics"]["initDurationMs"] == 5.0
    assert report["record"]["status"] == "timeout"
