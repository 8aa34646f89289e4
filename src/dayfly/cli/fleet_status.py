"""`dayfly fleet status`: how the running service is."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder

# Seconds since the epoch: what is of interest is how long ago that was.
_MOMENTS = ("last_run", "newest")


def status(
    *,
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show the health of the running service; the exit code is 1 if a part has a fault.

    Examples:

        dayfly fleet status
        dayfly fleet status --json
        DAYFLY_FLEET_TOKEN=… dayfly fleet status --server https://dayfly.example.com

    Parameters
    ----------
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with connect(folder, server) as client:
        told = client.get("/status")
    faults = [str(fault) for fault in told.get("faults", [])]
    if json:
        output.json(told)
        return 1 if faults else 0
    now = time.time()
    output.say(f"Dayfly {told['version']} at {told['url']}", style="bold")
    for name, part in told.items():
        if isinstance(part, dict):
            output.say(f"  {name}: {describe(part, now=now)}")
    for fault in faults:
        output.warn(fault)
    if not faults:
        output.say("no faults")
    return 1 if faults else 0


def connect(folder: Path | None, server: str) -> Client:
    """The client of a service on this machine, or of `server` with the token of DAYFLY_FLEET_TOKEN."""
    if not server:
        return Client.beside(folder or default_folder(os.environ))
    if not (token := os.environ.get("DAYFLY_FLEET_TOKEN", "")):
        raise DayflyError(
            "no API token for the service at --server",
            hint="set DAYFLY_FLEET_TOKEN; create a token with `dayfly fleet token add NAME`",
        )
    return Client(server, token)


def describe(part: Mapping[str, object], *, now: float) -> str:
    """Return what people read of a part's health: no zeros, no epochs. What is bad is told as a fault as well."""
    said = [text for key, value in part.items() if (text := _describe(key, value, now))]
    return ", ".join(said) or "nothing yet"


def _describe(key: str, value: object, now: float) -> str:
    name = key.replace("_", " ")
    match value:
        case bool() | None | 0 | "":
            return ""
        case dict():
            return "; ".join(f"{name} {why} {count:,}" for why, count in value.items() if count)
        case str():
            return f"{name}: {value}"
        case int() | float() if key in _MOMENTS:
            return f"{name} {max(now - value, 0.0):,.0f} s ago"
        case int() | float():
            # A key's ending is its unit: lag_s, last_ms, queue_bytes, lines_per_s.
            what, _, unit = key.rpartition("_")
            if unit in ("s", "ms", "bytes") and not what.endswith("_per"):
                return f"{what.replace('_', ' ')} {value:,} {unit}"
            return f"{name.replace(' per ', '/')} {value:,}"
    return ""
