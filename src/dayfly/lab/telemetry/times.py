"""When the runtime of one invocation did what; filled by the Runtime API, read by the events."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class InvocationTimes:
    """Moments of one invocation in seconds of the monotonic clock; None: it did not come to that.

    `delivered` is when the event went out, `responding` when the runtime began /response or /error, `responded` when
    its body was whole, `ready` when it polled again.
    """

    delivered: float = field(default_factory=time.monotonic)
    responding: float | None = None
    responded: float | None = None
    ready: float | None = None
    produced_bytes: int = 0

    def spans(self) -> list[dict[str, object]]:
        """The phases that were gone through, as the events `platform.runtimeDone` carries them.

        Names: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#Span; `runtimeOverhead` was
        seen in lines that AWS wrote.
        """
        phases = (
            ("responseLatency", self.delivered, self.responding),
            ("responseDuration", self.responding, self.responded),
            ("runtimeOverhead", self.responded, self.ready),
        )
        return [
            span(name, begin, end) for name, begin, end in phases if begin is not None and end is not None
        ]


def span(name: str, begin: float, end: float) -> dict[str, object]:
    """One span; moments of the monotonic clock."""
    started_at = time.time() - (time.monotonic() - begin)
    return {"name": name, "start": stamp(started_at), "durationMs": milliseconds(begin, end)}


def milliseconds(begin: float, end: float) -> float:
    """From one moment to another, in milliseconds with three decimals as the platform rounds."""
    return round((end - begin) * 1000, 3)


def stamp(at: float) -> str:
    """Seconds since the epoch as the platform writes times: UTC, milliseconds, Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
