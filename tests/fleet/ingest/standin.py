"""A reader of simple lines, for tests that are about batches and not about what lines say.

`{"environment": 1, "sequence": 2}` is a line of Dayfly's, `START …` the platform's, `boom` breaks it, `{` is malformed.
"""

from __future__ import annotations

import json

from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.rows import Invocation, Platform, Quarantined


class StandIn:
    """Reads one line after another."""

    def read(self, event: LogEvent, intake: Intake) -> None:
        """Make rows of what it knows."""
        message = event.message if isinstance(event.message, str) else json.dumps(event.message)
        intake.lines += 1
        intake.newest = max(intake.newest, event.time)
        if message == "boom":
            raise ZeroDivisionError
        if event.is_platform or message.startswith("START"):
            intake.platform += 1
            stream = hash(event.log_stream) & 0xFFFF
            intake.add(
                "platform", Platform(time=event.time, function=event.function, stream=stream, kind="start")
            )
            return
        if not message.startswith("{"):
            intake.other += 1
            return
        try:
            found = json.loads(message)
        except ValueError:
            intake.malformed += 1
            intake.add(
                "quarantine",
                Quarantined(
                    received=event.time, time=event.time, reason="malformed", detail="", road=event.road,
                    function=event.function, bytes=len(message), line=message,
                ),
            )  # fmt: skip
            return
        intake.ours += 1
        intake.add(
            "invocations",
            Invocation(
                time=event.time,
                account=event.account,
                region=event.region,
                version=event.version,
                function=found.get("function", event.function),
                environment=found["environment"],
                sequence=found["sequence"],
                route=found.get("name", ""),
                status=found.get("status", 0),
                trust="consistent",
            ),
        )
