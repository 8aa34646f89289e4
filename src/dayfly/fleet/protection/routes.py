"""What `dayfly status` asks of a running service."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from dayfly.fleet.protection.knowing import know

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.store.store import Store


def routes(store: Store) -> list[ControllerRouterHandler]:
    """The route to mount under /api/v1 for viewers: it looks."""

    @get("/protection")
    async def protection(request: Request[object, object, State]) -> Response[bytes]:
        """Every function that lines of the last days tell of, or those of one name."""
        function = request.query_params.get("function", "")
        found = await asyncio.to_thread(know, store, now=time.time(), function=function)
        return Response(msgspec.json.encode(found), media_type="application/json")

    return [protection]
