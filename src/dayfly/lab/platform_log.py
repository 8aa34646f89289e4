"""The platform's own log lines of an invocation, as text or JSON; pure.

JSON form: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from dayfly.lab import payloads, phases
from dayfly.lab.model import FunctionConfig, InitializationType


class PlatformLog:
    """Writes INIT_START, START, END and REPORT for one function in its log format."""

    def __init__(self, config: FunctionConfig, initialization: InitializationType = "on-demand") -> None:
        self._is_json = config.log_format == "JSON"
        self._memory_mb = config.memory_mb
        self._function = config.name
        self._version = config.version
        self._initialization = initialization

    def _record(self, kind: str, record: Mapping[str, object]) -> str:
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
        return json.dumps({"time": stamp, "type": kind, "record": record})

    def init_start(self, runtime_version: str) -> str:
        if not self._is_json:
            return payloads.init_start_line(runtime_version)
        return self._record(
            "platform.initStart",
            {
                "initializationType": self._initialization,
                "phase": "init",
                "runtimeVersion": f"{runtime_version}.v0",
                "functionName": self._function,
                "functionVersion": self._version,
            },
        )

    def init_report(self, duration_ms: float, phase: phases.Phase, status: str) -> str:
        """Of an init that failed, or that nobody waited for."""
        if not self._is_json:
            return phases.init_report_line(duration_ms, phase, status)
        record = {"initializationType": self._initialization, "phase": phase}
        return self._record("platform.initReport", {**record, **_outcome(status, duration_ms)})

    def restore_start(self, runtime_version: str) -> str:
        if not self._is_json:
            return payloads.init_start_line(runtime_version, "RESTORE_START")
        record = {
            "runtimeVersion": f"{runtime_version}.v0",
            "functionName": self._function,
            "functionVersion": self._version,
        }
        return self._record("platform.restoreStart", record)

    def restore_report(self, duration_ms: float, status: str) -> str:
        if not self._is_json:
            return phases.restore_report_line(duration_ms, status)
        return self._record("platform.restoreReport", _outcome(status, duration_ms))

    def start(self, request_id: str) -> str:
        if not self._is_json:
            return payloads.start_line(request_id, self._version)
        return self._record("platform.start", {"requestId": request_id, "version": self._version})

    def end(self, request_id: str) -> str:
        if not self._is_json:
            return payloads.end_line(request_id)
        return self._record("platform.runtimeDone", {"requestId": request_id})

    def report(
        self, request_id: str, *, duration_ms: float, used_mb: int, init_ms: float | None, status: str
    ) -> str:
        # A restored environment was initialised before anybody invoked it.
        restore_ms = init_ms if self._initialization == "snap-start" else None
        if restore_ms is not None:
            init_ms = None
        if not self._is_json:
            return payloads.report_line(
                request_id,
                duration_ms=duration_ms,
                memory_mb=self._memory_mb,
                used_mb=used_mb,
                init_ms=init_ms,
                restore_ms=restore_ms,
                status=status,
            )
        metrics = {
            "durationMs": round(duration_ms, 3),
            "memorySizeMB": self._memory_mb,
            "maxMemoryUsedMB": used_mb,
        }
        if init_ms is not None:
            metrics["initDurationMs"] = round(init_ms, 3)
        if restore_ms is not None:
            metrics["restoreDurationMs"] = round(restore_ms, 3)
        record = {
            "requestId": request_id,
            "metrics": metrics,
            "status": status.partition("\t")[0] or "success",
        }
        return self._record("platform.report", record)


def _outcome(status: str, duration_ms: float) -> dict[str, object]:
    """Status and duration of a phase, and the type of its error if it has one."""
    word, _, error = status.partition("\tError Type: ")
    record: dict[str, object] = {
        "status": word or "success",
        "metrics": {"durationMs": round(duration_ms, 3)},
    }
    return record | {"errorType": error} if error else record
