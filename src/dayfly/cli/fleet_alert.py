"""`dayfly fleet alert test`: whether a channel takes alerts, before one is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.fleet_status import connect
from dayfly.cli.output import Output


def try_channel(
    channel: str,
    *,
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Send a test alert to one channel of fleet.toml; the exit code is 1 if the channel rejects it.

    Examples:

        dayfly fleet alert test on-call
        dayfly fleet alert test security-hub --json

    Parameters
    ----------
    channel
        The channel's name in fleet.toml.
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with connect(folder, server) as client:
        told = client.post("/alerts/test", {"channel": channel})
    if json:
        output.json(told)
    elif told["taken"]:
        output.say(f"{channel} accepted the alert")
    else:
        output.warn(f"{channel} rejected the alert: {told['fault']}")
    return 0 if told["taken"] else 1
