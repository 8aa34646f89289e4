"""Log lines of a function's days under the guard, as the runtime writes them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dayfly.core import findings
from dayfly.core.activity import Activity
from dayfly.core.findings import FindingKind, Where, finding_line
from dayfly.testing.invocations import invocation_line

DAY = 86_400.0


@dataclass
class Log:
    """Lines of one function; `at` is in days from now, negative for the past."""

    function: str = "payments"
    now: float = field(default_factory=time.time)
    events: list[tuple[str, float, str]] = field(default_factory=list)
    _sequences: dict[int, int] = field(default_factory=dict)

    def began(self, environment: int, at: float, **evidence: str) -> None:
        self.finding(environment, findings.ENVIRONMENT_STARTED, at, {"code": "00000000000000aa", **evidence})

    def finding(
        self,
        environment: int,
        kind: FindingKind,
        at: float,
        evidence: Mapping[str, object],
        *,
        request: int = 0,
    ) -> None:
        line = finding_line(
            kind,
            self._where(environment),
            now=self.now + at * DAY,
            message="m",
            number=request,
            request_id=str(uuid.UUID(int=request)) if request else "",
            evidence=evidence,
            sequence=self._sequence(environment),
        )
        self._add(environment, at, line)

    def use(
        self,
        environment: int,
        target: str,
        at: float,
        *,
        request: int,
        verdict: str = "used",
        packages: Sequence[str] = ("requests",),
    ) -> None:
        kind = findings.GUARD_REFUSED if verdict == "refused" else findings.GUARD_CAPABILITY
        evidence = {
            "rule": "capability.network", "place": "app.py:7 pay", "verdict": verdict, "kind": "network", "target": target,
            "packages": list(packages), "phase": "invoke",
        }  # fmt: skip
        self.finding(environment, kind, at, evidence, request=request)

    def served(
        self, environment: int, at: float, request: int, *, caller: int, outcome: str = "success"
    ) -> None:
        activity = Activity()
        activity.source, activity.pattern = caller, 77
        line = invocation_line(
            self._where(environment),
            now=self.now + at * DAY,
            number=request,
            worker=1,
            age_ms=1000,
            outcome=outcome,
            request_id=str(uuid.UUID(int=request)),
            sequence=self._sequence(environment),
            activity=activity,
        )
        self._add(environment, at, line)

    def write(self, path: Path) -> Path:
        """Write them as `aws logs filter-log-events` prints them, and begin anew."""
        events = [
            {"logStreamName": stream, "timestamp": int(at * 1000), "message": text}
            for stream, at, text in self.events
        ]
        path.write_text(json.dumps({"events": events}))
        self.events.clear()
        return path

    def _where(self, environment: int) -> Where:
        return Where(environment=f"{environment:016x}", function=self.function, version="$LATEST")

    def _sequence(self, environment: int) -> int:
        self._sequences[environment] = number = self._sequences.get(environment, 0) + 1
        return number

    def _add(self, environment: int, at: float, line: bytes) -> None:
        moment = self.now + at * DAY
        day = time.strftime("%Y/%m/%d", time.gmtime(self.now - 20 * DAY))
        self.events.append((f"{day}/[$LATEST]{environment:032x}", moment, line.decode().rstrip("\n")))


def fortnight(log: Log) -> None:
    """Fifteen days of learning: an honest host, and in one request an attack that the guard saw."""
    request = 0
    for number in range(1, 16):
        at = -15.0 + (number - 1) * 14.95 / 14
        log.began(number, at, guard="observe", guard_learn="on")
        for more in range(4):
            request += 1
            log.served(number, at + 0.01 * more + 0.001, request, caller=request)
            if not more:
                log.use(number, "pay.example:443", at + 0.001, request=request)
    log.use(3, "evil.example:443", -12.7, request=900)
    log.finding(
        3, findings.GUARD_OBSERVED, -12.7, {"rule": "python.eval", "place": "app.py:3 total"}, request=900
    )
