"""Writes affected requests as CSV for whoever must tell customers: UTC said, and no cell a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC

from dayfly.fleet.blast.model import Affected
from dayfly.fleet.records.rows import NO_REQUEST

# Column and what it holds; `docs/affected.md` is checked against this.
COLUMNS = {
    "request_id": "Lambda's request id, as in the function's own log; empty where it is not known",
    "time_utc": "when it was answered, ISO 8601 in UTC with milliseconds, ends in Z",
    "exposure": "patient-zero, certain, possible or unlikely",
    "why": "why it counts as that",
    "function": "the function's name",
    "version": "its version",
    "account": "the AWS account",
    "region": "the AWS region",
    "trigger": "what invoked it: http-api, sqs, …",
    "route": "API Gateway's resource or route key, never the path with its values",
    "principal": "keyed hash of who asked (the authorizer's subject or the IAM caller), 16 hexadecimal digits; empty: not known",
    "subject": "keyed hash of what was asked for; empty: not known",
    "source": "keyed hash of the caller's address; empty: not known",
    "outcome": "success, error or crash; empty: not known",
    "status": "HTTP status of the answer; empty: none",
    "environment": "Dayfly's identifier of the environment, 16 hexadecimal digits",
    "worker": "number of the worker in its environment; empty: not known",
    "invocation": "number of the invocation in its environment; empty: not known",
    "patient_zero": "request id of the invocation that brought the infection; empty: not known",
    "known_by": "line, finding or platform: what of the log tells of this request",
    "log_group": "where the function's own log is",
    "log_stream": "and the environment's stream in it",
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
        _request(row.patient_zero),
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
