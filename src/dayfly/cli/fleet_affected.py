"""`dayfly fleet affected`: who was served after an infection, counted or as CSV."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import msgspec
from cyclopts import Parameter

from dayfly.cli.fleet_store import service_or_store
from dayfly.cli.output import Output
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from dayfly.fleet.service.client import Client
    from dayfly.fleet.store.store import Store

_LINES_AT_ONCE = 2_000


def affected(
    finding: str,
    *,
    csv: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    unlikely: Annotated[bool, Parameter(negative="")] = False,
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """List the requests that an infection may have affected, and how certain that is.

    "Certain" requests were served by the infected worker or process. "Possible" requests were served by
    another worker of the same environment, where the infection could have spread or the log has no proof.
    Times are in UTC; callers appear as keyed hashes.

    Examples:

        dayfly fleet affected 0123456789abcdef:17:residue.memory
        dayfly fleet affected 0123456789abcdef:17:residue.memory --csv affected.csv
        dayfly fleet affected 4f0c27de0d1f5e0d9a7a3b0c8f0b2a11 --csv -

    Parameters
    ----------
    finding
        Id of a finding or detection, as its console page shows it.
    csv
        Write one CSV row per request to this file; "-" for standard output (docs/affected.md describes the
        columns).
    unlikely
        Include requests of other workers that the infection could not have reached.
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    if json and csv == "-":
        raise DayflyError(
            "--json and --csv - both write to standard output",
            hint="give --csv a file name, or remove --json",
        )
    with service_or_store(folder, server) as (client, store, _):
        if csv:
            chunks = _chunks(client, store, finding, unlikely=unlikely)
            first = next(chunks, b"")
            _write(csv, itertools.chain([first], chunks))
            if csv == "-":
                return 0
        figures = _figures(client, store, finding)
    if json:
        output.json(figures)
        return 0
    _tell(output, figures)
    if csv:
        output.say(f"the requests are in {csv}")
    return 0


def _chunks(client: Client | None, store: Store | None, finding: str, *, unlikely: bool) -> Iterator[bytes]:
    if client is None:
        from dayfly.fleet.blast.radius import affected as rows_of
        from dayfly.fleet.blast.table import csv_lines

        assert store is not None
        lines = csv_lines(rows_of(store, finding, with_unlikely=unlikely))
        while chunk := "".join(itertools.islice(lines, _LINES_AT_ONCE)):
            yield chunk.encode()
        return
    yield from client.stream(f"/affected/{quote(finding, safe=':')}", {"unlikely": "1" if unlikely else "0"})


def _figures(client: Client | None, store: Store | None, finding: str) -> dict[str, Any]:
    if client is not None:
        told: dict[str, Any] = client.get(f"/affected/{quote(finding, safe=':')}/figures")
        return told
    from dayfly.fleet.blast.radius import blast_radius

    assert store is not None
    made: dict[str, Any] = msgspec.to_builtins(blast_radius(store, finding))
    return made


def _write(csv: str, chunks: Iterator[bytes]) -> None:
    if csv == "-":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    try:
        with open(csv, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
    except OSError as error:
        raise DayflyError(f"{csv} cannot be written: {error}", hint="choose another file") from error


def _tell(output: Output, figures: dict[str, Any]) -> None:
    output.say(f"{figures['certain']:,} requests were served by an infected worker (certain)", style="bold")
    output.say(
        f"{figures['possible']:,} more were possibly affected (possible), {figures['unlikely']:,} probably "
        "not (unlikely)"
    )
    if figures["first_time"]:
        output.say(f"from {figures['first_time']} to {figures['last_time']} (UTC)")
    if figures["principals"]:
        output.say(f"these include {figures['principals']:,} known callers")
    for each in figures["environments"][:20]:
        output.say(
            f"  {each['environment']:016x} of {each['function']} ({each['isolation'] or 'isolation not known'}): "
            f"{each['certain']:,} certain, {each['possible']:,} possible"
        )
    if len(figures["environments"]) > 20:
        output.say(f"  and {len(figures['environments']) - 20:,} more environments")
    for note in figures["notes"]:
        output.warn(note)
