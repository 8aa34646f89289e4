"""What every request passes before any route sees it, and every answer on its way out.

In this order: the name in its Host header, the size of its body and the time it may take, who it is from, and for what
changes something, that it comes from a page of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from litestar.exceptions import ClientException, HTTPException

from dayfly.fleet.service.roles import Role, User

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

    from dayfly.fleet.service.front import Asked
    from dayfly.fleet.service.service import Service

INGEST = "/ingest/"
API = "/api/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A form is small; a rule sent to the API is less than this.
MAX_BODY_BYTES = 1024 * 1024
# Never reached: the roads bound bodies themselves, since Firehose drops what is answered with 413.
MAX_INGEST_BYTES = 1 << 40
# Seconds for a whole body. Whoever sends a byte now and then is cut off.
BODY_SECONDS = 20.0
INGEST_BODY_SECONDS = 150.0
# What a page asks for by itself, without anybody at the screen.
BY_ITSELF = frozenset({"/live"})
VISIT = "visit"
# The field of a form, and what htmx sends it as, that say that a page of ours was there before.
CSRF = "_csrf_token"
SESSION = "session"

_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers would send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}


# Of the web framework's kind, so that a route that reads a body by itself answers with them, too.
class _TooLarge(HTTPException):
    status_code = 413
    detail = "request body too large"


class _TooSlow(ClientException):
    status_code = 408
    detail = "request body not received in time"


class Gate:
    """Wraps the application. Sets `scope["user"]` (User or None) and `scope["asked"]`."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        kind = str(scope["type"])
        if kind == "http":
            await self._serve(cast("HTTPScope", scope), receive, send)
        elif kind == "lifespan":
            await self._app(scope, receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        headers = _headers(scope["headers"])
        client = scope.get("client")
        asked = self._service.front.see(headers, peer=client[0] if client else "", scheme=scope["scheme"])
        path = scope["path"]
        is_ingest = path.startswith(INGEST)
        answered = _Answer(send, asked)
        if [name for name, _ in scope["headers"]].count(b"host") != 1 or not self._service.front.is_name(
            asked.host
        ):
            hint = (
                "use the address that the service printed, or add this host name with --public-url or --name"
            )
            await answered.refuse(421, f"unknown host name: {hint}")
            return
        if refusal := _from_elsewhere(scope["method"], headers, asked, is_ingest=is_ingest):
            await answered.refuse(403, refusal)
            return
        most = MAX_INGEST_BYTES if is_ingest else MAX_BODY_BYTES
        if not (length := headers.get("content-length", "0")).isdigit() or int(length) > most:
            await answered.refuse(413, "request body too large")
            return
        scope["asked"] = asked  # type: ignore[typeddict-unknown-key]
        scope["user"] = None
        scope["note"] = _Note(self._service, scope, asked)  # type: ignore[typeddict-unknown-key]
        reader = _Body(receive, most, INGEST_BODY_SECONDS if is_ingest else BODY_SECONDS)
        try:
            if is_ingest:
                await self._app(scope, reader.stream, answered.send)
                return
            visit = await self._recognise(scope, headers, path, asked)
            if isinstance(user := scope["user"], User):
                scope.setdefault("state", {})["csrf_token"] = user.csrf
            if scope["method"] not in SAFE:
                body = await reader.whole()
                if not self._is_ours(scope["user"], visit, headers, body):
                    await answered.refuse(403, "form expired: go back, reload the page and submit again")
                    return
            await self._app(scope, reader.stream, answered.send)
        except (_TooLarge, _TooSlow) as error:
            await answered.refuse(error.status_code, error.detail)

    async def _recognise(self, scope: HTTPScope, headers: dict[str, str], path: str, asked: Asked) -> str:
        """Find out who asks; returns the visitor's cookie."""
        service = self._service
        authorization = headers.get("authorization", "")
        if path.startswith(API) and authorization:
            kind, _, secret = authorization.partition(" ")
            token = (
                await asyncio.to_thread(service.accounts.token, secret.strip(), "api", "local")
                if kind.lower() == "bearer"
                else None
            )
            if token is not None and (role := Role.parse(token.role)) is not None:
                scope["user"] = User(f"token:{token.name}", role, token=token.kind)
            return ""
        cookies = _cookies(headers.get("cookie", ""))
        if session := cookies.get(service.cookie_name(SESSION, asked)):
            scope["user"] = await asyncio.to_thread(
                service.sessions.user, session, is_used=path not in BY_ITSELF
            )
        return cookies.get(service.cookie_name(VISIT, asked), "")

    def _is_ours(self, user: Any, visit: str, headers: dict[str, str], body: bytes) -> bool:
        if isinstance(user, User) and user.token:
            return True  # a browser never adds a bearer token by itself
        if headers.get("authorization") and not isinstance(user, User):
            return True  # nobody: the route's own guard says so
        sent = headers.get("x-csrf-token", "") or _field(headers, body)
        if isinstance(user, User):
            return user.is_right_csrf(sent)
        return bool(visit) and User(
            "", Role.VIEWER, csrf=self._service.sessions.form_token(visit)
        ).is_right_csrf(sent)


class _Note:
    """`request.scope["note"](action, subject)`: writes a row of the audit log for whoever asks."""

    def __init__(self, service: Service, scope: HTTPScope, asked: Asked) -> None:
        self._service = service
        self._scope = scope
        self._asked = asked

    def __call__(self, action: str, subject: str = "", **more: Any) -> None:
        user = self._scope["user"]
        name = user.name if isinstance(user, User) else "-"
        self._service.audit.write(name, action, subject, address=self._asked.address, **more)


class _Answer:
    """An answer on its way out: adds the headers that all have."""

    def __init__(self, send: Send, asked: Asked) -> None:
        self._send = send
        self._asked = asked
        self._has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            present = {name.lower() for name, _ in message["headers"]}
            added = [
                (name.encode(), value.encode())
                for name, value in _HEADERS.items()
                if name.encode() not in present
            ]
            if self._asked.is_secure:
                added.append((b"strict-transport-security", b"max-age=31536000"))
            message["headers"] = [*message["headers"], *added]
        await self._send(message)

    async def refuse(self, status: int, text: str) -> None:
        if self._has_begun:
            return
        body = f"{text}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})


class _Body:
    """A request's body, bounded in size and time."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._left = most
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._kept: list[Any] = []
        self._is_over = False

    async def stream(self) -> Any:
        """The next message, for the application."""
        if self._kept:
            return self._kept.pop(0)
        if self._is_over:
            return await self._receive()  # only ever that the caller is gone
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _TooSlow from None
        if message["type"] == "http.request":
            self._left -= len(message["body"])
            if self._left < 0:
                raise _TooLarge
        self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def whole(self) -> bytes:
        """The whole body; the application gets it again."""
        kept = []
        while not self._is_over:
            kept.append(await self.stream())
        self._kept = kept
        return b"".join(message.get("body", b"") for message in kept)


def _from_elsewhere(method: str, headers: dict[str, str], asked: Asked, *, is_ingest: bool) -> str:
    """Say why a request comes from a page that is not ours, "" where it does not.

    https://developer.mozilla.org/en-US/docs/Glossary/Fetch_metadata_request_header; browsers send `same-site` for
    another port of this machine.
    """
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
    if is_ingest:
        return "browsers cannot send logs" if origin or site else ""
    if method in SAFE:
        is_page = headers.get("sec-fetch-mode", "navigate") == "navigate"
        return "" if is_page or site in ("", "same-origin", "none") else "cross-site request rejected"
    if site not in ("", "same-origin"):
        return "cross-site request rejected"
    if origin and not asked.is_ours(origin.lower()):
        return "cross-site request rejected"
    return ""


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _cookies(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    # SimpleCookie gives up at the first odd one, which may be another service's on this machine.
    for part in header.split(";"):
        try:
            found.update({key: morsel.value for key, morsel in SimpleCookie(part.strip()).items()})
        except CookieError:
            continue
    return found


def _field(headers: dict[str, str], body: bytes) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return ""
    try:
        return parse_qs(body.decode(), max_num_fields=200).get(CSRF, [""])[-1]
    except ValueError:
        return ""
