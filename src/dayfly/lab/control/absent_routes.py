"""What functions of the lab never have, answered as Lambda answers for a function without it."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import json_answer
from dayfly.lab.control.plane import ControlPlane


def absent_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return handlers that say of a function: no event sources."""

    @get(["/2015-03-31/event-source-mappings", "/2015-03-31/event-source-mappings/"])
    async def list_event_sources() -> Response[bytes]:
        return json_answer({"EventSourceMappings": []})

    return [
        list_event_sources,
    ]
