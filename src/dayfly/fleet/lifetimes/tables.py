"""Log events from tables: CSV as the console downloads it, and rows of Logs Insights in each of their forms."""

from __future__ import annotations

import base64
import binascii
import codecs
import csv
import io
import json
import zlib
from typing import IO, TYPE_CHECKING, cast

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UTF8 = codecs.BOM_UTF8
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_TEXT = 512_000_000
_MAX_FIELD = 2_000_000
# A subscription record that something wrapped once more.
_MAX_WRAPPED = 64 << 20


def without_mark(file: io.BufferedReader) -> io.BufferedReader:
    """The same file as UTF-8 without a byte order mark, which PowerShell and spreadsheets put before it."""
    head = file.peek(3)[:3]
    if head == _UTF8:
        file.read(3)
    elif head[:2] in _UTF16:
        text = file.read(_MAX_TEXT).decode("utf-16", "replace")
        return io.BufferedReader(cast("io.RawIOBase", io.BytesIO(text.encode("utf-8", "replace"))))
    return file


def columns_of(line: bytes) -> list[str]:
    """The columns that a table's first line names, as `timestamp`, `message`, `logstream`; none where it is no table's."""
    if len(line) > 10_000:
        return []
    try:
        cells = next(csv.reader([line.decode("utf-8", "replace").strip()]), [])
    except csv.Error:
        return []
    names = [_column(cell) for cell in cells]
    return names if {"timestamp", "message"} <= set(names) else []


def rows_of(file: IO[bytes], columns: list[str], path: str) -> Iterator[dict[str, str]]:
    """The rows of a table whose first line was read. Raises DayflyError where it is no CSV."""
    csv.field_size_limit(_MAX_FIELD)
    text = io.TextIOWrapper(file, "utf-8", "replace", newline="")
    try:
        for row in csv.reader(text):
            if row:
                yield dict(zip(columns, row, strict=False))
    except csv.Error as error:
        raise DayflyError(
            f"{path} is not a valid CSV table: {error}", hint="download it again as CSV"
        ) from error


def row_of_cells(cells: object) -> dict[str, str]:
    """A row of GetQueryResults: a list of fields and values."""
    listed = cells if isinstance(cells, list) else []
    return {
        _column(str(cell.get("field"))): str(cell.get("value")) for cell in listed if isinstance(cell, dict)
    }


def row_of_object(fields: Mapping[str, object]) -> dict[str, str]:
    """A row that is an object: what the console's Insights downloads as JSON, and what forwarders write."""
    return {
        _column(name): str(value) for name, value in fields.items() if isinstance(value, str | int | float)
    }


def wrapped(fields: Mapping[str, object]) -> object:
    """What is in base64 within: a function's event of a subscription, what Firehose could not deliver; None if nothing."""
    inner = fields.get("awslogs")
    data = inner.get("data") if isinstance(inner, dict) else fields.get("rawData")
    if not isinstance(data, str):
        return None
    try:
        found = base64.b64decode(data, validate=True)
        if found[:2] == b"\x1f\x8b":
            found = zlib.decompressobj(31).decompress(found, _MAX_WRAPPED)
        return cast("object", json.loads(found))
    except (binascii.Error, ValueError, zlib.error, RecursionError):
        return None


def _column(name: str) -> str:
    name = name.strip().removeprefix("@").replace("_", "").lower()
    return {"logstreamname": "logstream", "loggroupname": "loggroup"}.get(name, name)
