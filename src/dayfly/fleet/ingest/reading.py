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
from dayfly.fleet.lifetimes.messages import is_stream, name_of_function
from dayfly.fleet.records.cloudtrail import call_of, is_record, read_trail
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.rows import ApiCall, Batch, Quarantined, Road

# Enough to see what a line was; the whole of it may hold a customer's data.
QUARANTINED_BYTES = 4096
# A batch of nothing but rubbish leaves so many examples of each reason, so that broken lines do not hide forged ones; all
# of it is counted.
_MANY_EXAMPLES = 100
# So many lines' rows are objects at once; then they are bytes.
_MANY_ROWS = 8192
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
        intake, outcome = Intake(), Outcome()
        kept: Counter[str] = Counter()
        lines = 0
        if header.kind == "trail":
            lines = self._read_trail(header, body, intake)
        else:
            try:
                for item in open_batch(header.kind, header.road, header.whose, body):
                    lines += 1
                    self._read_item(header, item, intake)
                    if not lines % _MANY_ROWS:
                        self._move_rows(intake, outcome, kept)
            except EnvelopeError as error:
                intake.malformed += 1
                intake.add("quarantine", _bad(header, Bad(error.message, "")))
        self._move_rows(intake, outcome, kept)
        return _finished(header, len(body), lines, intake, outcome)

    def _read_item(self, header: Header, item: LogEvent | Bad, intake: Intake) -> None:
        if isinstance(item, Bad):
            intake.malformed += 1
            intake.add("quarantine", _bad(header, item))
        elif header.functions:
            self._read_of_some(header, item, intake)
        elif _STREAM_OF_TRAIL not in item.log_stream or not self._take_call(item, intake):
            self._read_line(item, intake)

    def _read_of_some(self, header: Header, item: LogEvent, intake: Intake) -> None:
        """Read a line whose sender may speak of some functions: not what it says around it counts alone, nor in it."""
        is_ours = all(is_allowed(name, header.functions) for name in _named_around(item))
        read = Intake()
        if is_ours:
            self._read_line(item, read)
            for table, rows in read.rows.items():
                if table != "quarantine" and not all(
                    is_allowed(getattr(row, "function", ""), header.functions) for row in rows
                ):
                    is_ours = False
        if not is_ours:
            intake.forged += 1
            intake.add("quarantine", _strange(header, item))
            return
        for table, rows in read.rows.items():
            intake.rows.setdefault(table, []).extend(rows)
        for name in ("ours", "platform", "other", "malformed", "forged"):
            setattr(intake, name, getattr(intake, name) + getattr(read, name))
        intake.newest = max(intake.newest, read.newest)

    def _read_trail(self, header: Header, body: bytes, intake: Intake) -> int:
        try:
            trail = read_trail(body, key=self._trail_key)
        except DayflyError as error:
            intake.malformed = 1
            intake.add("quarantine", _bad(header, Bad(error.message, "")))
            return 1
        intake.malformed = trail.malformed
        intake.other = trail.records - trail.malformed - len(trail.calls)
        for call in trail.calls:
            self._add_call(call, intake)
        return trail.records

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
            bad = Bad(f"read error: {type(fault).__name__}", text, event.time)
            intake.add("quarantine", _bad_line(event, bad))

    def _move_rows(self, intake: Intake, outcome: Outcome, kept: Counter[str]) -> None:
        """Encode the rows that are new; `kept` counts the examples of what was not believed."""
        repeated: dict[object, Counter[str]] = {}
        for table, rows in intake.rows.items():
            new = []
            for row in rows:
                if isinstance(row, Quarantined):
                    kept[row.reason] += 1
                    if kept[row.reason] > _MANY_EXAMPLES:
                        continue
                if self._seen.is_new(table, row):
                    new.append(row)
                elif table in _COUNTED:
                    repeated.setdefault(_line_of(row), Counter())[table] += 1
            if new:
                lines, bad = _encode(new)
                intake.malformed += bad
                outcome.rows += len(new) - bad
                outcome.tables.setdefault(table, []).append(lines)
        intake.rows.clear()
        # One line may make rows of several tables, and come several times.
        outcome.duplicates += sum(max(counts.values()) for counts in repeated.values())


def _named_around(item: LogEvent) -> list[str]:
    """The functions that a line's sender, group and stream name."""
    names = [item.function]
    if item.log_group.startswith("/aws/lambda/"):
        names.append(name_of_function("", item.log_group))
    if is_stream(item.log_stream) and (named := name_of_function(item.log_stream)):
        names.append(named)
    return names


def _finished(header: Header, size: int, lines: int, intake: Intake, outcome: Outcome) -> Outcome:
    outcome.lines = lines
    outcome.malformed = intake.malformed
    outcome.forged = intake.forged
    outcome.newest = intake.newest
    batch = Batch(
        received=header.received, token=header.token, road=header.road, sender=header.sender, bytes=size,
        lines=lines, ours=intake.ours, platform=intake.platform, other=intake.other, duplicates=outcome.duplicates,
        malformed=intake.malformed, forged=intake.forged, newest=intake.newest,
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
        detail=f"ingest key {header.sender} is not valid for this function",
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
