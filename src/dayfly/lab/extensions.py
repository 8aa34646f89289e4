"""The Extensions API of one environment: who registered, for what, and who still has to poll.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html; states and refusals are those of AWS's
emulator and are compared with it in tests/lab/test_extensions_differential.py.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from dayfly.lab.http1 import Exchange
from dayfly.lab.model import ACCOUNT
from dayfly.lab.telemetry.events import ExtensionState

MAX_EXTENSIONS = 10
# More than anybody has to say; the emulator has no bound.
_MAX_BODY_BYTES = 6 * 1024 * 1024
_EVENTS = frozenset({"INVOKE", "SHUTDOWN"})
_ERROR_HEADER = "Lambda-Extension-Function-Error-Type"

# Names are the emulator's: its refusals spell them out.
State = Literal["Started", "Registered", "Ready", "Running", "InitError", "ExitError", "LaunchError"]
# By the state an extension wants to enter: from where it may.
_ALLOWED: dict[State, frozenset[State]] = {
    "Registered": frozenset({"Started"}),
    "Ready": frozenset({"Registered", "Running"}),
    "InitError": frozenset({"Registered", "InitError"}),
    "ExitError": frozenset({"Registered", "Ready", "Running", "ExitError"}),
}


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
    is_external: bool
    events: tuple[str, ...] = ()
    state: State = "Started"
    error_type: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    poll: asyncio.Future[bytes] | None = None
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
        self._by_id: dict[str, _Extension] = {}
        self.is_open = True
        # What the first that reported an error is to be blamed with when it ends; empty: none did.
        self.fatal_error = ""

    def new_life(self, expected: frozenset[str]) -> None:
        """Forget every registration; `expected` are the external extensions being started now."""
        for extension in self._by_id.values():
            if extension.poll is not None:
                extension.poll.cancel()
        external = [_Extension(name, is_external=True) for name in sorted(expected)]
        self._by_id = {extension.id: extension for extension in external}
        self.is_open = True
        self.fatal_error = ""

    @property
    def has_external(self) -> bool:
        return any(extension.is_external for extension in self._by_id.values())

    @property
    def has_any(self) -> bool:
        return bool(self._by_id)

    @property
    def all_registered(self) -> bool:
        return all(extension.state not in ("Started", "LaunchError") for extension in self._by_id.values())

    @property
    def is_settled(self) -> bool:
        """True when every extension that must poll before a freeze does."""
        return all(extension.state == "Ready" for extension in self._by_id.values())

    def states(self) -> list[ExtensionState]:
        """Every extension as the event `platform.extension` tells of it, external ones first."""
        return [
            ExtensionState(one.name, one.state, one.events, one.error_type)
            for one in sorted(self._by_id.values(), key=lambda one: not one.is_external)
        ]

    def fail_launch(self, name: str, *, is_denied: bool) -> None:
        """An external extension could not be executed."""
        for extension in self._by_id.values():
            if extension.is_external and extension.name == name:
                extension.state = "LaunchError"
                extension.error_type = "PermissionDenied" if is_denied else "UnknownError"

    def awaits_shutdown(self, name: str) -> bool:
        """Is this external extension to be told before it is ended, rather than killed at once?"""
        return any(one.name == name and "SHUTDOWN" in one.events for one in self._by_id.values())

    def send(self, kind: str, event: Mapping[str, object]) -> None:
        """Hand an INVOKE or SHUTDOWN event to everyone subscribed to it."""
        body = json_body(event)
        for extension in self._by_id.values():
            if kind not in extension.events:
                continue
            if extension.state != "Ready" or extension.poll is None:
                extension.missed = body
                continue
            extension.state = "Running"
            if not extension.poll.done():
                extension.poll.set_result(body)
            extension.poll = None

    async def register(self, exchange: Exchange) -> None:
        body = await exchange.read_body(_MAX_BODY_BYTES)
        name = exchange.header("lambda-extension-name") or ""
        if not name:
            await refuse(exchange, 403, "Extension.InvalidExtensionName", "Empty extension name")
            return
        if body.is_truncated:
            await refuse(exchange, 403, "InvalidRequestFormat", "unexpected EOF")
            return
        try:
            events = _parse_registration(body.data)
        except _NotARegistrationError as error:
            await refuse(exchange, 403, "InvalidRequestFormat", str(error))
            return
        extension = next((one for one in self._by_id.values() if one.is_external and one.name == name), None)
        refusal = self._check(name, events, extension)
        if refusal is not None:
            await refuse(exchange, 403, *refusal)
            return
        extension = extension or _Extension(name, is_external=False)
        extension.events = tuple(dict.fromkeys(events))
        extension.state = "Registered"
        self._by_id[extension.id] = extension
        self._changed()
        reply = {
            "functionName": self._function_name,
            "functionVersion": self._version,
            "handler": self._handler,
        }
        features = (exchange.header("lambda-extension-accept-feature") or "").split(",")
        if "accountId" in (feature.strip() for feature in features):
            reply["accountId"] = ACCOUNT
        headers = (("Content-Type", "application/json"), ("Lambda-Extension-Identifier", extension.id))
        await exchange.answer(200, json_body(reply), headers)

    def _check(self, name: str, events: list[str], external: _Extension | None) -> tuple[str, str] | None:
        for event in events:
            if event not in _EVENTS:
                return "Extension.InvalidEventType", f"{event}: ErrorInvalidEventType"
            if event == "SHUTDOWN" and external is None:
                message = f"{event}: ShutdownEventNotSupportedForInternalExtension"
                return "Extension.InvalidEventType", message
        if external is not None:
            return _transition(external, "Registered", "Registered", name)
        if not self.is_open:
            return "Extension.RegistrationClosed", "Extension registration closed already"
        if len(self._by_id) >= MAX_EXTENSIONS:
            return "Extension.TooManyExtensions", f"Extension limit ({MAX_EXTENSIONS}) reached"
        if any(extension.name == name for extension in self._by_id.values()):
            return "Extension.InvalidExtensionState", "Extension with this name already registered"
        return None

    async def _identifier(self, exchange: Exchange) -> str | None:
        identifier = exchange.header("lambda-extension-identifier")
        if not identifier:
            message = "Missing Lambda-Extension-Identifier header"
            await refuse(exchange, 403, "Extension.MissingExtensionIdentifier", message)
            return None
        try:
            return str(uuid.UUID(identifier))
        except ValueError:
            message = "Invalid Lambda-Extension-Identifier"
            await refuse(exchange, 403, "Extension.InvalidExtensionIdentifier", message)
            return None

    async def _find(self, exchange: Exchange) -> _Extension | None:
        identifier = await self._identifier(exchange)
        if identifier is None or identifier in self._by_id:
            return self._by_id.get(identifier or "")
        message = f"Unknown extension {identifier}"
        await refuse(exchange, 403, "Extension.UnknownExtensionIdentifier", message)
        return None

    async def name_of(self, exchange: Exchange) -> str | None:
        """Which extension sends this; None where that was refused."""
        extension = await self._find(exchange)
        return None if extension is None else extension.name

    async def next_event(self, exchange: Exchange) -> None:
        extension = await self._find(exchange)
        if extension is None:
            return
        refusal = _transition(extension, "Ready", "Ready", extension.id)
        if refusal is not None:
            await refuse(exchange, 403, *refusal)
            return
        extension.state = "Ready"
        future = extension.poll = asyncio.get_running_loop().create_future()
        if extension.missed is not None:
            future.set_result(extension.missed)
            extension.missed = extension.poll = None
            extension.state = "Running"
        self._changed()
        body = await future
        event_id = ("Lambda-Extension-Event-Identifier", str(uuid.uuid4()))
        await exchange.answer(200, body, (("Content-Type", "application/json"), event_id))

    async def init_error(self, exchange: Exchange) -> None:
        """The extension could not start: it is expected to end now, and its end resets the environment."""
        await self._report_error(exchange, "InitError", "InitError")

    async def exit_error(self, exchange: Exchange) -> None:
        """The extension is about to end, which resets the environment."""
        await self._report_error(exchange, "ExitError", "Exited")

    async def _report_error(self, exchange: Exchange, state: State, shown_as: str) -> None:
        await exchange.read_body(_MAX_BODY_BYTES)
        identifier = await self._identifier(exchange)
        if identifier is None:
            return
        error_type = exchange.header(_ERROR_HEADER.lower())
        if not error_type:
            await refuse(exchange, 403, "Extension.MissingHeader", f"{_ERROR_HEADER} not found")
            return
        extension = self._by_id.get(identifier)
        if extension is None:
            message = "Unknown Lambda-Extension-Identifier"
            await refuse(exchange, 403, "Extension.UnknownExtensionIdentifier", message)
            return
        refusal = _transition(extension, state, shown_as, extension.id)
        if refusal is not None:
            await refuse(exchange, 403, *refusal)
            return
        if extension.state != state:
            extension.state = state
            extension.error_type = error_type
        self.fatal_error = self.fatal_error or f"Extension.{state}"
        self._changed()
        await exchange.answer(202, json_body({"status": "OK"}), JSON_HEADERS)


def _transition(extension: _Extension, state: State, shown_as: str, who: str) -> tuple[str, str] | None:
    """The refusal of a move that is not allowed."""
    if extension.state in _ALLOWED[state]:
        return None
    message = (
        f"State transition from {extension.state} to {shown_as} failed for extension {who}. "
        "Error: State transition is not allowed"
    )
    return "Extension.InvalidExtensionState", message


class _NotARegistrationError(ValueError):
    """The body of a registration cannot be read; the message is Go's, as far as the emulator shows it."""


def _parse_registration(body: bytes) -> list[str]:
    """The events of a registration; names of members are read in any case, as Go reads them."""
    try:
        # As text: of bytes Python would guess the encoding.
        request: Any = json.loads(body.decode(errors="replace"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _NotARegistrationError(_as_go_says(error, body)) from error
    if request is None:
        return []
    if not isinstance(request, dict):
        into = 'value of type struct { handler.RegisterRequest; ConfigurationKeys []string "json:\\"configurationKeys\\"" }'
        raise _NotARegistrationError(_mismatch(request, into))
    members = {str(key).lower(): value for key, value in request.items()}
    events = _list_of(members.get("events"), ".RegisterRequest.events", "core.Event")
    if _list_of(members.get("configurationkeys"), ".configurationKeys", "string"):
        raise _NotARegistrationError("configurationKeys are deprecated; use environment variables instead")
    return events


def _list_of(value: object, where: str, kind: str) -> list[str]:
    """A list of strings; one that is left out is empty, and so is a string in it that is null."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _NotARegistrationError(_mismatch(value, f"struct field {where} of type []{kind}"))
    for item in value:
        if not isinstance(item, str | None):
            raise _NotARegistrationError(_mismatch(item, f"struct field {where} of type {kind}"))
    return [item or "" for item in value]


def _mismatch(value: object, into: str) -> str:
    names = {bool: "bool", dict: "object", list: "array", str: "string"}
    return f"json: cannot unmarshal {names.get(type(value), 'number')} into Go {into}"


class _NotJsonError(ValueError):
    """A constant that Python reads and JSON has not."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJsonError(name.lstrip("-"))


def _as_go_says(error: Exception, body: bytes) -> str:
    at, where = 0, "looking for beginning of value"
    if isinstance(error, _NotJsonError):
        return f"invalid character '{error.args[0][0]}' {where}"
    if isinstance(error, json.JSONDecodeError):
        at = error.pos
        if error.msg == "Extra data":
            where = "after top-level value"
        elif error.msg.startswith("Expecting property name"):
            where = "looking for beginning of object key string"
        elif error.msg.startswith("Illegal trailing comma"):
            at += 1
            where = where if error.msg.endswith("array") else "looking for beginning of object key string"
    text = body.decode(errors="replace")
    rest = body[len(text[:at].encode()) :].lstrip()
    if not rest:
        return "unexpected end of JSON input"
    # Go shows the byte, whatever character it is of.
    shown = chr(rest[0]) if rest[:1] != b"'" else "\\'"
    return f"invalid character '{shown}' {where}"
