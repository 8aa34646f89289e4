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
    """Say who was served after an infection, and how sure that is.

    "Certain" were served by the infected worker or process; "possible" by another one of the same environment, where
    something could have carried the infection over, or where the log does not tell. Times are UTC; people are keyed hashes.

    Examples:

        dayfly fleet affected 0123456789abcdef:17:residue.memory
        dayfly fleet affected 0123456789abcdef:17:residue.memory --csv affected.csv
        dayfly fleet affected 4f0c27de0d1f5e0d9a7a3b0c8f0b2a11 --csv -

    Parameters
    ----------
    finding
        Identity of a finding or detection, as its page shows it.
    csv
        File for a line per request, "-" for standard output; docs/affected.md says what the columns are.
    unlikely
        With the requests that other workers served, though nothing could have carried the infection over.
    folder
        The service's folder, where it is not the default one.
    server
        A service elsewhere; its token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    if json and csv == "-":
        raise DayflyError("--json and --csv - both want standard output", hint="give --csv a file")
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
        raise DayflyError(f"{csv} cannot be written: {error}", hint="name another file") from error


def _tell(output: Output, figures: dict[str, Any]) -> None:
    output.say(
        f"{figures['certain']:,} requests were served by what had been infected (certain)", style="bold"
    )
    output.say(
        f"{figures['possible']:,} more may have been (possible), {figures['unlikely']:,} hardly (unlikely)"
    )
    if figures["first_time"]:
        output.say(f"from {figures['first_time']} to {figures['last_time']} (UTC)")
    if figures["principals"]:
        output.say(f"{figures['principals']:,} different callers are known among them")
    for each in figures["environments"][:20]:
        output.say(
            f"  {each['environment']:016x} of {each['function']} ({each['isolation'] or 'isolation not known'}): "
            f"{each['certain']:,} certain, {each['possible']:,} possible"
        )
    if len(figures["environments"]) > 20:
        output.say(f"  and {len(figures['environments']) - 20:,} environments more")
    for note in figures["notes"]:
        output.warn(note)
