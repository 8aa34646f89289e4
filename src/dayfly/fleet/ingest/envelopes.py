"""What each road wraps log lines in, and who it says they are from.

Firehose's HTTP endpoint format, request and answer:
https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
Subscription records (gzip; DATA_MESSAGE, and CONTROL_MESSAGE to see whether we can be reached):
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/SubscriptionFilters.html
Telemetry API's events: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Literal

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.messages import name_of_function
from dayfly.fleet.records.events import LogEvent

if TYPE_CHECKING:
    from dayfly.fleet.records.rows import Road

# Firehose's own limit for a request, before compression; nobody else sends more.
MAX_BODY_BYTES = 64 << 20
# One record of a subscription: at most 1 MB as it travels.
MAX_RECORD_BYTES = 64 << 20
# Over all records of one batch: what one request may cost in time.
MAX_BATCH_BYTES = 1 << 28
# Python's reader takes ten times the text's size.
_MAX_REPAIRED_BYTES = 16 << 20
_GZIP = b"\x1f\x8b"
# Who packs line by line is far below; empty members alone would be millions in one body.
_MANY_MEMBERS = 100_000
_PIECE_BYTES = 16 << 10
_NULS = bytes(4096)
_MANY_DIGITS = 400
_MAX_SECONDS = 253_402_300_800.0  # the year 10000
_VERSION = re.compile(r"\[([^\[\]]+)\][0-9a-f]{32}$")
_ARN = re.compile(
    r"arn:[^:]*:(?:firehose|lambda):(?P<region>[^:]*):(?P<account>[0-9]*):[^:]*:?(?P<name>[^:]*):?(?P<version>.*)"
)

Kind = Literal["firehose", "telemetry", "records", "lines", "trail"]


class EnvelopeError(DayflyError):
    """A body is not what its road promises: sending it again will not help."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A piece of a batch that holds no line anybody could read."""

    detail: str
    piece: str
    time: float = 0.0


class Whose(msgspec.Struct, frozen=True, array_like=True):
    """What the sender says of a whole batch, where the lines themselves do not."""

    account: str = ""
    region: str = ""
    function: str = ""
    version: str = ""
    log_group: str = ""
    log_stream: str = ""


class FirehoseRecord(msgspec.Struct):
    """One record; `data` is base64."""

    data: str


class FirehoseRequest(msgspec.Struct):
    """What Firehose posts."""

    requestId: str
    timestamp: int
    records: list[FirehoseRecord]


class _Event(msgspec.Struct):
    timestamp: float
    message: str


class _Record(msgspec.Struct):
    messageType: str
    logGroup: str = ""
    logStream: str = ""
    owner: str = ""
    logEvents: list[_Event] = []


class WireLine(msgspec.Struct, omit_defaults=True):
    """One line of `/ingest/lines`: `time` in seconds since 1970."""

    time: float
    message: str
    stream: str = ""
    group: str = ""
    function: str = ""
    account: str = ""
    region: str = ""
    version: str = ""


_firehose = msgspec.json.Decoder(FirehoseRequest)
_record = msgspec.json.Decoder(_Record)
_records = msgspec.json.Decoder(list[msgspec.Raw])
_line = msgspec.json.Decoder(WireLine)
_any = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unpack(body: bytes, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Undo gzip, of one member or several; raises EnvelopeError where it is damaged or grows beyond `limit` bytes."""
    parts: list[bytes] = []
    size = members = at = 0
    while at < len(body):
        members += 1
        if members > _MANY_MEMBERS:
            raise EnvelopeError("too many gzip members in the body", hint="compress it as one gzip member")
        inflater = zlib.decompressobj(31)
        # Piece by piece: what lies behind a member is copied by zlib, and a million members are in one body.
        while not inflater.eof and at < len(body):
            piece = body[at : at + _PIECE_BYTES]
            try:
                part = inflater.decompress(piece, limit - size + 1)
            except zlib.error as error:
                raise EnvelopeError("corrupted gzip data") from error
            size += len(part)
            if size > limit:
                raise EnvelopeError(
                    f"the body is larger than {limit:,} bytes when decompressed", hint="send smaller batches"
                )
            parts.append(part)
            at += len(piece) - len(inflater.unused_data)
        if not inflater.eof:
            raise EnvelopeError("truncated gzip data")
        while at < len(body) and not body[at]:
            at = min(at + len(_NULS), len(body)) if body.startswith(_NULS, at) else at + 1
    return b"".join(parts)


def read_firehose(body: bytes) -> FirehoseRequest:
    """Firehose's request; raises EnvelopeError for anything else."""
    try:
        return _firehose.decode(body)
    except _FAULTS as error:
        raise EnvelopeError(f"not a valid Firehose request: {error}") from error


def check(kind: Kind, body: bytes) -> None:
    """See that a body is of its road; its lines are looked at later, one by one. Raises EnvelopeError."""
    try:
        match kind:
            case "firehose":
                _firehose.decode(body)
            case "telemetry" | "records":
                _items(body)
            case "lines" | "trail":
                pass
    except _FAULTS as error:
        raise EnvelopeError(f"not a valid {kind} batch: {error}") from error


def whose_arn(arn: str) -> Whose:
    """Account and region (and of a function's ARN, its name and version); empty where it is no ARN we know."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return Whose()
    if ":lambda:" not in arn:
        return Whose(match["account"], match["region"])
    return Whose(match["account"], match["region"], match["name"], match["version"])


def open_batch(kind: Kind, road: Road, whose: Whose, body: bytes) -> Iterator[LogEvent | Bad]:
    """Every line of a batch, and every piece that is none. Never raises for what a piece holds."""
    if body[:2] == _GZIP:
        body = unpack(body)
    match kind:
        case "firehose":
            yield from _from_firehose(body, road, whose)
        case "telemetry":
            yield from _from_telemetry(body, road, whose)
        case "records":
            for raw in _items(body):
                yield from _from_record(raw, road, whose)
        case "lines":
            yield from _from_lines(body, road, whose)
        case "trail":
            pass


def _from_firehose(body: bytes, road: Road, whose: Whose) -> Iterator[LogEvent | Bad]:
    left = MAX_BATCH_BYTES
    for record in _firehose.decode(body).records:
        try:
            data = base64.b64decode(record.data, validate=True)
        except (binascii.Error, ValueError):
            yield Bad("record is not valid base64", record.data)
            continue
        if data[:2] == _GZIP:
            try:
                data = unpack(data, limit=min(MAX_RECORD_BYTES, left))
            except EnvelopeError as error:
                yield Bad(error.message, "")
                continue
        left -= len(data)
        yield from _from_record(data, road, whose)


def _from_record(data: bytes, road: Road, whose: Whose) -> Iterator[LogEvent | Bad]:
    """One subscription record; Firehose's decompression feature hands over several in one, one after another."""
    try:
        record = _record.decode(data)
    except _FAULTS:
        yield from _from_odd_record(data, road, whose)
        return
    yield from _from_events(record, [(one.timestamp, one.message) for one in record.logEvents], road, whose)


def _from_odd_record(data: bytes, road: Road, whose: Whose) -> Iterator[LogEvent | Bad]:
    pieces = data.replace(b"}{", b"}\n{").split(b"\n") if data.count(b'"messageType"') > 1 else [data]
    for piece in pieces:
        if not piece.strip():
            continue
        found = _lenient(piece)
        if not isinstance(found, dict) or "messageType" not in found:
            yield Bad("not a CloudWatch Logs subscription record", _text(piece))
            continue
        record = _Record(
            _string(found["messageType"]),
            _string(found.get("logGroup")),
            _string(found.get("logStream")),
            _string(found.get("owner")),
        )
        events: list[tuple[float, str]] = []
        listed = found.get("logEvents")
        for event in listed if isinstance(listed, list) else [listed]:
            time, message = (
                (event.get("timestamp"), event.get("message")) if isinstance(event, dict) else (None, None)
            )
            # Compared before it is converted: an integer of a thousand digits is no float.
            if isinstance(time, int | float) and isinstance(message, str) and abs(time) < _MAX_SECONDS * 1000:
                events.append((float(time), message))
            else:
                yield Bad("not a log event", _text(msgspec.json.encode(event)))
        yield from _from_events(record, events, road, whose)


def _from_events(
    record: _Record, events: list[tuple[float, str]], road: Road, whose: Whose
) -> Iterator[LogEvent | Bad]:
    if record.messageType == "CONTROL_MESSAGE":
        return
    group, stream = record.logGroup, record.logStream
    function = name_of_function(stream, group)
    version = version_of(stream)
    account, region = record.owner or whose.account, whose.region
    for time, message in events:
        seconds = time / 1000
        if not 0 <= seconds < _MAX_SECONDS:
            yield Bad("invalid timestamp", message)
            continue
        yield LogEvent(
            seconds, message.rstrip("\r\n"), account, region, function, version, group, stream, None, road
        )


def _from_telemetry(body: bytes, road: Road, whose: Whose) -> Iterator[LogEvent | Bad]:
    group = whose.log_group or (f"/aws/lambda/{whose.function}" if whose.function else "")
    for raw in _items(body):
        event = _lenient(raw)
        seconds = moment(event.get("time")) if isinstance(event, dict) else None
        if not isinstance(event, dict) or seconds is None or not isinstance(event.get("type"), str):
            yield Bad("not a Telemetry API event", _text(raw))
            continue
        kind, message = str(event["type"]), event.get("record")
        is_platform = kind.startswith("platform.")
        if is_platform:
            message = event
        elif isinstance(message, str):
            message = message.rstrip("\r\n")
        elif not isinstance(message, dict):
            # A function that logs JSON may log a list or a number: a line of nobody's concern, but a line.
            message = _text(msgspec.json.encode(message))
        yield LogEvent(
            seconds, message, whose.account, whose.region, whose.function, whose.version,
            group, whose.log_stream, is_platform, road,
        )  # fmt: skip


def _from_lines(body: bytes, road: Road, whose: Whose) -> Iterator[LogEvent | Bad]:
    for data in body.split(b"\n"):
        if not data.strip():
            continue
        line = _read_line(data)
        if line is None:
            yield Bad("not a valid record for /ingest/lines", _text(data))
            continue
        if not 0 <= line.time < _MAX_SECONDS:
            yield Bad("invalid timestamp", line.message)
            continue
        group, stream = line.group or whose.log_group, line.stream or whose.log_stream
        yield LogEvent(
            line.time,
            line.message.rstrip("\r\n"),
            line.account or whose.account,
            line.region or whose.region,
            line.function or whose.function or name_of_function(stream, group),
            line.version or whose.version or version_of(stream),
            group,
            stream,
            None,
            road,
        )


def _items(body: bytes) -> list[bytes]:
    """The items of a JSON array, each still JSON."""
    try:
        return [bytes(raw) for raw in _records.decode(body)]
    except _FAULTS:
        return [bytes(raw) for raw in _records.decode(_repaired(body))]


def _lenient(data: bytes) -> object:
    """What JSON says, None where it is none."""
    try:
        return _any.decode(data)
    except _FAULTS:
        try:
            return _any.decode(_repaired(data))
        except _FAULTS:
            return None


def _read_line(data: bytes) -> WireLine | None:
    try:
        return _line.decode(data)
    except _FAULTS:
        try:
            return _line.decode(_repaired(data))
        except _FAULTS:
            return None


def _repaired(data: bytes) -> bytes:
    """JSON as Python's own reader takes it: with half surrogates and NaN, which functions do log.

    Raises msgspec.DecodeError or RecursionError where it is not even that.
    """
    if len(data) > _MAX_REPAIRED_BYTES:
        raise msgspec.DecodeError("JSON is malformed")
    try:
        found = json.loads(data, parse_constant=lambda _: None, parse_float=_finite, parse_int=_bounded)
        return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
    except ValueError as error:
        raise msgspec.DecodeError("JSON is malformed") from error


def _bounded(text: str) -> int | None:
    # Python refuses to read more digits than some thousands.
    return int(text) if len(text) <= _MANY_DIGITS else None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def write_lines(lines: Iterable[WireLine]) -> bytes:
    """The body of `/ingest/lines`."""
    parts = []
    for line in lines:
        try:
            parts.append(_encoder.encode(line))
        except UnicodeEncodeError:
            # Half a surrogate, from a JSON escape: no database takes it.
            fields = {
                name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
                for name, value in msgspec.structs.asdict(line).items()
            }
            parts.append(_encoder.encode(msgspec.convert(fields, WireLine)))
    return b"\n".join(parts) + b"\n"


def version_of(stream: str) -> str:
    """The version that a log stream's name holds, "" where it holds none."""
    match = _VERSION.search(stream)
    return match[1] if match else ""


def moment(text: object) -> float | None:
    """Seconds since 1970 of a time in ISO 8601, None where it is none; without a zone it is UTC."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}"
    try:
        found = datetime.fromisoformat(text)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _MAX_SECONDS else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
