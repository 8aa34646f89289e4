"""Log files of every kind that people have, event by event: what CloudWatch Logs exports, sends and prints.

Known: `aws logs filter-log-events` and `get-log-events` (JSON), Logs Insights results (JSON, CSV), the console's CSV,
subscription records (gzip or not, one or many, within a function's event or Firehose's errors), exports to S3
(`STREAM/000000.gz`, lines that begin with a time), `aws logs tail` (short with a stream per file, detailed with the
stream in the line), `sam logs`, Telemetry API events, the collector's own JSON lines (`/ingest/lines`). Compressed or not.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, cast

from dayfly.core.loglines import PRODUCT
from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.messages import is_stream, name_of_function, read_message
from dayfly.fleet.lifetimes.tables import (
    columns_of,
    row_of_cells,
    row_of_object,
    rows_of,
    without_mark,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.fleet.lifetimes.model import Sighting

_GZIP = b"\x1f\x8b"
# A JSON document must be in memory as a whole: the API answers with at most 1 MB, Insights with 10,000 rows.
_MAX_DOCUMENT = 512_000_000
_MAX_LINE = 2_000_000  # bytes; an event has at most 1 MB
_MAX_MILLISECONDS = 253_402_300_800_000  # the year 10000
_TIME_TEXT = r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
_STREAM_TEXT = r"(?P<stream>[^\s\[]*\[[^\s\]]+\][0-9a-f]{32})"
_LINE = re.compile(rf"{_TIME_TEXT}\s+(?:{_STREAM_TEXT}\s+)?(?P<message>.*)", re.DOTALL)
# `sam logs` names the stream first.
_SAM_LINE = re.compile(rf"{_STREAM_TEXT}\s+{_TIME_TEXT}\s+(?P<message>.*)", re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,12}m")


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One event of a file; what follows its time where the file names it."""

    message: str
    stream: str
    time: float
    group: str = ""
    account: str = ""
    function: str = ""
    region: str = ""
    version: str = ""


class NoLogError(DayflyError):
    """A file that is no log that anybody here can read."""


class FileReader:
    """Reads files one after another; `lines` and `not_understood` count events over all of them."""

    def __init__(self, *, is_bare: bool = False) -> None:
        """With `is_bare`, Dayfly's own lines count as events also where nothing is wrapped around them."""
        self._is_bare = is_bare
        # The file says itself that it has no events.
        self._has_nothing = False
        self.lines = 0
        self.not_understood = 0

    def events(self, file: IO[bytes], path: str) -> Iterator[FileEvent]:
        """The events of one file; `path` names it in errors, and may name the stream.

        Raises DayflyError where it is damaged or is no log at all.
        """
        before, bad = self.lines - self.not_understood, self.not_understood
        self._has_nothing = False
        try:
            unpacked = without_mark(_unpacked(file))
            is_empty = not unpacked.peek(1)
            yield from self._read(unpacked, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DayflyError(f"{path} is damaged: {error}", hint="download it again") from error
        is_none = not is_empty and not (self._has_nothing and self.not_understood == bad)
        if is_none and self.lines - self.not_understood == before:
            raise NoLogError(
                f"{path} contains no Lambda log events",
                hint="use the output of `aws logs filter-log-events` or `aws logs tail --format detailed`, an S3 "
                "export, the console's CSV, or JSON lines with time (seconds) and message; lines without a time "
                "are not supported",
            )

    def _read(self, file: io.BufferedReader, path: str) -> Iterator[FileEvent]:
        start = file.peek(64).lstrip()[:1]
        if start in (b"{", b"["):
            for document, raw in self._documents(file, path):
                yield from self._from_document(document, path, raw)
            return
        first = file.readline(_MAX_LINE)
        if columns := columns_of(first):
            self._has_nothing = True
            for row in rows_of(file, columns, path):
                self._has_nothing = False
                yield from self._row(row, path)
            return
        yield from self._from_lines(first, file, path)

    def _from_lines(self, line: bytes, file: io.BufferedReader, path: str) -> Iterator[FileEvent]:
        """Events of lines that begin with a time; what follows without one (a traceback) is the same event's."""
        stream = _stream_of(path)
        begun: re.Match[str] | None = None
        more: list[str] = []
        size = 0

        def finished() -> Iterator[FileEvent]:
            if begun is not None:
                message = "\n".join([begun["message"], *more])
                yield from self._event(message, begun["stream"] or stream or path, _time(begun["time"]))

        while line:
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if "\x1b[" in text[:64]:
                text = _COLOURS.sub("", text)
            match = _LINE.match(text) or _SAM_LINE.match(text)
            if match is not None:
                yield from finished()
                begun, more, size = match, [], 0
            elif begun is not None:
                size += len(text)
                if size <= _MAX_LINE:
                    more.append(text)
            elif text.startswith("{"):
                for document, raw in self._in_text(text):
                    yield from self._from_document(document, path, raw)
            line = file.readline(_MAX_LINE)
        yield from finished()

    def _documents(self, file: io.BufferedReader, path: str) -> Iterator[tuple[object, str]]:
        """JSON documents and their text: one for the file, one a line, or one after another (as Firehose writes them).

        A file whose first line is one is read line by line: it may be larger than the memory.
        """
        first = file.readline(_MAX_DOCUMENT + 1).decode("utf-8", "replace")
        try:
            json.JSONDecoder().raw_decode(first.lstrip())
        except (ValueError, RecursionError):
            first += file.read(_MAX_DOCUMENT + 1).decode("utf-8", "replace")
        if len(first) > _MAX_DOCUMENT:
            raise DayflyError(
                f"{path} has a document of more than {_MAX_DOCUMENT:,} bytes",
                hint="split it into smaller files",
            )
        yield from self._in_text(first)
        while line := file.readline(_MAX_DOCUMENT):
            yield from self._in_text(line.decode("utf-8", "replace"))

    def _in_text(self, text: str) -> Iterator[tuple[object, str]]:
        decoder = json.JSONDecoder()
        at = len(text) - len(text.lstrip(" \t\r\n,"))
        while at < len(text):
            begin = at
            try:
                document, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                self.lines += 1
                self.not_understood += 1
                end = text.find("\n", at)
                at = len(text) if end < 0 else end + 1
            else:
                yield document, text[begin:at]
            while at < len(text) and text[at] in " \t\r\n,":
                at += 1

    def _from_document(self, document: object, path: str, raw: str) -> Iterator[FileEvent]:
        if isinstance(document, list):
            if document and all(isinstance(item, list) for item in document):
                yield from self._insights(document, path)
                return
            self._has_nothing = self._has_nothing or not document
            for item in document:
                yield from self._from_document(item, path, json.dumps(item))
            return
        if not isinstance(document, dict):
            self._give_up()
            return
        fields = cast("dict[str, object]", document)
        if "messageType" in fields or "logEvents" in fields:
            group, stream = str(fields.get("logGroup", "")), str(fields.get("logStream", ""))
            yield from self._events(fields.get("logEvents"), stream, group, str(fields.get("owner", "")))
        elif isinstance(fields.get("events"), list):
            yield from self._events(fields["events"], _stream_of(path) or path, "")
        elif isinstance(fields.get("results"), list):
            yield from self._insights(cast("list[object]", fields["results"]), path)
        elif {"timestamp", "message"} <= (row := row_of_object(fields)).keys():
            yield from self._row(row, path)
        elif (inner := wrapped(fields)) is not None:
            yield from self._from_document(inner, path, json.dumps(inner))
        elif isinstance(fields.get("type"), str) and isinstance(fields.get("time"), str):
            time = _time(str(fields["time"]))
            yield from self._event(json.dumps(fields), _stream_of(path) or path, time)
        elif self._is_bare and PRODUCT in raw and isinstance(fields.get("metadata"), dict):
            yield from self._event(raw, _stream_of(path) or path, _milliseconds(fields.get("time")))
        elif isinstance(fields.get("message"), str) and isinstance(fields.get("time"), int | float):
            yield from self._json_line(fields, path)
        else:
            self._give_up()

    def _json_line(self, fields: Mapping[str, object], path: str) -> Iterator[FileEvent]:
        """A line as `/ingest/lines` takes it: its time is in seconds."""
        seconds = fields["time"]
        assert isinstance(seconds, int | float)
        said = {
            key: str(fields.get(key) or "") for key in ("group", "account", "function", "region", "version")
        }
        stream = str(fields.get("stream") or _stream_of(path) or path)
        # Compared before it is multiplied: an integer of a thousand digits is no float.
        time = _milliseconds(seconds * 1000) if abs(seconds) < _MAX_MILLISECONDS else None
        yield from self._event(str(fields["message"]), stream, time, **said)

    def _events(self, events: object, stream: str, group: str, account: str = "") -> Iterator[FileEvent]:
        self._has_nothing = self._has_nothing or not events
        for event in events if isinstance(events, list) else []:
            fields: Mapping[str, object] = event if isinstance(event, dict) else {}
            time, message = _moment(fields.get("timestamp")), fields.get("message")
            if not isinstance(message, str):
                self._give_up()
                continue
            yield from self._event(message, str(fields.get("logStreamName") or stream), time, group, account)

    def _insights(self, rows: list[object], path: str) -> Iterator[FileEvent]:
        self._has_nothing = self._has_nothing or not rows
        for row in rows:
            yield from self._row(row_of_cells(row), path)

    def _row(self, row: Mapping[str, str], path: str) -> Iterator[FileEvent]:
        """A table's row: Insights' `@log` is account:group."""
        if not {"timestamp", "message"} <= row.keys():
            self._give_up()
            return
        account, _, group = row.get("log", "").rpartition(":")
        stream = row.get("logstream") or _stream_of(path) or path
        yield from self._event(
            row["message"],
            stream,
            _moment(row["timestamp"]),
            group or row.get("loggroup", ""),
            account or row.get("owner", ""),
        )

    def _event(
        self, message: str, stream: str, time: float | None, group: str = "", account: str = "", **more: str
    ) -> Iterator[FileEvent]:
        """The event; nothing, and counted, where its time is none."""
        if time is None:
            self._give_up()
            return
        self.lines += 1
        yield FileEvent(message, stream, time, group, account, **more)

    def _give_up(self) -> None:
        self.lines += 1
        self.not_understood += 1


class Reader:
    """Reads files as sightings; `lines` and `not_understood` count events over all of them."""

    def __init__(self, *, function: str = "") -> None:
        self._function = function
        self._files = FileReader()

    @property
    def lines(self) -> int:
        """How many events there were."""
        return self._files.lines

    @property
    def not_understood(self) -> int:
        """How many of them were none."""
        return self._files.not_understood

    def read(self, file: IO[bytes], path: str) -> Iterator[Sighting]:
        """The sightings of one file. Raises DayflyError as `FileReader.events` does."""
        for event in self._files.events(file, path):
            function = self._function or event.function or name_of_function(event.stream, event.group)
            yield read_message(event.message, stream=event.stream, time=event.time, function=function)


def _unpacked(file: IO[bytes]) -> io.BufferedReader:
    buffered: io.BufferedReader = io.BufferedReader(cast("io.RawIOBase", file))
    if buffered.peek(2)[:2] == _GZIP:
        # A member after another (as Firehose concatenates them) reads as one file.
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=buffered)))
    return buffered


def _stream_of(path: str) -> str:
    """The stream that a file's path names: an export to S3 has one folder per stream."""
    for part in reversed(PurePath(path).parts):
        name = part.removesuffix(".gz").removesuffix(".log").removesuffix(".txt").removesuffix(".json")
        if is_stream(name):
            return name
    return ""


def _time(text: str) -> float | None:
    """Seconds since 1970; what has no zone is UTC, as everything in CloudWatch Logs is. None where it is no time."""
    text = text.replace(",", ".")
    match = re.match(r"(.*\.\d{6})\d+(.*)", text)
    try:
        moment = datetime.fromisoformat("".join(match.groups()) if match else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> float | None:
    """Seconds of a time in milliseconds, as a number or as text, or in ISO 8601."""
    if not isinstance(value, str):
        return _milliseconds(value)
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", text):
        return _milliseconds(float(text))
    return _time(text) if len(text) <= 40 else None


def _milliseconds(value: object) -> float | None:
    """Seconds of a time in milliseconds; None where it is no time that a log can be of."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MAX_MILLISECONDS:
        return None
    return value / 1000
