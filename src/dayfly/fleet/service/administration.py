"""The pages of admins: people, keys, tokens, the audit log and quarantined lines; and everybody's own account."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from litestar import Response, get, post

from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import check_name
from dayfly.fleet.service.pages import PageRequest, asked_of, go_to, render, user_of
from dayfly.fleet.service.roles import Role, needs
from dayfly.fleet.service.signing import fields_of
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.service import Service

_QUARANTINED = read_sql("dayfly.fleet.service", "sql/quarantined")
_DAY = 86_400.0
_MOST_DAYS = 365
# What of a form goes on record beside the name; never a password.
_TOLD = {
    "user.add": ("role",),
    "user.role": ("role",),
    "key.add": ("functions",),
    "token.add": ("role", "days"),
}


def administration_routes(service: Service) -> list[ControllerRouterHandler]:
    """The routes under /admin and /account."""
    admin = needs(Role.ADMIN)

    async def note(request: PageRequest, action: str, subject: str = "", **detail: object) -> None:
        address = asked_of(request).address
        await service.note(user_of(request).name, action, subject, address=address, detail=detail)

    def people(request: PageRequest, *, fault: str = "", secret: str = "", whose: str = "") -> Response[str]:
        return render(
            request,
            "people",
            status=400 if fault else 200,
            accounts=service.accounts.all(),
            sessions=_sessions(service),
            keys=service.accounts.tokens("sender"),
            tokens=service.accounts.tokens("api"),
            roles=[role.value for role in Role],
            fault=fault,
            secret=secret,
            whose=whose,
            moment=_moment,
        )

    @get("/admin/users", opt=admin)
    async def show_people(request: PageRequest) -> Response[str]:
        """People, senders' keys, programs' tokens."""
        return people(request)

    @post("/admin/users", opt=admin, status_code=200)
    async def change_people(request: PageRequest) -> Response[str] | Response[bytes]:
        """One change; what cannot be is said on the page."""
        fields = await fields_of(request)
        do, name = fields.get("do", ""), fields.get("name", "").strip()
        try:
            secret = await asyncio.to_thread(_change, service, do, name, fields)
        except DayflyError as error:
            return people(request, fault=f"{error.message}; {error.hint}" if error.hint else error.message)
        # How far a key or token reaches is what somebody will want to know of it afterwards.
        told = {key: fields[key][:1000] for key in _TOLD.get(do, ()) if fields.get(key)}
        await note(request, do, name, **told)
        # A secret is shown in the answer itself: the one time it is seen, and no address leads to it.
        return people(request, secret=secret, whose=name) if secret else go_to("/admin/users")

    @get("/admin/audit", opt=admin)
    async def audit(request: PageRequest) -> Response[str]:
        """The audit log, newest first."""
        text = request.query_params.get("before", "0")
        before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        entries = await asyncio.to_thread(service.audit.read, before=before)
        broken = await asyncio.to_thread(service.audit.broken_at)
        return render(request, "audit", entries=entries, broken=broken, moment=_moment)

    @get("/admin/quarantine", opt=admin)
    async def quarantine(request: PageRequest) -> Response[str]:
        """Lines that were not understood or not believed; they may hold anything, so that looking is on record."""
        reason, function = (request.query_params.get(key, "")[:200] for key in ("reason", "function"))
        before = _before(request.query_params.get("before", ""), service.ledger.clock() + 60)
        await note(request, "quarantine.view", function, reason=reason)
        parameters = {"reason": reason, "function": function, "before": f"{before:.3f}"}
        rows = await asyncio.to_thread(service.store.rows, _QUARANTINED, parameters)
        last = rows[-1]["received"] if len(rows) == 50 else None
        older = f"{last.replace(tzinfo=UTC).timestamp():.3f}" if isinstance(last, datetime) else ""
        return render(request, "quarantine", rows=rows, reason=reason, function=function, older=older)

    @get("/account", opt=needs(Role.VIEWER))
    async def account(request: PageRequest) -> Response[str]:
        """One's own password and sessions."""
        return render(
            request, "account", fault="", is_local=service.accounts.find(user_of(request).name) is not None
        )

    @post("/account/password", opt=needs(Role.VIEWER), status_code=200)
    async def change_password(request: PageRequest) -> Response[str] | Response[bytes]:
        """Change the user's own password. Needs the current one; attempts are limited as at sign-in."""
        fields, user, address = await fields_of(request), user_of(request), asked_of(request).address

        def again(fault: str, status: int) -> Response[str]:
            return render(request, "account", status=status, fault=fault, is_local=True)

        if service.accounts.find(user.name) is None:
            raise DayflyError(
                "your account has no local password", hint="change the password at your identity provider"
            )
        wait = service.throttle.begin(user.name, address, is_known_place=True)
        if wait > 0:
            return again(f"Too many attempts. Try again in {int(wait) + 1} seconds.", 429)
        if not await asyncio.to_thread(service.accounts.is_password, user.name, fields.get("old", "")):
            await service.note(user.name, "user.password", user.name, outcome="failed", address=address)
            return again("Incorrect current password.", 400)
        service.throttle.succeed(user.name, address, is_known_place=True)
        try:
            await asyncio.to_thread(service.accounts.set_password, user.name, fields.get("new", ""))
        except DayflyError as error:
            return again(f"{error.message}; {error.hint}", 400)
        await note(request, "user.password", user.name)
        return go_to("/sign-in")

    return [show_people, change_people, audit, quarantine, account, change_password]


def _change(service: Service, do: str, name: str, fields: dict[str, str]) -> str:
    accounts = service.accounts
    match do:
        case "user.add":
            accounts.add(name, _role(fields), fields.get("password", ""))
        case "user.role":
            accounts.set_role(name, _role(fields))
        case "user.remove":
            accounts.remove(name)
        case "user.password":
            accounts.set_password(name, fields.get("password", ""))
        case "sessions.end":
            if not service.sessions.end_all(name):
                raise DayflyError(f"{name[:64]} has no active session", hint="reload the page")
        case "key.add":
            scope = [
                part for part in fields.get("functions", "").replace(",", " ").split() if len(part) <= 140
            ][:100]
            return accounts.give_token("sender", check_name(name), "sender", scope=scope)
        case "key.remove":
            _must_end(accounts.revoke("sender", name), name)
        case "token.add":
            days = fields.get("days", "90")
            if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= _MOST_DAYS):
                raise DayflyError(
                    f"invalid token lifetime of {days[:10]} days", hint=f"use 1 to {_MOST_DAYS} days"
                )
            return accounts.give_token("api", check_name(name), _role(fields).value, seconds=int(days) * _DAY)
        case "token.remove":
            _must_end(accounts.revoke("api", name), name)
        case _:
            raise DayflyError("unknown action", hint="use the buttons on the page")
    return ""


def _must_end(was_there: bool, name: str) -> None:
    if not was_there:
        raise DayflyError(f"{name[:64]} does not exist", hint="it may have been deleted; reload the page")


def _role(fields: dict[str, str]) -> Role:
    role = Role.parse(fields.get("role", ""))
    if role is None:
        raise DayflyError("unknown role", hint=f"use one of {', '.join(Role)}")
    return role


def _sessions(service: Service) -> list[dict[str, object]]:
    rows = service.ledger.all("SELECT user, count(*), max(seen) FROM sessions GROUP BY user ORDER BY user")
    return [
        {"name": str(name), "count": count, "seen": _moment(float(str(seen)))} for name, count, seen in rows
    ]


def _before(text: str, otherwise: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return otherwise
    return value if 0 < value < 2**33 else otherwise


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(min(time, 2**33), UTC).replace(tzinfo=None)
