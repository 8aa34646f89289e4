"""Affected requests over HTTP: the list as streamed CSV, the figures as JSON."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, cast

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Stream

from dayfly.fleet.blast.radius import affected, blast_radius
from dayfly.fleet.blast.table import csv_lines

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.store.store import Store

_Request = Request[object, object, State]
_LINES_AT_ONCE = 2_000


def routes(store: Store) -> list[ControllerRouterHandler]:
    """The routes to mount under /api/v1; a viewer may use them."""

    @get("/affected/{identity:str}")
    async def table(request: _Request, identity: str) -> Stream:
        is_all = request.query_params.get("unlikely") == "1"
        # What is wrong with the identity, or with the store, is said before the first byte.
        rows = await asyncio.to_thread(affected, store, identity, with_unlikely=is_all)
        lines = csv_lines(rows)
        first = await asyncio.to_thread(_piece, lines)
        # Who took a list of customers' requests home is on record; `note` is there where a service has an audit log.
        if (note := request.scope.get("note")) is not None:
            await asyncio.to_thread(cast("Callable[[str, str], None]", note), "affected.download", identity)
        return Stream(
            _chunks(first, lines),
            media_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="affected-{_plain(identity)}.csv"'},
        )

    @get("/affected/{identity:str}/figures")
    async def figures(identity: str) -> Response[bytes]:
        radius = await asyncio.to_thread(blast_radius, store, identity)
        return Response(msgspec.json.encode(radius), media_type="application/json")

    return [table, figures]


async def _chunks(first: str, lines: Iterator[str]) -> AsyncIterator[bytes]:
    piece = first
    while piece:
        yield piece.encode()
        piece = await asyncio.to_thread(_piece, lines)


def _piece(lines: Iterator[str]) -> str:
    return "".join(itertools.islice(lines, _LINES_AT_ONCE))


def _plain(identity: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in identity)[:80]
