"""What `dayfly promote` asks of a running service: what a function was seen to do, and what was refused since."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from dayfly.errors import DayflyError
from dayfly.fleet.rollout.looking import MOST_DAYS, observe, refusals

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.store.store import Store

_Request = Request[object, object, State]
_MAX_TIME = 4e9


def routes(store: Store) -> list[ControllerRouterHandler]:
    """The routes to mount under /api/v1 for viewers: they look."""

    @get("/rollout/observed")
    async def observed(request: _Request) -> Response[bytes]:
        asked = request.query_params
        found = await asyncio.to_thread(
            observe,
            store,
            asked.get("function", ""),
            days=_number(asked.get("days", "14"), most=MOST_DAYS),
            until=time.time(),
            account=asked.get("account", ""),
            region=asked.get("region", ""),
        )
        return _json(found)

    @get("/rollout/refusals")
    async def refused(request: _Request) -> Response[bytes]:
        asked = request.query_params
        found = await asyncio.to_thread(
            refusals,
            store,
            asked.get("function", ""),
            since=_number(asked.get("since"), most=_MAX_TIME),
            until=time.time(),
            account=asked.get("account", ""),
            region=asked.get("region", ""),
        )
        return _json(found)

    return [observed, refused]


def _number(text: str | None, *, most: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = -1.0
    # Not `number < 0`: that lets "nan" pass.
    if not 0 < number <= most:
        raise DayflyError(f"{text!r} is out of range", hint=f"use a number above 0 and at most {most:g}")
    return number


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
