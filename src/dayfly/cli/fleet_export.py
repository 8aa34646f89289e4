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
    """Print what the fleet and its runtimes found, one finding per line.

    Examples:

        dayfly fleet export --ocsf --since 7d > findings.ndjson
        dayfly fleet export --parquet /srv/lake --account 123456789012 --region eu-central-1
        dayfly fleet export --asff --since 24h --account 123456789012 --region eu-central-1

    Parameters
    ----------
    ocsf
        OCSF 1.6 Detection Findings; the default.
    asff
        The AWS Security Finding Format, as Security Hub's BatchImportFindings takes it.
    parquet
        A folder to write Parquet files into as Security Lake expects of a custom source: all that has come since the last
        time. The service writes them, so the folder is one of its machine's.
    since
        How far to look back, as 90m, 24h or 7d.
    severity
        The least severity, from 1 (informational) to 5 (critical).
    account
        With --asff, the account whose Security Hub it is for; with --parquet, whose lines are that do not say it.
    region
        With --asff, its region.
    folder
        The service's folder, where it is not the default one.
    server
        A service elsewhere; its token is read from DAYFLY_FLEET_TOKEN.
    json
        As without: the lines are JSON either way.
    """
    output = Output(is_json=json)
    if ocsf + asff + (parquet is not None) > 1:
        raise DayflyError("--ocsf, --asff and --parquet exclude each other", hint="run it once for each")
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
