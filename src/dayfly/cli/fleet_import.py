"""`dayfly fleet import`: log files of every kind into the running service."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.lifetimes_view import waiting
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import Whose
from dayfly.fleet.ingest.importing import STDIN, Importer, import_files
from dayfly.fleet.ingest.shipping import Shipper
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN_VARIABLE = "DAYFLY_INGEST_KEY"


def import_(
    *logs: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    function: str = "",
    account: str = "",
    region: str = "",
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Import log files into the service on this machine, or at --server.

    Accepted formats, compressed or not: CloudWatch Logs (aws logs filter-log-events, aws logs tail --format
    detailed, Logs Insights, exports to S3, subscription records), Telemetry API events, JSON lines with time
    and message, Dayfly's own records, and CloudTrail files. A file that is imported twice counts once.

    Examples:

        dayfly fleet import exported-logs/ --account 123456789012 --region eu-west-1
        aws logs tail /aws/lambda/checkout --since 1d --format detailed | dayfly fleet import - --function checkout
        dayfly fleet import AWSLogs/123456789012/CloudTrail/
        DAYFLY_INGEST_KEY=… dayfly fleet import day.json.gz --server https://dayfly.example.com

    Parameters
    ----------
    logs
        Log files or folders; - for standard input.
    function
        The function that wrote the records, if the files do not name it.
    account
        The records' account, if the files do not name it; required if Firehose sends the same records.
    region
        The records' region; required if Firehose sends the same records.
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the ingest key is read from DAYFLY_INGEST_KEY.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    for path in logs:
        if str(path).startswith("-") and str(path) != STDIN:
            raise DayflyError(f"unknown option {path}", hint="see `dayfly fleet import --help`")
    if not logs:
        raise DayflyError("no log files were given", hint="give files, folders, or - for standard input")
    with open_client(folder, server) as client, waiting(output) as tick:
        shipper = Shipper(client.http, "import", told=tick)
        whose = Whose(account=account, region=region, function=function)
        importer = Importer(shipper, whose=whose)
        try:
            files = import_files(importer, logs, sys.stdin.buffer, begun=tick)
        except DayflyError as error:
            arrived = f"{shipper.shipped.lines:,} log records"
            if importer.trails:
                arrived += f" and {importer.trails:,} CloudTrail files"
            raise DayflyError(
                f"{error.message}; {arrived} were imported before that", hint=error.hint
            ) from error
    shipped = shipper.shipped
    if json:
        output.json(
            {
                "files": files,
                "lines": shipped.lines,
                "batches": shipped.batches,
                "batches_known": shipped.duplicates,
                "trails": importer.trails,
                "not_understood": importer.not_understood,
                "no_logs": importer.strays,
            }
        )
        return 0
    output.say(f"imported {shipped.lines:,} log records of {files} files")
    if importer.trails:
        output.say(f"  {importer.trails} of the files are CloudTrail files")
    if shipped.duplicates:
        output.say(
            f"  {shipped.duplicates} of {shipped.batches} batches were imported before and are not counted "
            "twice"
        )
    if importer.not_understood:
        output.warn(f"{importer.not_understood:,} events have an unknown format and were skipped")
    if importer.strays:
        output.warn(f"{len(importer.strays):,} files are not log files, for example {importer.strays[0]}")
    elif not shipped.lines and not importer.trails:
        output.warn(
            "no log record with a time was found; see `dayfly fleet import --help` for the accepted formats"
        )
    return 0


@contextmanager
def open_client(folder: Path | None, server: str) -> Iterator[Client]:
    """The service on this machine, or at an address with the access key in DAYFLY_INGEST_KEY."""
    if not server:
        client = Client.beside(folder or default_folder(os.environ))
    elif not (key := os.environ.get(TOKEN_VARIABLE, "")):
        raise DayflyError(
            f"{server} needs an ingest key",
            hint=f"set {TOKEN_VARIABLE}; create a key on that machine with `dayfly fleet key add NAME`",
        )
    else:
        client = Client(server, key)
    with client:
        yield client
