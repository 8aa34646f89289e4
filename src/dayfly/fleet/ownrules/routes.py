"""What `dayfly fleet rules` asks of a running service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State

from dayfly.errors import DayflyError
from dayfly.fleet.ownrules.loading import Loaded
from dayfly.fleet.ownrules.trying import check_in_store, try_rules

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.store.store import Store

_Request = Request[object, object, State]


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A rule by its name, or a file that the service does not have; `since` and `until` in seconds since the epoch."""

    rule: str = ""
    name: str = ""
    text: str = ""
    since: float = 0.0
    until: float = 0.0


def routes(store: Store, loaded: Callable[[], Loaded]) -> list[ControllerRouterHandler]:
    """The routes to mount under /api/v1, for responders: a rule that is tried costs the store's time."""

    @get("/rules")
    async def show() -> Response[bytes]:
        now = loaded()
        return _json(
            {
                "rules": [describe(rule) for rule in now.rules],
                "faults": [{"message": fault.message, "hint": fault.hint} for fault in now.faults],
            }
        )

    @post("/rules/check", status_code=200)
    async def check(request: _Request) -> Response[bytes]:
        asked = _asked(await request.body())
        rules = await asyncio.to_thread(check_in_store, store, asked.name, asked.text)
        return _json({"rules": [describe(rule) for rule in rules]})

    @post("/rules/test", status_code=200)
    async def test(request: _Request) -> Response[bytes]:
        asked = _asked(await request.body())
        until = asked.until or time.time()
        since = asked.since or until - 86_400
        if asked.text:
            rules = await asyncio.to_thread(check_in_store, store, asked.name, asked.text)
        else:
            rules = named(loaded().rules, asked.rule)
        tried = await asyncio.to_thread(try_rules, store, rules, since=since, until=until)
        return _json({"since": since, "until": until, "rules": tried})

    return [show, check, test]


def named(rules: list[Rule], name: str) -> list[Rule]:
    """Return the rule of that name, or all for no name; raises DayflyError where there is none."""
    found = [rule for rule in rules if name in ("", rule.name)]
    if not found:
        raise DayflyError(f"unknown rule {name}", hint="`dayfly fleet rules list` lists them")
    return found


def describe(rule: Rule) -> dict[str, object]:
    """Return what a list of rules shows of one."""
    return {
        "rule": rule.name,
        "title": rule.title,
        "severity": rule.severity,
        "technique": rule.technique,
        "every": rule.every,
        "lookback": rule.lookback,
        "origin": "yours" if rule.own else "Dayfly",
        "enabled": rule.enabled,
        "sees": rule.sees,
        "misses": rule.misses,
        "thresholds": {each.name: each.value for each in rule.thresholds},
    }


def _asked(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body, type=_Asked)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DayflyError(
            f"invalid request: {error}", hint="send JSON with name and text, or rule"
        ) from error


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
