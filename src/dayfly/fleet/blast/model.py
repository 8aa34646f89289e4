"""The values of a blast radius (the affected requests of a compromise), read from the store's rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from dayfly.fleet.store.store import Row


class Exposure(StrEnum):
    """How exposed a request was; DESIGN's words are in the docs of `dayfly fleet affected`."""

    SOURCE = "source"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    CERTAIN = "certain"


_EXPOSURES = (Exposure.SOURCE, Exposure.UNLIKELY, Exposure.POSSIBLE, Exposure.CERTAIN)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one infection began: `number` and `worker` are 0 where the log does not tell."""

    environment: int
    number: int
    worker: int
    request_id: str
    milliseconds: int
    is_rogue: bool
    kind: str
    function: str


@dataclass(frozen=True, slots=True)
class Affected:
    """One request that was served after an infection, or the one that brought it; never its data."""

    time: datetime
    account: str
    region: str
    function: str
    version: str
    environment: int
    worker: int
    invocation: int
    request_id: str
    trigger: str
    route: str
    source: int
    principal: int
    subject: int
    outcome: str
    status: int
    known_by: str
    isolation: str
    log_group: str
    log_stream: str
    exposure: Exposure
    why: str
    source_request: str


@dataclass(frozen=True, slots=True)
class EnvironmentRadius:
    """What one environment served after its infection, counted."""

    environment: int
    function: str
    isolation: str
    log_stream: str
    certain: int
    possible: int
    unlikely: int
    missing: int
    without_line: int
    last_certain: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Who was hurt, counted. `notes` say in words what the figures do not hold.

    `missing` invocations have no line in the log although their numbers were given out.
    """

    identity: str
    origins: list[Origin]
    environments: list[EnvironmentRadius]
    certain: int = 0
    possible: int = 0
    unlikely: int = 0
    missing: int = 0
    principals: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None
    notes: list[str] = field(default_factory=list)


def read_origin(row: Row) -> Origin:
    """Read a row of sql/origins or sql/infections."""
    return Origin(
        environment=integer(row, "environment"),
        number=integer(row, "number"),
        worker=integer(row, "worker"),
        request_id=str(row["request_id"]),
        milliseconds=integer(row, "milliseconds"),
        is_rogue=bool(row["is_rogue"]),
        kind=str(row["kind"]),
        function=str(row["function"]),
    )


def read_affected(row: Row) -> Affected:
    """Read a row of sql/page."""
    time = moment(integer(row, "milliseconds"))
    assert time is not None
    return Affected(
        time=time,
        account=str(row["account"]),
        region=str(row["region"]),
        function=str(row["function"]),
        version=str(row["version"]),
        environment=integer(row, "environment"),
        worker=integer(row, "worker"),
        invocation=integer(row, "invocation"),
        request_id=str(row["request_id"]),
        trigger=str(row["trigger"]),
        route=str(row["route"]),
        source=integer(row, "source"),
        principal=integer(row, "principal"),
        subject=integer(row, "subject"),
        outcome=str(row["outcome"]),
        status=integer(row, "status"),
        known_by=str(row["known_by"]),
        isolation=str(row["isolation"]),
        log_group=str(row["log_group"]),
        log_stream=str(row["log_stream"]),
        exposure=_EXPOSURES[integer(row, "exposure")],
        why=str(row["why"]),
        source_request=str(row["source_request"]),
    )


def read_environment(row: Row) -> EnvironmentRadius:
    """Read a row of sql/summary."""
    return EnvironmentRadius(
        environment=integer(row, "environment"),
        function=str(row["function"]),
        isolation=str(row["isolation"]),
        log_stream=str(row["log_stream"]),
        certain=integer(row, "certain"),
        possible=integer(row, "possible"),
        unlikely=integer(row, "unlikely"),
        missing=max(0, integer(row, "numbers_expected") - integer(row, "numbers_seen")),
        without_line=integer(row, "without_line"),
        last_certain=moment(integer(row, "last_certain")),
        last_seen=moment(integer(row, "last_seen")),
    )


def moment(milliseconds: int) -> datetime | None:
    """A time in UTC; None for zero, which is how the store says that there is none."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def integer(row: Row, name: str) -> int:
    """A column that holds a whole number."""
    value = row[name]
    assert isinstance(value, int)
    return value


def numbers(row: Row, name: str) -> list[int]:
    """A column that holds whole numbers."""
    value = row[name]
    assert isinstance(value, list | tuple)
    return [number for number in value if isinstance(number, int)]


def strings(row: Row, name: str) -> list[str]:
    """A column that holds texts."""
    value = row[name]
    assert isinstance(value, list | tuple)
    return [str(text) for text in value]
