"""Reads from CloudWatch Logs what a function's newest environments said of themselves, where no fleet collects it.

Who may write to a function's log may write such a line, too: where Dayfly is active it marks what function code prints and
looks like one, where it is not nobody does. So the log can prove that Dayfly is not active, and only suggest that it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller
from dayfly.attach.coverage.model import Seen
from dayfly.core.findings import ENVIRONMENT_STARTED
from dayfly.core.loglines import CANNOT_START, NOT_ACTIVE, PRODUCT

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_PATTERN = f'?"{NOT_ACTIVE}" ?"{CANNOT_START}" ?"{ENVIRONMENT_STARTED.uid}"'
# The newest lines are wanted and the oldest come first: so the last minutes are asked for, then further back.
_LOOK_BACK_S = (900.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
# A page may be empty and not the last; a log so large that this does not do is told from its newer lines.
_MAX_PAGES = 30
_MAX_TEXT = 300
SOURCE = "CloudWatch Logs"


def look(caller: Caller, client: CloudWatchLogsClient, group: str, *, now: float) -> Seen:
    """Return the newest of both kinds of lines of a day (`now` in seconds since the epoch).

    Raises CallError where the group is not there or may not be read.
    """
    until = now + 60.0  # clocks differ
    for back in _LOOK_BACK_S:
        if events := _events(caller, client, group, now - back, until):
            return read(events)
        until = now - back
    return Seen(source=SOURCE)


def look_between(
    caller: Caller, client: CloudWatchLogsClient, group: str, *, since: float, until: float
) -> Seen:
    """Return the newest of both kinds of lines between two moments; raises as `look` does."""
    return read(_events(caller, client, group, since, until))


def _events(
    caller: Caller, client: CloudWatchLogsClient, group: str, since: float, until: float
) -> list[Mapping[str, Any]]:
    events: list[Mapping[str, Any]] = []
    asked: dict[str, Any] = {}
    for _ in range(_MAX_PAGES):
        page = caller.call(
            client.filter_log_events,
            what=f"cannot read the log group {group}",
            logGroupName=group,
            startTime=max(0, int(since * 1000)),
            endTime=max(0, int(until * 1000)),
            filterPattern=_PATTERN,
            **asked,
        )
        events = newest([*events, *page.get("events", [])])
        token = page.get("nextToken")
        if not token or token == asked.get("nextToken"):
            break
        asked["nextToken"] = token
    return events


def newest(events: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the newest event of each kind."""
    kept: dict[bool, Mapping[str, Any]] = {}
    for event in sorted(events, key=lambda event: int(event.get("timestamp") or 0)):
        message = str(event.get("message") or "")
        is_refusal = message.startswith((NOT_ACTIVE, CANNOT_START))
        if is_refusal or _started(message):
            kept[is_refusal] = event
    return list(kept.values())


def read(events: list[Mapping[str, Any]]) -> Seen:
    """Return what events say, the newest last; pure."""
    told: dict[str, Any] = {}
    for event in newest(events):
        at = int(event.get("timestamp") or 0) / 1000
        message = str(event.get("message") or "")
        started = _started(message)
        if not started:
            told |= {"refused": at, "refusal": _reason(message)}
            continue
        unmapped = _dict(started.get("unmapped"))
        said = _dict(unmapped.get("evidence"))
        promised = said.get("not_promised")
        told |= {
            "started": at,
            "last_line": at,
            "dayfly_version": _word(said.get("version")),
            "isolation": _word(said.get("isolation")),
            "guard": _word(said.get("guard")),
            "not_promised": tuple(_word(one) for one in promised[:20]) if isinstance(promised, list) else (),
        }
    return Seen(source=SOURCE, **told)


def _started(message: str) -> Mapping[str, Any]:
    """An environment's first line; empty for every other."""
    if ENVIRONMENT_STARTED.uid not in message or not message.lstrip().startswith("{"):
        return {}
    try:
        record = _dict(json.loads(message))
    except (ValueError, RecursionError):
        return {}
    types = _dict(record.get("finding_info")).get("types")
    product = _dict(_dict(record.get("metadata")).get("product")).get("name")
    return record if product == PRODUCT and types == [ENVIRONMENT_STARTED.uid] else {}


def _reason(message: str) -> str:
    first = message.splitlines()[0]
    return _word(first.partition(": ")[2].rpartition("runs without Dayfly: ")[2] or first)


def _word(value: object) -> str:
    text = str(value) if isinstance(value, str) else ""
    return "".join(character if character.isprintable() else " " for character in text)[:_MAX_TEXT]


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
