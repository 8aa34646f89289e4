"""What `dayfly recycle` asks of a running service: what a function's environments did, and which are infected."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Triage
from dayfly.fleet.retirement.sightings import infected, look

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.store.store import Store

_Request = Request[object, object, State]
# Lambda's longest invocation is fifteen minutes.
_MAX_TIMEOUT_S = 900.0
_MAX_TIME = 4e9
# An alias leads to two at most.
_MAX_VERSIONS = 10


class _Proved(msgspec.Struct):
    function: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    text: Annotated[str, msgspec.Meta(max_length=500)]
    reason: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    # A command of an earlier version does not tell; then it is the time of the proof.
    ordered: Annotated[float, msgspec.Meta(ge=0, le=_MAX_TIME)] = 0.0


def routes(store: Store) -> list[ControllerRouterHandler]:
    """The routes to mount under /api/v1 for viewers: they look."""

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
            retired=_versions(asked.get("retired")),
            fresh=asked.get("fresh", ""),
        )
        return _json(seen)

    @get("/retirement/infected")
    async def now_infected(request: _Request) -> Response[bytes]:
        function = request.query_params.get("function", "")
        found = await asyncio.to_thread(infected, store, now=time.time(), function=function)
        return _json({name: [f"{one:016x}" for one in own] for name, own in found.items()})

    return [sightings, now_infected]


def proof_routes(store: Store) -> list[ControllerRouterHandler]:
    """The route to mount under /api/v1 for responders: it writes."""

    @post("/retirement/proved", status_code=200)
    async def proved(request: _Request) -> Response[bytes]:
        """Somebody retired a function by another way than the console, and has the proof."""
        try:
            told = msgspec.json.decode(await request.body(), type=_Proved)
        except msgspec.MsgspecError as error:
            raise DayflyError(f"invalid proof: {error}", hint="send function, text and reason") from error
        now = time.time()
        facts: dict[str, object] = {"proved": True, "text": told.text}
        if told.ordered:
            facts["ordered"] = min(told.ordered, now)
        row = Triage(
            time=now,
            subject=f"function:{told.function}",
            action="retire",
            actor=getattr(request.scope.get("user"), "name", "") or "the command line",
            reason=told.reason,
            facts=msgspec.json.encode(facts).decode(),
        )
        await asyncio.to_thread(store.insert, "triage", [row])
        return _json({"noted": True})

    return [proved]


def _number(text: str | None, *, most: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = -1.0
    # Not `number < 0`: that lets "nan" pass.
    if not 0 <= number <= most:
        raise DayflyError(f"{text!r} is not a valid time", hint="use seconds, for example 1764000000.5")
    return number


def _versions(text: str | None) -> list[str]:
    versions = [one for one in (text or "").split(",") if one]
    if len(versions) > _MAX_VERSIONS or not all(one.isdecimal() for one in versions):
        raise DayflyError(f"{text!r} is not a list of versions", hint="use numbers, for example 7 or 7,8")
    return versions


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
