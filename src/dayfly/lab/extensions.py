"""The Extensions API of one environment: who registered, for what, and who still has to poll.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html; refusals are worded as
AWS's emulator words them.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dayfly.lab.http1 import Exchange
from dayfly.lab.model import ACCOUNT

MAX_EXTENSIONS = 10
_MAX_BODY_BYTES = 65536
_EVENTS = frozenset({"INVOKE", "SHUTDOWN"})


def json_body(value: Mapping[str, object]) -> bytes:
    """JSON as Go's encoder writes it to the wire: compact, ending in a newline."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


JSON_HEADERS = (("Content-Type", "application/json"),)


async def refuse(exchange: Exchange, status: int, error_type: str, message: str) -> None:
    body = json_body({"errorMessage": message, "errorType": error_type})
    await exchange.answer(status, body, JSON_HEADERS)


@dataclass(slots=True)
class _Extension:
    name: str
    events: frozenset[str]
    is_external: bool
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    is_polling: bool = False
    has_polled: bool = False
    waiting: list[asyncio.Future[bytes]] = field(default_factory=list)
    # An event that came while it was not polling: SHUTDOWN may, at any time.
    missed: bytes | None = None


class Extensions:
    """Registrations of one life of the environment.

    `changed` is called whenever an answer to `is_settled` may have changed. `is_open` says whether
    registration is still possible: it closes with the runtime's first poll.
    """

    def __init__(self, function_name: str, version: str, handler: str, changed: Callable[[], None]) -> None:
        self._function_name = function_name
        self._version = version
        self._handler = handler
        self._changed = changed
        self._expected: frozenset[str] = frozenset()
        self._by_id: dict[str, _Extension] = {}
        self.is_open = True
        self.exit_error: str | None = None

    def new_life(self, expected: frozenset[str]) -> None:
        """Forget every registration; `expected` are the external extensions being started now."""
        for extension in self._by_id.values():
            for future in extension.waiting:
                future.cancel()
        self._expected = expected
        self._by_id = {}
        self.is_open = True
        self.exit_error = None

    @property
    def has_external(self) -> bool:
        return any(extension.is_external for extension in self._by_id.values())

    @property
    def has_any(self) -> bool:
        return bool(self._by_id)

    @property
    def all_registered(self) -> bool:
        names = {extension.name for extension in self._by_id.values()}
        return self._expected <= names

    @property
    def is_settled(self) -> bool:
        """True when every extension that must poll before a freeze does."""
        return self.all_registered and all(
            extension.is_polling or (extension.has_polled and not extension.events)
            for extension in self._by_id.values()
        )

    def send(self, kind: str, event: Mapping[str, object]) -> None:
        """Hand an INVOKE or SHUTDOWN event to everyone subscribed to it."""
        body = json_body(event)
        for extension in self._by_id.values():
            if kind not in extension.events:
                continue
            if not extension.waiting:
                extension.missed = body
            extension.is_polling = False
            for future in extension.waiting:
                if not future.done():
                    future.set_result(body)
            extension.waiting.clear()

    async def register(self, exchange: Exchange) -> None:
        body = await exchange.read_body(_MAX_BODY_BYTES)
        name = exchange.header("lambda-extension-name") or ""
        if not name:
            await refuse(exchange, 403, "Extension.InvalidExtensionName", "Empty extension name")
            return
        try:
            request = json.loads(body.data or b"{}")
            events = request.get("events") or []
            is_valid = isinstance(events, list) and all(isinstance(event, str) for event in events)
        except (ValueError, AttributeError, RecursionError):
            is_valid = False
        if not is_valid:
            await refuse(exchange, 403, "InvalidRequestFormat", "request body is not a registration")
            return
        if "configurationKeys" in request:
            message = "configurationKeys are deprecated; use environment variables instead"
            await refuse(exchange, 403, "InvalidRequestFormat", message)
            return
        if not self.is_open:
            message = "Extension registration closed already"
            await refuse(exchange, 403, "Extension.RegistrationClosed", message)
            return
        refusal = self._check(name, events)
        if refusal is not None:
            await refuse(exchange, 403, *refusal)
            return
        extension = _Extension(name, frozenset(events), name in self._expected)
        self._by_id[extension.id] = extension
        self._changed()
        reply = {
            "functionName": self._function_name,
            "functionVersion": self._version,
            "handler": self._handler,
        }
        if "accountId" in (exchange.header("lambda-extension-accept-feature") or ""):
            reply["accountId"] = ACCOUNT
        headers = (("Content-Type", "application/json"), ("Lambda-Extension-Identifier", extension.id))
        await exchange.answer(200, json_body(reply), headers)

    def _check(self, name: str, events: list[str]) -> tuple[str, str] | None:
        for event in events:
            if event not in _EVENTS:
                return "Extension.InvalidEventType", f"{event}: ErrorInvalidEventType"
            if event == "SHUTDOWN" and name not in self._expected:
                message = f"{event}: ShutdownEventNotSupportedForInternalExtension"
                return "Extension.InvalidEventType", message
        if any(extension.name == name for extension in self._by_id.values()):
            return "Extension.InvalidExtensionState", "Extension with this name already registered"
        if len(self._by_id) >= MAX_EXTENSIONS:
            return "Extension.TooManyExtensions", f"Extension limit ({MAX_EXTENSIONS}) reached"
        return None

    async def _find(self, exchange: Exchange) -> _Extension | None:
        identifier = exchange.header("lambda-extension-identifier")
        if not identifier:
            message = "Missing Lambda-Extension-Identifier header"
            await refuse(exchange, 403, "Extension.MissingExtensionIdentifier", message)
            return None
        try:
            uuid.UUID(identifier)
        except ValueError:
            message = "Invalid Lambda-Extension-Identifier"
            await refuse(exchange, 403, "Extension.InvalidExtensionIdentifier", message)
            return None
        if identifier not in self._by_id:
            message = f"Unknown extension {identifier}"
            await refuse(exchange, 403, "Extension.UnknownExtensionIdentifier", message)
            return None
        return self._by_id[identifier]

    async def next_event(self, exchange: Exchange) -> None:
        extension = await self._find(exchange)
        if extension is None:
            return
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if extension.missed is not None:
            future.set_result(extension.missed)
            extension.missed = None
        else:
            extension.waiting.append(future)
        extension.is_polling = extension.has_polled = True
        self._changed()
        body = await future
        event_id = ("Lambda-Extension-Event-Identifier", str(uuid.uuid4()))
        await exchange.answer(200, body, (("Content-Type", "application/json"), event_id))

    async def report_error(self, exchange: Exchange) -> None:
        """/extension/init/error and /extension/exit/error: the environment is to be reset."""
        await exchange.read_body(_MAX_BODY_BYTES)
        extension = await self._find(exchange)
        if extension is None:
            return
        error_type = exchange.header("lambda-extension-function-error-type")
        if not error_type:
            message = "Missing Lambda-Extension-Function-Error-Type header"
            await refuse(exchange, 403, "Extension.MissingHeader", message)
            return
        self.exit_error = error_type
        self._changed()
        await exchange.answer(202, json_body({"status": "OK"}), JSON_HEADERS)
