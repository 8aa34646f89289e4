"""A lab whose function has the listening extension, and what that was told."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path
from typing import Any

from tests.lab.running import Running, basic

from dayfly.lab.model import FunctionConfig

EXTENSIONS = Path(__file__).parent / "extensions"
FUNCTIONS = Path(__file__).parent / "functions"
# One that was free, of those that the kernel gives out: what a port outside them leaves for a minute, environments as on
# Lambda take for a dead process's.
with socket.socket() as _listener:
    _listener.bind(("127.0.0.1", 0))
    PORT = int(_listener.getsockname()[1])
HTTP = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{PORT}/told"}
TCP = {"protocol": "TCP", "port": PORT}
SOON = {"timeoutMs": 25}


def request(**overrides: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function"],
        "buffering": SOON,
        "destination": HTTP,
    }
    return values | overrides


def listening(
    subscription: dict[str, Any] | None = None, *, settings: dict[str, Any] | None = None, **overrides: Any
) -> FunctionConfig:
    """A function whose extension subscribes as told."""
    told = {"request": subscription or request(), "port": PORT, **(settings or {})}
    options = {"extensions": EXTENSIONS / "listener", "environment": {"LISTENER": json.dumps(told)}}
    return basic(**(options | overrides))


def said(running: Running, kind: str) -> list[Any]:
    """What the extension printed of one kind, in order; the last line may be cut, where it was ended while it wrote."""
    found = []
    for line in running.lines:
        with contextlib.suppress(json.JSONDecodeError):
            if line.source == "extension":
                what, value = json.loads(line.text)
                found += [value] if what == kind else []
    return found


def told(running: Running) -> list[dict[str, Any]]:
    """Every event that the extension was sent."""
    return [dict(event) for event in said(running, "event")]


def records(running: Running, kind: str) -> list[Any]:
    """The records of the events of one type."""
    return [event["record"] for event in told(running) if event["type"] == kind]
