"""Turns one batch as it was taken into rows: opened, read line by line, what is known already left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import Bad, EnvelopeError, Kind, Whose, open_batch
from dayfly.fleet.ingest.seen import Seen
from dayfly.fleet.ingest.senders import is_allowed
from dayfly.fleet.lifetimes.messages import is_stream
from dayfly.fleet.records.cloudtrail import call_of, is_record, read_trail
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.rows import ApiCall, Batch, Quarantined, Road

# Enough to see what a line was; the whole of it may hold a customer's data.
QUARANTINED_BYTES = 4096
# A batch of nothing but rubbish leaves so many examples; all of it is counted.
_MANY_EXAMPLES = 100
# How CloudTrail names its streams in CloudWatch Logs: account_CloudTrail_region.
_STREAM_OF_TRAIL = "_CloudTrail_"
_encoder = msgspec.json.Encoder()


class Reader(Protocol):
    """What makes rows of lines: `dayfly.fleet.records.judging.LineReader`."""

    def read(self, event: LogEvent, intake: Intake) -> None:
        """Add what one line says to `intake`; never raises."""


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a batch beside its body. `functions` are all that its sender may speak of; none: any."""

    kind: Kind
    road: Road
    token: str
    sender: str
    received: float
    whose: Whose = Whose()
    functions: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """Rows as JSON lines by table, and the counts of their batches."""

    lines: int = 0
    rows: int = 0
    malformed: int = 0
    forged: int = 0
    duplicates: int = 0
    newest: float = 0.0
    tables: dict[str, list[bytes]] = field(default_factory=dict)

    def take(self, other: Outcome) -> None:
        """Add another batch's."""
        self.lines += other.lines
        self.rows += other.rows
        self.malformed += other.malformed
        self.forged += other.forged
        self.duplicates += other.duplicates
        self.newest = max(self.newest, other.newest)
        for table, parts in other.tables.items():
            self.tables.setdefault(table, []).extend(parts)


class BatchReader:
    """Reads batches in the order in which they were taken. Not for several threads."""

    def __init__(self, reader: Reader, seen: Seen, *, trail_key: bytes) -> None:
        """`trail_key` makes the hashes of access keys that CloudTrail names."""
        self._reader = reader
        self._seen = seen
        self._trail_key = trail_key

    def read(self, header: Header, body: bytes) -> Outcome:
        """The rows of one batch. What is wrong with a piece of it costs that piece alone."""
        intake = Intake()
        examples = lines = 0
        if header.kind == "trail":
            self._read_trail(header, body, intake)
            return self._outcome(header, body, intake)
        try:
            for item in open_batch(header.kind, header.road, header.whose, body):
                lines += 1
                if isinstance(item, LogEvent):
                    if (
                        not header.functions
                        and _STREAM_OF_TRAIL in item.log_stream
                        and self._take_call(item, intake)
                    ):
                        continue
                    if not header.functions or is_allowed(item.function, header.functions):
                        self._read_line(item, intake)
                        if not lines & 1023:
                            del intake.rows.get("quarantine", [])[_MANY_EXAMPLES:]
                        continue
                    intake.forged += 1
                    row = _strange(header, item)
                else:
                    intake.malformed += 1
                    row = _bad(header, item)
                if (examples := examples + 1) <= _MANY_EXAMPLES:
                    intake.add("quarantine", row)
        except EnvelopeError as error:
            intake.malformed += 1
            intake.add("quarantine", _bad(header, Bad(error.message, "")))
        intake.lines = lines
        return self._outcome(header, body, intake)

    def _read_trail(self, header: Header, body: bytes, intake: Intake) -> None:
        try:
            trail = read_trail(body, key=self._trail_key)
        except DayflyError as error:
            intake.lines, intake.malformed = 1, 1
            intake.add("quarantine", _bad(header, Bad(error.message, "")))
            return
        intake.lines, intake.malformed = trail.records, trail.malformed
        intake.other = trail.records - trail.malformed - len(trail.calls)
        for call in trail.calls:
            self._add_call(call, intake)

    def _take_call(self, event: LogEvent, intake: Intake) -> bool:
        """Take a record that CloudTrail itself wrote into a log group; a function cannot name its stream so."""
        if not isinstance(event.message, str) or is_stream(event.log_stream):
            return False
        try:
            found = msgspec.json.decode(event.message)
            call = call_of(found, key=self._trail_key) if is_record(found) else None
        except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError):
            return False
        if call is None:
            intake.other += 1
        else:
            self._add_call(call, intake)
        return True

    def _add_call(self, call: ApiCall, intake: Intake) -> None:
        intake.platform += 1
        intake.newest = max(intake.newest, call.time)
        intake.add("api_calls", call)

    def _read_line(self, event: LogEvent, intake: Intake) -> None:
        try:
            self._reader.read(event, intake)
        except (
            Exception
        ) as fault:  # trust boundary: a line that breaks its reader costs itself, not the queue
            intake.malformed += 1
            text = event.message if isinstance(event.message, str) else repr(event.message)
            bad = Bad(f"the reader failed: {type(fault).__name__}", text, event.time)
            intake.add("quarantine", _bad_line(event, bad))

    def _outcome(self, header: Header, body: bytes, intake: Intake) -> Outcome:
        outcome = Outcome(intake.lines, 0, intake.malformed, intake.forged, 0, intake.newest)
        repeated: dict[object, Counter[str]] = {}
        for table, rows in intake.rows.items():
            if table == "quarantine":
                del rows[_MANY_EXAMPLES:]
            new = []
            for row in rows:
                if self._seen.is_new(table, row):
                    new.append(row)
                elif table in _COUNTED:
                    repeated.setdefault(_line_of(row), Counter())[table] += 1
            if new:
                lines, bad = _encode(new)
                intake.malformed += bad
                outcome.malformed += bad
                outcome.rows += len(new) - bad
                outcome.tables[table] = [lines]
        # One line may make rows of several tables, and come several times.
        outcome.duplicates = sum(max(counts.values()) for counts in repeated.values())
        batch = Batch(
            received=header.received, token=header.token, road=header.road, sender=header.sender, bytes=len(body),
            lines=intake.lines, ours=intake.ours, platform=intake.platform, other=intake.other,
            duplicates=outcome.duplicates, malformed=intake.malformed, forged=intake.forged, newest=intake.newest,
        )  # fmt: skip
        outcome.tables["batches"] = [_encoder.encode_lines([batch])]
        outcome.rows += 1
        return outcome


def _encode(rows: list[msgspec.Struct]) -> tuple[bytes, int]:
    """Rows as JSON lines, and how many cannot be: half surrogates from JSON escapes, numbers of a thousand digits."""
    try:
        return _encoder.encode_lines(rows), 0
    except (ValueError, OverflowError, TypeError):
        parts = []
        for row in rows:
            try:
                parts.append(_encoder.encode_lines([row]))
            except (ValueError, OverflowError, TypeError):
                continue
        return b"".join(parts), len(rows) - len(parts)


# A row of these that comes again is a line that came again; a package that is named again is none.
_COUNTED = frozenset({"invocations", "findings", "behaviours", "platform", "api_calls"})


def _line_of(row: msgspec.Struct) -> object:
    environment, sequence = getattr(row, "environment", 0), getattr(row, "sequence", 0)
    return (environment, sequence) if sequence else id(row)


def _bad(header: Header, bad: Bad) -> Quarantined:
    return Quarantined(
        received=header.received,
        time=bad.time or header.received,
        reason="malformed",
        detail=bad.detail[:500],
        account=header.whose.account,
        region=header.whose.region,
        function=header.whose.function,
        log_group=header.whose.log_group,
        log_stream=header.whose.log_stream,
        road=header.road,
        bytes=len(bad.piece.encode("utf-8", "replace")),
        line=cut(bad.piece),
    )


def _bad_line(event: LogEvent, bad: Bad) -> Quarantined:
    whose = Whose(
        event.account, event.region, event.function, event.version, event.log_group, event.log_stream
    )
    return _bad(Header("lines", event.road, "", "", event.time, whose), bad)


def _strange(header: Header, event: LogEvent) -> Quarantined:
    text = event.message if isinstance(event.message, str) else _encoder.encode(event.message).decode()
    return Quarantined(
        received=header.received,
        time=event.time,
        reason="forged",
        detail=f"the key of {header.sender} is not for this function",
        account=event.account,
        region=event.region,
        function=event.function,
        log_group=event.log_group,
        log_stream=event.log_stream,
        road=header.road,
        bytes=len(text.encode("utf-8", "replace")),
        line=cut(text),
    )


def cut(text: str) -> str:
    """At most QUARANTINED_BYTES of a line, in UTF-8 that a database takes."""
    return text.encode("utf-8", "replace")[:QUARANTINED_BYTES].decode("utf-8", "ignore")
