"""Writes affected requests as CSV for whoever must tell customers: UTC said, and no cell a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC

from dayfly.fleet.blast.model import Affected
from dayfly.fleet.records.rows import NO_REQUEST

# Columns and their contents; a test compares `docs/affected.md` with this.
COLUMNS = {
    "request_id": "Lambda's request ID, as in the function's log; empty if unknown",
    "time_utc": "time of the response, ISO 8601 in UTC with milliseconds, ends in Z",
    "exposure": "source, certain, possible or unlikely",
    "why": "reason for the exposure level",
    "function": "function name",
    "version": "function version",
    "account": "AWS account",
    "region": "AWS region",
    "trigger": "event source: http-api, sqs, …",
    "route": "API Gateway's resource or route key, never the path with its values",
    "principal": "keyed hash of the user (the authorizer's subject or the IAM caller), 16 hexadecimal digits; empty if unknown",
    "subject": "keyed hash of the requested resource; empty if unknown",
    "source": "keyed hash of the caller's IP address; empty if unknown",
    "outcome": "success, error or crash; empty if unknown",
    "status": "HTTP status of the response; empty if none",
    "environment": "Dayfly's ID of the environment, 16 hexadecimal digits",
    "worker": "number of the worker in its environment; empty if unknown",
    "invocation": "number of the invocation in its environment; empty if unknown",
    "source_request": "request ID of the source request, which compromised the environment; empty if unknown",
    "known_by": "source of the data: line (Dayfly record), finding or platform (Lambda record)",
    "log_group": "log group of the function",
    "log_stream": "log stream of the environment",
}
# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(rows: Iterable[Affected]) -> Iterator[str]:
    """Yield the header and a line for each request, each ended by CR LF as RFC 4180 says."""
    yield _line(list(COLUMNS))
    for row in rows:
        yield _line(_cells(row))


def _cells(row: Affected) -> list[str]:
    return [
        _request(row.request_id),
        row.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        row.exposure.value,
        row.why,
        row.function,
        row.version,
        row.account,
        row.region,
        row.trigger,
        row.route,
        _hash(row.principal),
        _hash(row.subject),
        _hash(row.source),
        row.outcome,
        str(row.status or ""),
        f"{row.environment:016x}",
        str(row.worker or ""),
        str(row.invocation or ""),
        _request(row.source_request),
        row.known_by,
        row.log_group,
        row.log_stream,
    ]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_inert(cell) for cell in cells])
    return out.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _hash(number: int) -> str:
    return f"{number:016x}" if number else ""


def _request(request_id: str) -> str:
    return "" if request_id == NO_REQUEST else request_id
