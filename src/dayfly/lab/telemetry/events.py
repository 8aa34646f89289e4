"""The platform's events of one environment, in the Telemetry API's shapes; pure but for the clock.

Shapes: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html. Where that page and lines that
AWS wrote differ (a status in platform.initReport, spans), it is as in the lines.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dayfly.lab.model import REGION, FunctionConfig, InitializationType
from dayfly.lab.phases import Phase
from dayfly.lab.telemetry.times import InvocationTimes, milliseconds, span, stamp

Category = Literal["platform", "function", "extension"]
Status = Literal["success", "error", "failure", "timeout"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at` is seconds since the epoch, `record` text for log lines and an object for the rest."""

    type: str
    record: Mapping[str, object] | str
    at: float = field(default_factory=time.time)

    @property
    def category(self) -> Category:
        if self.type == "function":
            return "function"
        return "extension" if self.type == "extension" else "platform"

    def as_json(self, record: object = None) -> str:
        """The event as it is delivered; `record` in the place of its own, where a schema wants another."""
        shown = self.record if record is None else record
        value = {"time": stamp(self.at), "type": self.type, "record": shown}
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a phase ended; `error_type` is empty on success and for a time-out."""

    status: Status = "success"
    error_type: str = ""

    def fields(self) -> dict[str, object]:
        named = {"errorType": self.error_type} if self.error_type else {}
        return {"status": self.status, **named}


SUCCESS = Ending()


@dataclass(frozen=True, slots=True)
class ExtensionState:
    """An extension at the end of an initialisation, its state in the emulator's words."""

    name: str
    state: str
    events: Sequence[str]
    error_type: str = ""


@dataclass(frozen=True, slots=True)
class InvocationFacts:
    """What the events of one invocation have in common; empty: without it.

    `arn` is the function as its caller named it, `segment_id` the trace's segment of this invocation.
    """

    request_id: str
    arn: str = ""
    tenant_id: str = ""
    trace_id: str = ""
    segment_id: str = ""

    def head(self, *, has_arn: bool = False) -> dict[str, object]:
        named = {"functionArn": self.arn} if has_arn and self.arn else {}
        tenant = {"tenantId": self.tenant_id} if self.tenant_id else {}
        return {"requestId": self.request_id, **named, **tenant}

    def tracing(self) -> dict[str, object]:
        """The trace's header, where X-Ray samples it: without active tracing the lines AWS wrote have none."""
        if "Sampled=1" not in self.trace_id:
            return {}
        segment = {"spanId": self.segment_id} if self.segment_id else {}
        return {"tracing": {**segment, "type": "X-Amzn-Trace-Id", "value": self.trace_id}}


class EventMaker:
    """Makes the events of one environment."""

    def __init__(
        self, config: FunctionConfig, *, instance_id: str, initialization: InitializationType = "on-demand"
    ) -> None:
        self._config = config
        self._instance_id = instance_id
        self._initialization = initialization

    def init_start(self, phase: Phase, runtime_version: str) -> Event:
        record = {"initializationType": self._initialization, "phase": phase, **self._about(runtime_version)}
        return Event("platform.initStart", record)

    def restore_start(self, runtime_version: str) -> Event:
        return Event("platform.restoreStart", self._about(runtime_version))

    def _about(self, runtime_version: str) -> dict[str, object]:
        """The runtime, the function and the environment."""
        return {
            "runtimeVersion": f"{runtime_version}.v0",
            # The identity of Lambda's build of the runtime is all zeros.
            "runtimeVersionArn": f"arn:aws:lambda:{REGION}::runtime:{'0' * 64}",
            "functionName": self._config.name,
            "functionVersion": self._config.version,
            "instanceId": self._instance_id,
            # In bytes, although the documentation's example is not.
            "instanceMaxMemory": self._config.memory_mb * 1024 * 1024,
        }

    def restore_runtime_done(self, ending: Ending) -> Event:
        return Event("platform.restoreRuntimeDone", ending.fields())

    def restore_report(self, ending: Ending, duration_ms: float) -> Event:
        metrics = {"durationMs": round(duration_ms, 3)}
        return Event("platform.restoreReport", {**ending.fields(), "metrics": metrics})

    def init_runtime_done(self, phase: Phase, ending: Ending) -> Event:
        record = {"initializationType": self._initialization, "phase": phase, **ending.fields()}
        return Event("platform.initRuntimeDone", record)

    def init_report(self, phase: Phase, ending: Ending, duration_ms: float) -> Event:
        record = {
            "initializationType": self._initialization,
            "phase": phase,
            **ending.fields(),
            "metrics": {"durationMs": round(duration_ms, 3)},
        }
        return Event("platform.initReport", record)

    def extension(self, extension: ExtensionState) -> Event:
        record: dict[str, object] = {
            "name": extension.name,
            "state": extension.state,
            "events": list(extension.events),
        }
        if extension.error_type:
            record["errorType"] = extension.error_type
        return Event("platform.extension", record)

    def start(self, facts: InvocationFacts) -> Event:
        record = {**facts.head(has_arn=True), "version": self._config.version, **facts.tracing()}
        return Event("platform.start", record)

    def runtime_done(self, facts: InvocationFacts, ending: Ending, times: InvocationTimes) -> Event:
        end = times.ready if times.ready is not None else time.monotonic()
        record = {
            **facts.head(),
            **ending.fields(),
            **facts.tracing(),
            "spans": times.spans(),
            "metrics": {
                "durationMs": milliseconds(times.delivered, end),
                "producedBytes": times.produced_bytes,
            },
        }
        return Event("platform.runtimeDone", record)

    def report(
        self,
        facts: InvocationFacts,
        ending: Ending,
        *,
        duration_ms: float,
        used_mb: int,
        init_ms: float | None = None,
        extension_overhead: tuple[float, float] | None = None,
    ) -> Event:
        """`extension_overhead`: from the runtime's poll to the last extension's, moments of the monotonic clock."""
        metrics: dict[str, float] = {
            "durationMs": round(duration_ms, 3),
            "billedDurationMs": math.ceil(duration_ms + (init_ms or 0.0)),
            "memorySizeMB": self._config.memory_mb,
            "maxMemoryUsedMB": used_mb,
        }
        if init_ms is not None and self._initialization == "snap-start":
            # It was initialised before anybody invoked it: what a caller waits for is the restore.
            metrics["restoreDurationMs"] = round(init_ms, 3)
            metrics["billedRestoreDurationMs"] = math.ceil(init_ms)
        elif init_ms is not None:
            metrics["initDurationMs"] = round(init_ms, 3)
        record: dict[str, object] = {**facts.head(), **ending.fields(), **facts.tracing()}
        if extension_overhead is not None:
            record["spans"] = [span("extensionOverhead", *extension_overhead)]
        record["metrics"] = metrics
        return Event("platform.report", record)

    def fault(self, request_id: str, ending: Ending) -> Event:
        """Of the Logs API alone: an environment that has to be reset, in the newer of the wordings AWS documents."""
        kind = f"\tErrorType: {ending.error_type}" if ending.error_type else ""
        return Event("platform.fault", f"RequestId: {request_id} Status: {ending.status}{kind}")

    def end(self, request_id: str) -> Event:
        """Of the Logs API alone."""
        return Event("platform.end", {"requestId": request_id})


def subscription(api: Literal["telemetry", "logs"], name: str, state: str, types: Sequence[str]) -> Event:
    return Event(f"platform.{api}Subscription", {"name": name, "state": state, "types": list(types)})


def logs_dropped(records: int, size: int) -> Event:
    """Worded as AWS's documentation shows it."""
    reason = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."
    return Event("platform.logsDropped", {"reason": reason, "droppedRecords": records, "droppedBytes": size})
