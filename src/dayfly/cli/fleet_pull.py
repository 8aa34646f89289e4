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
    """Fetch what functions have logged into the service that runs on this machine, or at --server.

    Asks CloudWatch Logs for Lambda's own lines and for those of Dayfly's, never for the rest. What was fetched once is
    not fetched again, an interrupted pull goes on where it was, and nothing is counted twice: it may run every few
    minutes. Needs logs:FilterLogEvents and logs:DescribeLogGroups.

    Examples:

        dayfly fleet pull --function checkout --function orders
        dayfly fleet pull --all --since 7d --profile production --region eu-west-1

    Parameters
    ----------
    function
        Functions (or log groups) to fetch.
    all
        Fetch all functions of the account and region.
    since
        How far to look back, as 90m, 24h or 7d.
    region
        AWS region, by default as for awscli.
    profile
        AWS profile, by default as for awscli.
    folder
        The service's folder, where it is not the default one.
    server
        The service's address, where it is on another machine; its access key in DAYFLY_INGEST_KEY.
    checkpoint
        The file that remembers what was fetched, by default pulls.json in the service's folder.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    names = tuple(function or ())
    if bool(names) == all:
        raise DayflyError("which functions?", hint="name them with --function, or take --all")
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
    output.say(f"{pulled.lines:,} lines of {pulled.groups} log groups are in")
    for group in pulled.gone:
        output.warn(f"{group} is not there any more")
    return 0


def _groups(client: Any, names: tuple[str, ...]) -> list[str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return find_groups(client, names)
    except (BotoCoreError, ClientError) as error:
        raise DayflyError(
            f"cannot ask CloudWatch Logs: {error}",
            hint="it needs logs:DescribeLogGroups, credentials and a region",
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
            f"cannot ask CloudWatch Logs: {error}", hint="set credentials and a region, as for awscli"
        ) from error


def _duration(text: str) -> int:
    number, unit = text[:-1], text[-1:].lower()
    seconds = int(number) * _UNITS[unit] if number.isascii() and number.isdigit() and unit in _UNITS else 0
    if not 0 < seconds <= 3650 * 86400:
        raise DayflyError(f"--since is {text!r}", hint="it must be a duration, as 90m, 24h or 7d")
    return seconds
