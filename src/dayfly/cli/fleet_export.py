"""`dayfly fleet export`: what the fleet concluded, for other systems."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.fleet_status import connect
from dayfly.cli.lifetimes import read_duration
from dayfly.cli.output import Output
from dayfly.errors import DayflyError


def export(
    *,
    ocsf: Annotated[bool, Parameter(negative="")] = False,
    asff: Annotated[bool, Parameter(negative="")] = False,
    parquet: Path | None = None,
    since: str = "24h",
    severity: int = 2,
    account: str = "",
    region: str = "",
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Export findings and detections, one per line.

    Examples:

        dayfly fleet export --ocsf --since 7d > findings.ndjson
        dayfly fleet export --parquet /srv/lake --account 123456789012 --region eu-central-1
        dayfly fleet export --asff --since 24h --account 123456789012 --region eu-central-1

    Parameters
    ----------
    ocsf
        Use OCSF 1.6 Detection Findings (the default).
    asff
        Use the AWS Security Finding Format for Security Hub's BatchImportFindings.
    parquet
        Write Parquet files for a Security Lake custom source to this folder: everything new since the last
        export. The folder is on the service's machine.
    since
        How far to look back, for example 90m, 24h or 7d.
    severity
        Minimum severity, from 1 (informational) to 5 (critical).
    account
        With --asff, the account of the Security Hub; with --parquet, the account of records that do not name
        one.
    region
        With --asff, the region of the Security Hub.
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        No effect: the output is always JSON.
    """
    output = Output(is_json=json)
    if ocsf + asff + (parquet is not None) > 1:
        raise DayflyError(
            "--ocsf, --asff and --parquet cannot be combined", hint="run the command once for each format"
        )
    if parquet is not None:
        return _write_parquet(output, parquet, account, region, severity, folder)
    asked: dict[str, str | float | int] = {
        "format": "asff" if asff else "ocsf",
        "since": time.time() - read_duration(since, where="--since"),
        "severity": severity,
        "account": account,
        "region": region,
    }
    with connect(folder, server) as client:
        for chunk in client.stream("/export", asked):
            sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    return 0


def _write_parquet(
    output: Output, place: Path, account: str, region: str, severity: int, folder: Path | None
) -> int:
    asked = {"folder": str(place.resolve()), "account": account, "region": region, "severity": severity}
    with connect(folder, "") as client:
        told = client.post("/export/parquet", asked)
    if output.is_json:
        output.json(told)
        return 0
    for one in told["files"]:
        output.say(f"{one['path']}  {one['rows']:,} findings, {one['bytes']:,} bytes")
    if not told["files"]:
        output.say("nothing new since the last export")
    return 0
