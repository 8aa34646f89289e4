"""Hands out what the fleet concluded, one finding per line, for other systems."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from litestar import get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromQuery, JSONBody
from litestar.response import Stream

from dayfly.errors import DayflyError
from dayfly.fleet.exporting.parquet import Destination, export_parquet
from dayfly.fleet.formats.asff import asff_detection, asff_finding
from dayfly.fleet.formats.ocsf import ocsf_detection, ocsf_finding
from dayfly.fleet.service.pages import PageRequest, asked_of, user_of
from dayfly.fleet.service.roles import Role, needs
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.service import Service

_DETECTIONS = read_sql("dayfly.fleet.formats", "sql/detections")
_FINDINGS = read_sql("dayfly.fleet.formats", "sql/findings")
_FORMATS = ("ocsf", "asff")
_MOST_DAYS = 400


class Parquet(msgspec.Struct, forbid_unknown_fields=True):
    """Where to write, and what is told where a line did not say it."""

    folder: str
    account: str = ""
    region: str = ""
    severity: int = 2


def export_routes(service: Service) -> list[ControllerRouterHandler]:
    """The route /api/v1/export?format=…&since=…&until=…&severity=…&account=…&region=…"""

    @get("/export", opt=needs(Role.RESPONDER))
    async def export(
        request: PageRequest,
        format: FromQuery[str] = "ocsf",
        since: FromQuery[float | None] = None,
        until: FromQuery[float | None] = None,
        severity: FromQuery[int] = 2,
        account: FromQuery[str] = "",
        region: FromQuery[str] = "",
    ) -> Stream:
        """Stream findings of the fleet and of its runtimes as JSON lines; `since` and `until` in seconds since the epoch."""
        now = service.ledger.clock()
        since = now - 86_400 if since is None else since
        until = now + 3600 if until is None else until
        if format not in _FORMATS:
            raise DayflyError(f"unknown format {format[:40]!r}", hint=f"use one of {', '.join(_FORMATS)}")
        if not 0 <= since < until or until - since > _MOST_DAYS * 86_400 or until > 2**33:
            raise DayflyError(
                "invalid time range", hint=f"since must be before until, by at most {_MOST_DAYS} days"
            )
        if not 1 <= severity <= 5:
            raise DayflyError(f"unknown severity {severity}", hint="use 1 (informational) to 5 (critical)")
        if format == "asff" and not (len(account) == 12 and account.isdigit() and region):
            raise DayflyError(
                "the Security Hub format needs an account and a region",
                hint="--account 123456789012 --region eu-central-1",
            )
        detail = {"format": format, "since": since, "until": until}
        await service.note(
            user_of(request).name, "export", format, address=asked_of(request).address, detail=detail
        )
        lines = _lines(
            service, format, since=since, until=until, severity=severity, account=account, region=region
        )
        first = await asyncio.to_thread(
            next, lines, b""
        )  # what the store refuses is an answer, not half of one
        return Stream(_chunks(first, lines), media_type="application/x-ndjson")

    @post("/export/parquet", opt=needs(Role.ADMIN), status_code=200)
    async def parquet(request: PageRequest, data: JSONBody[Parquet]) -> dict[str, object]:
        """Write Parquet files into a folder of this machine; for the command line beside the service alone."""
        if user_of(request).token != "local":
            raise PermissionDeniedException(
                "only users with access to the service's folder can export to files"
            )
        folder = Path(data.folder)
        if not folder.is_absolute():
            raise DayflyError(f"{data.folder} is not an absolute path", hint="start the path with /")
        await service.note(user_of(request).name, "export", "parquet", address=asked_of(request).address)
        destination = Destination(
            folder,
            account=data.account or Destination(folder).account,
            region=data.region or Destination(folder).region,
            severity=data.severity,
        )
        written = await asyncio.to_thread(
            lambda: list(export_parquet(service.store, destination, now=datetime.now(UTC)))
        )
        return {
            "files": [{"path": str(one.path), "rows": one.rows, "bytes": one.bytes} for one in written],
            "rows": sum(one.rows for one in written),
        }

    return [export, parquet]


def _lines(
    service: Service, format: str, *, since: float, until: float, severity: int, account: str, region: str
) -> Iterator[bytes]:
    span = {"since": f"{since:.3f}", "until": f"{until:.3f}"}
    url = service.front.url if service.front.public_url else ""
    for row in service.store.stream(_DETECTIONS, span):
        if int(str(row["severity"])) >= severity:
            yield _line(
                asff_detection(row, account=account, region=region, url=url)
                if format == "asff"
                else ocsf_detection(row, url=url)
            )
    for row in service.store.stream(_FINDINGS, {**span, "severity": severity}):
        yield _line(
            asff_finding(row, account=account, region=region, url=url)
            if format == "asff"
            else ocsf_finding(row, url=url)
        )


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _chunks(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    gathered, size = [first], len(first)
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size > 65_536:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
