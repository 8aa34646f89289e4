"""What the command line asks about alerts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from dayfly.fleet.service.pages import PageRequest, asked_of, user_of
from dayfly.fleet.service.roles import Role, needs

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.alerts.alerting import Alerting
    from dayfly.fleet.service.service import Service


class Try(msgspec.Struct, forbid_unknown_fields=True):
    """Which channel to try."""

    channel: str


def alert_routes(service: Service, alerting: Alerting) -> list[ControllerRouterHandler]:
    """The routes under /api/v1/alerts."""

    @get("/alerts", opt=needs(Role.VIEWER))
    async def channels() -> dict[str, object]:
        """The channels and what waits for each; never where they lead."""
        health = await asyncio.to_thread(alerting.health)
        told = [
            {"name": one.name, "severity": one.severity, "rules": one.rules, "per_hour": one.per_hour}
            for one in alerting.channels.values()
        ]
        return {"channels": told, "states": health, "faults": await asyncio.to_thread(alerting.faults)}

    @post("/alerts/test", opt=needs(Role.ADMIN), status_code=200)
    async def test(request: PageRequest, data: JSONBody[Try]) -> dict[str, object]:
        """Send a test alert now and say whether it was taken."""
        fault = await asyncio.to_thread(alerting.test, data.channel)
        await service.note(
            user_of(request).name,
            "alert.test",
            data.channel,
            outcome="failed" if fault else "done",
            address=asked_of(request).address,
        )
        return {"channel": data.channel, "taken": not fault, "fault": fault}

    return [channels, test]
