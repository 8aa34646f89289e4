"""What the command line asks of the running service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import get

from dayfly import __version__

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.service import Service


def api_routes(service: Service) -> list[ControllerRouterHandler]:
    """The routes under /api/v1; a viewer may use them where nothing else is said."""

    @get("/status")
    async def status() -> dict[str, Any]:
        """How every part is."""
        return await asyncio.to_thread(_status, service)

    return [status]


def _status(service: Service) -> dict[str, Any]:
    parts = {name: tell() for name, tell in service.health.items()}
    faults = [fault for tell in service.faults.values() for fault in tell()]
    faults += [f"{name}: {part['last_error']}" for name, part in parts.items() if part.get("is_failing")]
    collector = parts.get("collector", {})
    if collector.get("store_fault"):
        faults.append(f"collector: {collector['store_fault']}")
    if collector.get("is_alive") is False:
        faults.append("collector: a thread has stopped; restart the service")
    return {"version": __version__, "url": service.front.url, "faults": faults, **parts}
