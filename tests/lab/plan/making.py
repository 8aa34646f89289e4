"""Facts made up for tests, and requests for real runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from dayfly.lab.model import ConfinementReport
from dayfly.lab.plan.model import Cost, Difference, Event, Loss, Request
from dayfly.lab.plan.sightings import SeenConnection, SeenState, SeenThread, Sighting

FUNCTIONS = Path(__file__).parent / "functions"
CONFINEMENT = ConfinementReport("none", "made up", (), ())


def events(*values: object) -> tuple[Event, ...]:
    return tuple(Event(f"{n}.json", json.dumps(value).encode()) for n, value in enumerate(values))


AMOUNTS = events({"amount": 1, "sku": "lamp-0815"}, {"amount": 2, "sku": "desk-4711"})


def request(function: str, **overrides: Any) -> Request:
    values: dict[str, Any] = {
        "folder": FUNCTIONS / function,
        "handler": "app.handler",
        "events": AMOUNTS,
        "environment": {},
        "timeout_s": 20.0,
        "memory_mb": 256,
        "python": Path(sys.executable),
        "invocations": 10,
        "limit_s": 60.0,
        "confinement": "auto",
    }
    return Request(**(values | overrides))


def loss(kind: str = "cache", what: str = "app.CACHE (dict)", **overrides: Any) -> Loss:
    values: dict[str, Any] = {
        "where": "app.py:3",
        "uses": 9,
        "invocations": 10,
        "consequence": "created again by every worker",
    }
    return Loss(kind=kind, what=what, **(values | overrides))  # type: ignore[arg-type]  # kinds come from tests


def cost(name: str, p50_ms: float | None, **overrides: Any) -> Cost:
    values: dict[str, Any] = {"isolation": name, "samples": 100, "cpu_ms": 1.0, "init_ms": 60.0}
    return Cost(name=name, p50_ms=p50_ms, **(values | overrides))


def difference(isolation: str = "invocation", **overrides: Any) -> Difference:
    values: dict[str, Any] = {
        "event": "0.json",
        "path": "$.cold",
        "expected": "boolean",
        "got": "another boolean",
        "explanation": "as in an environment's first invocation",
        "affected": 10,
        "invocations": 10,
    }
    return Difference(isolation=isolation, **(values | overrides))


def sightings(*invocations: dict[str, Any], init: dict[str, Any] | None = None) -> list[Sighting]:
    """Init and then one sighting per dictionary."""
    first = Sighting(number=0, took_ms=50.0, **(init or {}))
    rest = [
        Sighting(number=number, **({"took_ms": 1.0} | values)) for number, values in enumerate(invocations, 1)
    ]
    return [first, *rest]


def state(name: str, kind: str, type_name: str, size: int = -1, **overrides: Any) -> SeenState:
    values: dict[str, Any] = {"flag": None, "is_changed": False}
    return SeenState(name, kind, type_name, size, **(values | overrides))


def thread(invocation: int, **overrides: Any) -> SeenThread:
    values: dict[str, Any] = {
        "name": "reporter",
        "site": "app.py:40",
        "target": "app.py:20",
        "kind": "app",
        "is_waiting": False,
    }
    return SeenThread(invocation=invocation, **(values | overrides))


def connection(invocation: int, **overrides: Any) -> SeenConnection:
    values: dict[str, Any] = {
        "destination": "db.example.com:5432",
        "site": "app.py:9",
        "is_datagram": False,
        "is_open": True,
        "is_encrypted": False,
        "is_reused": False,
    }
    return SeenConnection(invocation=invocation, **(values | overrides))


def run_name() -> str:
    """Something that names files of this run alone: without confinement /tmp is the machine's."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"
