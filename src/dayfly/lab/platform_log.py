"""The platform's own log lines: its events as CloudWatch Logs gets them, as text or JSON; pure.

JSON form: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html; which of them a system log
level lets through: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dayfly.lab import payloads, phases
from dayfly.lab.model import FunctionConfig
from dayfly.lab.telemetry.events import Event

_LEVELS = ("DEBUG", "INFO", "WARN")
_STARTS = {"platform.initStart": "INIT_START", "platform.restoreStart": "RESTORE_START"}


class PlatformLog:
    """Writes the platform's events for one function, in its log format."""

    def __init__(self, config: FunctionConfig) -> None:
        self._is_json = config.log_format == "JSON"
        self._level = config.declared.system_log_level

    def render(self, event: Event) -> list[str]:
        """The lines of an event, without newlines: none where the log has no such line or the level is too low."""
        record = event.record
        if isinstance(record, str):
            return []
        if not self._is_json:
            line = _text(event.type, record)
            return [line] if line else []
        if event.type == "platform.end" or not _is_let_through(level_of(event), self._level):
            return []
        return [event.as_json()]


def level_of(event: Event) -> str:
    """The level that AWS's documentation assigns to an event."""
    record: Mapping[str, Any] = event.record if isinstance(event.record, Mapping) else {}
    has_failed = record.get("status", "success") != "success"
    match event.type:
        case "platform.initRuntimeDone" | "platform.restoreRuntimeDone" | "platform.runtimeDone":
            return "WARN" if has_failed else "DEBUG"
        case "platform.initReport":
            if has_failed:
                return "WARN"
            return "DEBUG" if record.get("initializationType") == "on-demand" else "INFO"
        case "platform.extension":
            return "WARN" if record.get("errorType") else "INFO"
        case "platform.logsDropped":
            return "WARN"
        case _:
            return "WARN" if has_failed else "INFO"


def _is_let_through(level: str, least: str) -> bool:
    return _LEVELS.index(level) >= (_LEVELS.index(least) if least in _LEVELS else 1)


def _text(kind: str, record: Mapping[str, Any]) -> str:
    match kind:
        case "platform.initStart" | "platform.restoreStart":
            # A log stream of Lambda's has no second INIT_START for the init that an invocation repeats.
            is_repeated = record.get("phase") == "invoke"
            version = str(record["runtimeVersion"]).removesuffix(".v0")
            return "" if is_repeated else payloads.init_start_line(version, _STARTS[kind])
        case "platform.initReport":
            is_told = record["status"] != "success" or record["initializationType"] != "on-demand"
            duration = record["metrics"]["durationMs"]
            return phases.init_report_line(duration, record["phase"], _status(record)) if is_told else ""
        case "platform.restoreReport":
            return phases.restore_report_line(record["metrics"]["durationMs"], _status(record))
        case "platform.start":
            return payloads.start_line(record["requestId"], record["version"])
        case "platform.end":
            return payloads.end_line(record["requestId"])
        case "platform.report":
            metrics = record["metrics"]
            line = payloads.report_line(
                record["requestId"],
                duration_ms=metrics["durationMs"],
                memory_mb=metrics["memorySizeMB"],
                used_mb=metrics["maxMemoryUsedMB"],
                init_ms=metrics.get("initDurationMs"),
                restore_ms=metrics.get("restoreDurationMs"),
                status=_status(record),
            )
            tracing = record.get("tracing")
            return f"{line}\n{payloads.xray_line(tracing['value'], tracing['spanId'])}" if tracing else line
        case "platform.extension":
            events = ",".join(record["events"])
            line = f"EXTENSION\tName: {record['name']}\tState: {record['state']}\tEvents: [{events}]"
            return f"{line}\tError Type: {record['errorType']}" if "errorType" in record else line
        case "platform.telemetrySubscription" | "platform.logsSubscription":
            title = "TELEMETRY" if kind == "platform.telemetrySubscription" else "LOGS"
            types = ", ".join(one.capitalize() for one in record["types"])
            return f"{title}\tName: {record['name']}\tState: {record['state']}\tTypes: [{types}]"
        case _:
            return ""


def _status(record: Mapping[str, Any]) -> str:
    """As the lines of text have it: empty on success."""
    if record["status"] == "success":
        return ""
    named = f"\tError Type: {record['errorType']}" if "errorType" in record else ""
    return f"{record['status']}{named}"
