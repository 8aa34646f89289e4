"""Routes of the console's buttons: triage and recycle jobs."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from litestar import Response, get, post
from litestar.params import FromPath

from dayfly.errors import DayflyError
from dayfly.fleet.service.front import local_target
from dayfly.fleet.service.pages import PageRequest, asked_of, go_to, render, user_of
from dayfly.fleet.service.roles import Role, needs
from dayfly.fleet.service.signing import fields_of

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.retirement import Retirements
    from dayfly.fleet.service.triaging import Triaging

_ENVIRONMENT = re.compile(r"[0-9a-f]{16}")
_MANY_ENVIRONMENTS = 1000


def action_routes(triaging: Triaging, retirements: Retirements) -> list[ControllerRouterHandler]:
    """The routes under /actions."""

    @post("/actions/triage", opt=needs(Role.RESPONDER), status_code=200)
    async def triage(request: PageRequest) -> Response[bytes]:
        """Acknowledge, reopen, mute or unmute, then return to the page of the button."""
        fields = await fields_of(request)
        await asyncio.to_thread(
            triaging.decide,
            fields.get("subject", ""),
            fields.get("action", ""),
            actor=user_of(request).name,
            reason=fields.get("reason", ""),
            duration=fields.get("for", ""),
            address=asked_of(request).address,
        )
        return go_to(local_target(fields.get("back", "/")))

    @post("/actions/retire", opt=needs(Role.RESPONDER), status_code=200)
    async def retire(request: PageRequest) -> Response[bytes]:
        """Start a recycle job, then show its progress."""
        fields = await fields_of(request)
        environments = _environments(fields.get("environments", ""))
        reason = fields.get("reason", "").strip()
        if not reason:
            raise DayflyError(
                "a recycle job needs a reason", hint="enter a reason; it is recorded in the audit log"
            )
        identity = await asyncio.to_thread(
            retirements.order,
            fields.get("function", ""),
            environments=environments,
            actor=user_of(request).name,
            reason=reason,
            subject=fields.get("subject", ""),
            address=asked_of(request).address,
        )
        return go_to(f"/actions/retire/{identity}")

    @get("/actions/retire", opt=needs(Role.VIEWER))
    async def orders(request: PageRequest) -> Response[str]:
        """The latest recycle jobs."""
        found = await asyncio.to_thread(retirements.latest)
        return render(request, "orders", orders=found, moment=_moment)

    @get("/actions/retire/{identity:str}", opt=needs(Role.VIEWER))
    async def order(request: PageRequest, identity: FromPath[str]) -> Response[str]:
        """One recycle job: its steps and its verification."""
        found = await asyncio.to_thread(retirements.get, identity)
        page = "order_steps" if request.headers.get("hx-request") else "order"
        return render(request, page, order=found, moment=_moment)

    return [triage, retire, orders, order]


def _environments(text: str) -> list[int]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    if len(names) > _MANY_ENVIRONMENTS or not all(_ENVIRONMENT.fullmatch(name) for name in names):
        raise DayflyError("invalid environment ID", hint="use the button on the function's page")
    return [int(name, 16) for name in names]


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
