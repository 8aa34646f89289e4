"""What an extension asks of the Telemetry API or the Logs API, and what is refused of it; pure.

Telemetry API: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html; Logs API:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html. The pages show the form of a refusal
("URI port is not provided; types should not be empty"), not every sentence: the others are the lab's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from dayfly.lab.telemetry.events import Category

Api = Literal["telemetry", "logs"]
Protocol = Literal["HTTP", "TCP"]
# "You can choose to receive logs through PUT or POST", says the Logs API's page; the Telemetry API's has no such choice.
Method = Literal["POST", "PUT"]

SCHEMA_VERSIONS: dict[Api, tuple[str, ...]] = {
    "telemetry": ("2022-07-01", "2022-12-13", "2025-01-29"),
    "logs": ("2020-08-15", "2021-03-18"),
}
HOSTS = ("sandbox.localdomain", "sandbox")
# "Lambda reserves port 9001", says the Logs API's page.
RESERVED_PORT = 9001
_LIMITS = {"maxItems": (1000, 10_000), "maxBytes": (262_144, 1_048_576), "timeoutMs": (25, 30_000)}


@dataclass(frozen=True, slots=True)
class Buffering:
    """How much is gathered before it is delivered: events, bytes, milliseconds."""

    max_items: int
    max_bytes: int
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """One valid subscription; `path` and `method` are of an HTTP destination."""

    api: Api
    schema_version: str
    types: tuple[Category, ...]
    protocol: Protocol
    port: int
    path: str
    buffering: Buffering
    method: Method = "POST"


class SubscriptionRefusedError(Exception):
    """The request is not valid; `message` joins everything that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        self.message = "; ".join(faults)
        super().__init__(self.message)


def parse_subscription(api: Api, body: bytes) -> Subscription:
    """Raises SubscriptionRefusedError with all that is wrong."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise SubscriptionRefusedError(["request body is not valid JSON"]) from None
    if not isinstance(request, dict):
        raise SubscriptionRefusedError(["request body is not a JSON object"])
    faults: list[str] = []
    version = _version(api, request, faults)
    destination = request.get("destination")
    destination = destination if isinstance(destination, dict) else {}
    protocol, port, path = _destination(destination, faults)
    method: Method = "POST"
    if api == "logs" and protocol == "HTTP":
        method = _method(destination, faults)
    types = _types(request.get("types"), faults)
    buffering = _buffering(api, request.get("buffering"), faults)
    if faults:
        raise SubscriptionRefusedError(faults)
    return Subscription(api, version, types, protocol, port, path, buffering, method)


def _version(api: Api, request: dict[str, Any], faults: list[str]) -> str:
    known = SCHEMA_VERSIONS[api]
    version = request.get("schemaVersion", known[0] if api == "logs" else None)
    if version is None:
        faults.append("schemaVersion is not provided")
    elif version not in known:
        faults.append(f"schemaVersion should be one of {', '.join(known)}")
    return str(version)


def _destination(destination: dict[str, Any], faults: list[str]) -> tuple[Protocol, int, str]:
    protocol = destination.get("protocol")
    if protocol == "TCP":
        port = destination.get("port")
        if not isinstance(port, int) or isinstance(port, bool):
            faults.append("port is not provided")
            port = 0
        else:
            _check_port(port, faults)
        return "TCP", port, ""
    if protocol != "HTTP":
        faults.append("destination protocol should be HTTP or TCP")
        return "HTTP", 0, "/"
    uri = destination.get("URI")
    if not isinstance(uri, str) or not uri:
        faults.append("URI is not provided")
        return "HTTP", 0, "/"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        faults.append("URI is not valid")
        return "HTTP", 0, "/"
    if parts.scheme != "http":
        faults.append("URI scheme should be http")
    if parts.hostname not in HOSTS:
        faults.append(f"URI host should be {HOSTS[0]}")
    if port is None:
        faults.append("URI port is not provided")
    else:
        _check_port(port, faults)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        faults.append("URI path is not valid")
    return "HTTP", port or 0, path


def _method(destination: dict[str, Any], faults: list[str]) -> Method:
    # The member's name is that of AWS's examples: https://github.com/aws-samples/aws-lambda-extensions
    method = destination.get("method", "POST")
    if method not in get_args(Method):
        faults.append("destination method should be PUT or POST")
    return "PUT" if method == "PUT" else "POST"


def _check_port(port: int, faults: list[str]) -> None:
    if port == RESERVED_PORT:
        faults.append(f"port {port} is reserved")
    elif not 0 < port < 65536:
        faults.append("port should be from 1 to 65535")


def _types(types: object, faults: list[str]) -> tuple[Category, ...]:
    if not isinstance(types, list) or not types:
        faults.append("types should not be empty")
        return ()
    known = get_args(Category)
    if any(one not in known for one in types):
        faults.append(f"types should be among {', '.join(known)}")
    return tuple(one for one in known if one in types)


def _buffering(api: Api, buffering: object, faults: list[str]) -> Buffering:
    # The Telemetry API's page says 1,000 events where the Logs API's says 10,000.
    values = {"maxItems": 1000 if api == "telemetry" else 10_000, "maxBytes": 262_144, "timeoutMs": 1000}
    if buffering is not None and not isinstance(buffering, dict):
        faults.append("buffering should be an object")
    elif isinstance(buffering, dict):
        for name, (least, most) in _LIMITS.items():
            value = buffering.get(name, values[name])
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                faults.append(f"buffering.{name} should be from {least} to {most}")
            else:
                values[name] = value
    return Buffering(values["maxItems"], values["maxBytes"], values["timeoutMs"])
