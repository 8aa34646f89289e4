"""Lambda's own lines in a log, as text or as JSON; anything else is a sign of life.

Text: https://docs.aws.amazon.com/lambda/latest/operatorguide/log-structure.html
JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import json
import re

from dayfly.fleet.lifetimes.model import Act, Sighting

_REQUEST = r"(?P<request>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_START = re.compile(rf"START RequestId: {_REQUEST}")
_REPORT = re.compile(rf"REPORT RequestId: {_REQUEST}\s+Duration: (?P<duration>[0-9]+(?:\.[0-9]+)?) ms")
_INIT = re.compile(r"INIT_START Runtime Version: ")
_STREAM = re.compile(
    r"\d{4}[/-]\d\d[/-]\d\d[/-](?P<function>[^\[\]/]*)\[(?P<version>[^\[\]]+)\](?P<id>[0-9a-f]{32})$"
)
_GROUP = "/aws/lambda/"
_MAX_DURATION_MS = 1_000_000
_ACTS = {"platform.initStart": Act.INIT, "platform.start": Act.START, "platform.report": Act.REPORT}


def name_of_function(stream: str, group: str = "") -> str:
    """The function behind a log stream, by its group (`/aws/lambda/NAME`), or its name in a group that several share."""
    if group.startswith(_GROUP):
        return group.removeprefix(_GROUP)
    match = _STREAM.search(stream)
    return (match["function"].rstrip("-") if match else "") or group


def is_stream(name: str) -> bool:
    """Whether this is the name of an environment's log stream, as Lambda forms it; `/` may have become `-`."""
    return _STREAM.search(name) is not None


def read_message(message: str, *, stream: str, time: float, function: str = "") -> Sighting:
    """What one log event tells; every event tells at least that the environment was alive."""
    if message.startswith("{") and '"platform.' in message:
        return _read_json(message, stream, time, function)
    if message.startswith("START "):
        match = _START.match(message)
        if match:
            return Sighting(stream, time, Act.START, function, match["request"])
    elif message.startswith("REPORT "):
        match = _REPORT.match(message)
        if match:
            return Sighting(
                stream,
                time,
                Act.REPORT,
                function,
                match["request"],
                _seconds(float(match["duration"])),
                is_cold="\tInit Duration: " in message or "Init Duration: " in message,
            )
    elif _INIT.match(message):
        return Sighting(stream, time, Act.INIT, function)
    return Sighting(stream, time, Act.OTHER, function)


def _read_json(message: str, stream: str, time: float, function: str) -> Sighting:
    try:
        document = json.loads(message)
    except ValueError:
        return Sighting(stream, time, Act.OTHER, function)
    act = _ACTS.get(str(document.get("type"))) if isinstance(document, dict) else None
    record = document.get("record") if act else None
    if act is None or not isinstance(record, dict):
        return Sighting(stream, time, Act.OTHER, function)
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    duration = metrics.get("durationMs", 0)
    return Sighting(
        stream,
        time,
        act,
        function or str(record.get("functionName") or ""),
        str(record.get("requestId") or ""),
        _seconds(duration),
        is_cold="initDurationMs" in metrics,
    )


def _seconds(milliseconds: object) -> float:
    """A duration that an invocation can have; 0 for what is none (Lambda's limit is 15 minutes)."""
    if not isinstance(milliseconds, int | float) or not 0 <= milliseconds <= _MAX_DURATION_MS:
        return 0.0
    return milliseconds / 1000
