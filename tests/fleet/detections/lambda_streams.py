"""Log streams as Lambda and Dayfly's supervisors write them, honest and with an environment that somebody took over."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dayfly.core.proofs import FleetKey, canonical
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.store.store import Store

KEY = bytes(range(32))
_numbers = itertools.count(1)


@dataclass
class LambdaStream:
    """One environment of the platform's, in which one supervisor follows another; `time` goes on as things happen.

    `stolen` are the request ids that somebody else answered, in order; `events` are its log, `(time, message)`.
    """

    function: str
    time: float
    is_json: bool = False
    log_invocations: str = "on"
    key: bytes | None = KEY
    clock_s: float = 0.0
    account: str = "111122223333"
    stolen: list[str] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    _name: int = field(default_factory=lambda: next(_numbers))
    _environment: int = 0
    _sequence: int = 0
    _number: int = 0

    @property
    def stream(self) -> str:
        """The name that Lambda gives it."""
        return f"2026/11/30/[$LATEST]{self._name:016x}{self._name:016x}"

    @property
    def environment(self) -> int:
        """The supervisor's name for this life."""
        return self._environment

    def say(self, message: str) -> None:
        """Log a line at this time."""
        self.events.append((self.time, message))

    def begin(self) -> None:
        """A supervisor starts and says so."""
        self._environment = next(_numbers) << 8
        self._sequence = self._number = 0
        self._tell(
            {
                "class_uid": 2004,
                "finding_info": {"types": ["environment.started"], "uid": f"{self._environment:016x}:0:environment.started"},
                "message": "Dayfly: active",
                "resources": [{"name": self.function, "version": "$LATEST"}],
                "severity_id": 1,
            },
            unmapped={"evidence": {"isolation": "invocation", "log_invocations": self.log_invocations}},
        )  # fmt: skip

    def invoke(
        self, fate: str = "served", *, request: str = "", took_s: float = 0.05, is_reported: bool = True,
        restarts_late: bool = True, is_recorded: bool = True,
    ) -> str:  # fmt: skip
        """One invocation, from START to REPORT: served, failed (of which Dayfly tells, too), broken or stolen.

        A stolen one was answered by somebody else. A broken one ended its runtime: the next supervisor begins with the next
        event, or at once.
        """
        request = request or str(uuid.uuid4())
        self._start(request)
        if self._environment == 0:
            self.begin()
        self.say("the function's own\tline")
        self.time += took_s
        if fate in ("served", "failed"):
            self._number += 1
            if self.log_invocations == "on":
                self._record(request, fate, took_s, is_recorded=is_recorded)
        elif fate == "stolen":
            self.stolen.append(request)
        self.time += 0.002
        if is_reported:
            self._report(request, took_s, "timeout" if fate == "broken" else "")
        if fate == "broken":
            self._environment = 0
            if not restarts_late:
                self.time += 0.5
                self.begin()
        self.time += 0.003
        return request

    def _record(self, request: str, fate: str, took_s: float, *, is_recorded: bool) -> None:
        if not is_recorded:
            self._sequence += 1
            return
        self._tell(
            {
                "age_ms": 100, "duration_us": int(took_s * 1e6), "environment": f"{self._environment:016x}",
                "function": self.function, "invocation": self._number, "message": "Dayfly: invocation",
                "outcome": "success" if fate == "served" else "error", "request_id": request, "version": "$LATEST",
                "worker": self._number,
            }
        )  # fmt: skip

    def _tell(self, record: dict[str, object], *, unmapped: dict[str, object] | None = None) -> None:
        self._sequence += 1
        record |= {
            "metadata": {"product": {"name": "Dayfly", "version": "0.1.0"}},
            "time": int((self.time + self.clock_s) * 1000),
        }
        if unmapped is None:
            record["sequence"] = self._sequence
        else:
            record["unmapped"] = unmapped | {
                "environment": f"{self._environment:016x}",
                "sequence": self._sequence,
            }
        body = canonical(record)
        self.say((FleetKey(self.key).seal(body) if self.key else body).decode())

    def _start(self, request: str) -> None:
        if self.is_json:
            self.say(self._event("platform.start", {"requestId": request, "version": "$LATEST"}))
        else:
            self.say(f"START RequestId: {request} Version: $LATEST")

    def _report(self, request: str, took_s: float, status: str) -> None:
        took = took_s * 1000
        if self.is_json:
            record: dict[str, object] = {
                "requestId": request,
                "status": status or "success",
                "metrics": {"durationMs": took},
            }
            self.say(self._event("platform.report", record))
            return
        self.say(f"END RequestId: {request}")
        end = f"Status: {status}" if status else ""
        self.say(
            f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\tMemory Size: 128 MB\t"
            f"Max Memory Used: 40 MB\t{end}"
        )

    def _event(self, kind: str, record: dict[str, object]) -> str:
        at = datetime.fromtimestamp(self.time, UTC).isoformat()
        return canonical({"time": at, "type": kind, "record": record}).decode()


def read(streams: Iterable[LambdaStream], *keys: bytes, reader: LineReader | None = None) -> Intake:
    """What the collector makes of these logs, stream by stream."""
    reader, intake = reader or LineReader(keys), Intake()
    for stream in streams:
        for time, message in stream.events:
            reader.read(
                LogEvent(time, message, account=stream.account, region="eu-west-1",
                         log_group=f"/aws/lambda/{stream.function}", log_stream=stream.stream),
                intake,
            )  # fmt: skip
    return intake


def fill(store: Store, streams: Iterable[LambdaStream], *keys: bytes) -> Intake:
    """Put into the store what the collector makes of these logs."""
    intake = read(streams, *(keys or (KEY,)))
    for table, rows in intake.rows.items():
        store.insert(table, rows)
    return intake
