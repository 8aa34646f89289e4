"""`dayfly fleet pull`: what functions have logged, from CloudWatch Logs into the running service."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from dayfly.cli.fleet_import import open_client
from dayfly.cli.lifetimes_view import waiting
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.ingest.pulling import Puller
from dayfly.fleet.ingest.shipping import Shipper
from dayfly.fleet.ingest.spans import Checkpoint
from dayfly.fleet.lifetimes.cloudwatch import find_groups
from dayfly.fleet.service.place import default_folder

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def pull(
    *,
    function: Annotated[list[str] | None, Parameter(negative="")] = None,
    all: Annotated[bool, Parameter(negative="")] = False,
    since: str = "24h",
    region: str = "",
    profile: str = "",
    folder: Path | None = None,
    server: str = "",
    checkpoint: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Import function logs from CloudWatch Logs into the service on this machine, or at --server.

    Pull requests Lambda's and Dayfly's records only, never the function's own output. It fetches each record
    once and continues an interrupted pull, so it can run every few minutes. It needs logs:FilterLogEvents and
    logs:DescribeLogGroups.

    Examples:

        dayfly fleet pull --function checkout --function orders
        dayfly fleet pull --all --since 7d --profile production --region eu-west-1

    Parameters
    ----------
    function
        Functions or log groups to import.
    all
        Import all functions of the account and region.
    since
        How far to look back, for example 90m, 24h or 7d.
    region
        AWS region (default: as for the AWS CLI).
    profile
        AWS profile (default: as for the AWS CLI).
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the ingest key is read from DAYFLY_INGEST_KEY.
    checkpoint
        File that records the progress (default: pulls.json in the service's folder).
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    names = tuple(function or ())
    if bool(names) == all:
        raise DayflyError("no function was given", hint="use --function NAME, or --all")
    seconds = _duration(since)
    path = checkpoint or (folder or default_folder(os.environ)) / "pulls.json"
    client = _logs(region, profile)
    with open_client(folder, server) as service, waiting(output) as tick:
        shipper = Shipper(service.http, "pull", told=tick)
        puller = Puller(client, shipper, Checkpoint(path), place=server, sleep=time.sleep, begun=tick)
        end = int(time.time() * 1000)
        pulled = puller.pull(_groups(client, names), begin=end - seconds * 1000, end=end)
    if json:
        output.json(
            {
                "groups": pulled.groups,
                "pages": pulled.pages,
                "lines": pulled.lines,
                "gone": pulled.gone,
                "batches": shipper.shipped.batches,
                "batches_known": shipper.shipped.duplicates,
            }
        )
        return 0
    output.say(f"imported {pulled.lines:,} log records of {pulled.groups} log groups")
    for group in pulled.gone:
        output.warn(f"the log group {group} no longer exists")
    return 0


def _groups(client: Any, names: tuple[str, ...]) -> list[str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return find_groups(client, names)
    except (BotoCoreError, ClientError) as error:
        raise DayflyError(
            f"cannot read CloudWatch Logs: {error}",
            hint="check the credentials, the region and the permission logs:DescribeLogGroups",
        ) from error


def _logs(region: str, profile: str) -> Any:
    # A second of imports that --help must do without.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(region_name=region or None, profile_name=profile or None)
        return session.client("logs", config=Config(retries={"mode": "adaptive", "max_attempts": 8}))
    except BotoCoreError as error:
        raise DayflyError(
            f"cannot read CloudWatch Logs: {error}", hint="set credentials and a region, as for the AWS CLI"
        ) from error


def _duration(text: str) -> int:
    number, unit = text[:-1], text[-1:].lower()
    seconds = int(number) * _UNITS[unit] if number.isascii() and number.isdigit() and unit in _UNITS else 0
    if not 0 < seconds <= 3650 * 86400:
        raise DayflyError(f"--since {text!r} is not a duration", hint="use for example 90m, 24h or 7d")
    return seconds
