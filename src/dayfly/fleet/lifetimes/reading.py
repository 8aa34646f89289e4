"""Log files of every kind that people have, event by event: what CloudWatch Logs exports, sends and prints.

Known: `aws logs filter-log-events` and `get-log-events` (JSON), Logs Insights results (JSON), subscription records
(gzip or not, one or many), exports to S3 (`STREAM/000000.gz`, lines that begin with a time), `aws logs tail`
(short with a stream per file, detailed with the stream in the line), Telemetry API events. Compressed or not.
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.fleet.lifetimes.model import Sighting

_GZIP = b"\x1f\x8b"
# A JSON document must be in memory as a whole: the API answers with at most 1 MB, Insights with 10,000 rows.
_MAX_DOCUMENT = 512_000_000
_MAX_LINE = 2_000_000  # bytes; an event has at most 1 MB
_MAX_MILLISECONDS = 253_402_300_800_000  # the year 10000
_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\s+(?:(?P<stream>\S*\[\S+\][0-9a-f]{32})\s+)?(?P<message>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One event of a file; `group` and `account` where it names them."""

    message: str
    stream: str
    time: float
    group: str = ""
    account: str = ""


class FileReader:
    """Reads files one after another; `lines` and `not_understood` count events over all of them."""

    def __init__(self, *, is_bare: bool = False) -> None:
        """With `is_bare`, Dayfly's own lines count as events also where nothing is wrapped around them."""
        self._is_bare = is_bare
        self.lines = 0
        self.not_understood = 0

    def events(self, file: IO[bytes], path: str) -> Iterator[FileEvent]:
        """The events of one file; `path` names it in errors, and may name the stream.

        Raises DayflyError where it is damaged or is no log at all.
        """
        before = self.lines - self.not_understood
        try:
            yield from self._read(_unpacked(file), path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DayflyError(f"{path} is damaged: {error}", hint="fetch it again") from error
        if self.lines and self.lines - self.not_understood == before:
            raise DayflyError(
                f"nothing in {path} looks like a log of Lambda",
                hint="give what `aws logs filter-log-events`, `aws logs tail --format detailed` or an export to S3 wrote",
            )

    def _read(self, file: io.BufferedReader, path: str) -> Iterator[FileEvent]:
        start = file.peek(64).lstrip()[:1]
        if start in (b"{", b"["):
            for document, raw in self._documents(file, path):
                yield from self._from_document(document, path, raw)
            return
        stream = _stream_of(path)
        while line := file.readline(_MAX_LINE):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            match = _LINE.match(text)
            if match is None:
                # A further line of an event that had several (a traceback), or nothing we know.
                continue
            yield from self._event(match["message"], match["stream"] or stream or path, _time(match["time"]))

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
            raise DayflyError(f"{path} has a document of more than {_MAX_DOCUMENT:,} bytes", hint="split it")
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
            yield from self._insights(cast("list[object]", fields["results"]))
        elif isinstance(fields.get("message"), str) and "timestamp" in fields:
            yield from self._events([fields], _stream_of(path) or path, "")
        elif isinstance(fields.get("type"), str) and isinstance(fields.get("time"), str):
            time = _time(str(fields["time"]))
            yield from self._event(json.dumps(fields), _stream_of(path) or path, time)
        elif self._is_bare and PRODUCT in raw and isinstance(fields.get("metadata"), dict):
            yield from self._event(raw, _stream_of(path) or path, _milliseconds(fields.get("time")))
        else:
            self._give_up()

    def _events(self, events: object, stream: str, group: str, account: str = "") -> Iterator[FileEvent]:
        for event in events if isinstance(events, list) else []:
            fields: Mapping[str, object] = event if isinstance(event, dict) else {}
            time, message = _milliseconds(fields.get("timestamp")), fields.get("message")
            if not isinstance(message, str):
                self._give_up()
                continue
            yield from self._event(message, str(fields.get("logStreamName") or stream), time, group, account)

    def _insights(self, rows: list[object]) -> Iterator[FileEvent]:
        for row in rows:
            cells = row if isinstance(row, list) else []
            values = {
                str(cell.get("field")): str(cell.get("value")) for cell in cells if isinstance(cell, dict)
            }
            if not {"@timestamp", "@message", "@logStream"} <= values.keys():
                self._give_up()
                continue
            # `@log` is account:group.
            account, _, group = values.get("@log", "").rpartition(":")
            yield from self._event(
                values["@message"], values["@logStream"], _time(values["@timestamp"]), group, account
            )

    def _event(
        self, message: str, stream: str, time: float | None, group: str = "", account: str = ""
    ) -> Iterator[FileEvent]:
        """The event; nothing, and counted, where its time is none."""
        if time is None:
            self._give_up()
            return
        self.lines += 1
        yield FileEvent(message, stream, time, group, account)

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
            function = self._function or name_of_function(event.stream, event.group)
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


def _milliseconds(value: object) -> float | None:
    """Seconds of a time in milliseconds; None where it is no time that a log can be of."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MAX_MILLISECONDS:
        return None
    return value / 1000
