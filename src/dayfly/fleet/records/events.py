"""One log event, whatever road it came by, and what becomes of a batch of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from dayfly.fleet.records.rows import Road


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line of a log stream.

    `time` in seconds since the epoch, as whoever delivers it says. `message` is the line without its end, or the object
    that a platform made of it (the Telemetry API hands out JSON lines parsed). `is_platform` says that the road itself
    marks the line as Lambda's own, None where only its text can tell. `function` is empty where the road does not say.
    """

    time: float
    message: str | dict[str, object]
    account: str = ""
    region: str = ""
    function: str = ""
    version: str = ""
    log_group: str = ""
    log_stream: str = ""
    is_platform: bool | None = None
    road: Road = "import"


@dataclass(slots=True)
class Intake:
    """The rows that a batch makes, by table, and the counts of its lines."""

    rows: dict[str, list[msgspec.Struct]] = field(default_factory=dict)
    lines: int = 0
    ours: int = 0
    platform: int = 0
    other: int = 0
    malformed: int = 0
    forged: int = 0
    newest: float = 0.0

    def add(self, table: str, row: msgspec.Struct) -> None:
        """Add one row of a table."""
        self.rows.setdefault(table, []).append(row)
