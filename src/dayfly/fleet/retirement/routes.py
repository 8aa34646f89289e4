"""What `dayfly recycle` asks of a running service: what a function's environments did, and which are infected."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from dayfly.errors import DayflyError
from dayfly.fleet.retirement.sightings import infected, look

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.store.store import Store

_Request = Request[object, object, State]
# Lambda's longest invocation is fifteen minutes.
_MAX_TIMEOUT_S = 900.0
_MAX_TIME = 4e9


def routes(store: Store) -> list[ControllerRouterHandler]:
    """The routes to mount under /api/v1; a viewer may use them."""

    @get("/retirement/sightings")
    async def sightings(request: _Request) -> Response[bytes]:
        asked = request.query_params
        seen = await asyncio.to_thread(
            look,
            store,
            asked.get("function", ""),
            ordered=_number(asked.get("ordered"), most=_MAX_TIME),
            effective=_number(asked.get("effective"), most=_MAX_TIME),
            timeout_s=_number(asked.get("timeout"), most=_MAX_TIMEOUT_S),
            account=asked.get("account", ""),
            region=asked.get("region", ""),
        )
        return _json(seen)

    @get("/retirement/infected")
    async def now_infected(request: _Request) -> Response[bytes]:
        function = request.query_params.get("function", "")
        found = await asyncio.to_thread(infected, store, now=time.time(), function=function)
        return _json({name: [f"{one:016x}" for one in own] for name, own in found.items()})

    return [sightings, now_infected]


def _number(text: str | None, *, most: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = -1.0
    # Not `number < 0`: that lets "nan" pass.
    if not 0 <= number <= most:
        raise DayflyError(f"{text!r} is no number that this can be", hint="seconds, as 1764000000.5")
    return number


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
