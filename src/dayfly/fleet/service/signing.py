"""The pages of signing in and out, and of the first account."""

from __future__ import annotations

import asyncio
import secrets
import warnings
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from litestar import Response, get, post
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException

from dayfly.errors import DayflyError
from dayfly.fleet.service.front import local_target
from dayfly.fleet.service.gate import SESSION, VISIT
from dayfly.fleet.service.pages import PageRequest, asked_of, cookie, go_to, render, user_of
from dayfly.fleet.service.roles import ACCESS, PUBLIC, Role, User, needs
from dayfly.fleet.service.sessions import LONGEST_SECONDS
from dayfly.fleet.service.throttle import network

if TYPE_CHECKING:
    from litestar.datastructures import Cookie
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.service.oidc import Provider
    from dayfly.fleet.service.service import Service

# No account has this name, since it has a colon.
_OIDC = "oidc:"
_WRONG = "Incorrect name or password."


async def fields_of(request: PageRequest) -> dict[str, str]:
    """The fields of a form, the last of each name; the gate has bounded it."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}


def signing_routes(service: Service) -> list[ControllerRouterHandler]:
    """The routes of signing in and out."""

    def visit(request: PageRequest) -> tuple[str, list[Cookie]]:
        """The form token of somebody who is not signed in, and the cookie it belongs to."""
        name, value = _visit_of(service, request)
        return service.sessions.form_token(value), [cookie(name, value, asked_of(request))]

    def sign_in_page(
        request: PageRequest, target: str, *, fault: str = "", status: int = 200
    ) -> Response[str]:
        csrf, cookies = visit(request)
        return render(
            request,
            "sign_in",
            status=status,
            cookies=cookies,
            csrf=csrf,
            target=target,
            fault=fault,
            provider=service.provider_name,
            has_accounts=bool(service.accounts.all()),
        )

    def begin(request: PageRequest, name: str, target: str, *, role: Role | None = None) -> Response[bytes]:
        asked = asked_of(request)
        session = service.cookie_name(SESSION, asked)
        secret = service.sessions.begin(name, role=role, instead_of=request.cookies.get(session, ""))
        return go_to(target, cookies=[cookie(session, secret, asked, seconds=int(LONGEST_SECONDS))])

    @get("/sign-in", opt={ACCESS: PUBLIC})
    async def show_sign_in(request: PageRequest) -> Response[str] | Response[bytes]:
        """The page; whoever is signed in goes on."""
        target = local_target(request.query_params.get("next", "/"))
        if isinstance(request.scope["user"], User):
            return go_to(target)
        return sign_in_page(request, target)

    @post("/sign-in", opt={ACCESS: PUBLIC}, status_code=200)
    async def sign_in(request: PageRequest) -> Response[str] | Response[bytes]:
        """Check a name and password. The answer is the same whether the account exists or not."""
        fields = await fields_of(request)
        target = local_target(fields.get("next", "/"))
        name, password = fields.get("name", "").strip()[:64], fields.get("password", "")
        address = asked_of(request).address
        is_known = await asyncio.to_thread(_is_known_place, service, name, address)
        wait = service.throttle.begin(name, address, is_known_place=is_known)
        if wait > 0:
            if service.throttle.is_news(address):
                await service.note("-", "sign-in", name, outcome="throttled", address=address)
            page = sign_in_page(
                request, target, fault=f"Too many attempts. Try again in {int(wait) + 1} seconds.", status=429
            )
            page.headers["retry-after"] = str(int(wait) + 1)
            return page
        if not await asyncio.to_thread(service.accounts.is_password, name, password):
            await service.note("-", "sign-in", name, outcome="failed", address=address)
            return sign_in_page(request, target, fault=_WRONG, status=401)
        service.throttle.succeed(name, address, is_known_place=is_known)
        account = await asyncio.to_thread(service.accounts.find, name)
        if account is None:  # removed in the meantime
            return sign_in_page(request, target, fault=_WRONG, status=401)
        await asyncio.to_thread(_remember_place, service, account.name, address)
        await service.note(account.name, "sign-in", account.name, address=address)
        return begin(request, account.name, target)

    @post("/sign-out", opt=needs(Role.VIEWER), status_code=200)
    async def sign_out(request: PageRequest) -> Response[bytes]:
        """End this session, or all of this user's with the field `everywhere`."""
        user = user_of(request)
        everywhere = "everywhere" in await fields_of(request)
        if everywhere:
            service.sessions.end_all(user.name)
        else:
            service.sessions.end(user.session)
        address = asked_of(request).address
        await service.note(user.name, "sign-out", "everywhere" if everywhere else "", address=address)
        asked = asked_of(request)
        return go_to("/sign-in", cookies=[cookie(service.cookie_name(SESSION, asked), "", asked, seconds=0)])

    def check_set_up(request: PageRequest, token: str) -> None:
        if not asked_of(request).is_from_here:
            raise PermissionDeniedException("open the setup link on the host of the service")
        if service.accounts.all() or service.accounts.token(token, "setup") is None:
            raise PermissionDeniedException(
                "setup link already used or expired; restart the service for a new link"
            )

    @get("/set-up", opt={ACCESS: PUBLIC})
    async def show_set_up(request: PageRequest) -> Response[str]:
        """The page that creates the first user; needs the setup link."""
        token = request.query_params.get("token", "")
        check_set_up(request, token)
        csrf, cookies = visit(request)
        return render(request, "set_up", cookies=cookies, csrf=csrf, token=token, account="admin", fault="")

    @post("/set-up", opt={ACCESS: PUBLIC}, status_code=200)
    async def set_up(request: PageRequest) -> Response[str] | Response[bytes]:
        """Create the first user, once."""
        fields = await fields_of(request)
        token, name, password = (fields.get(key, "") for key in ("token", "name", "password"))
        check_set_up(request, token)
        try:
            await asyncio.to_thread(_add_first, service, token, name.strip(), password)
        except DayflyError as error:
            csrf, cookies = visit(request)
            fault = error.message if not error.hint else f"{error.message}; {error.hint}"
            return render(
                request,
                "set_up",
                status=400,
                cookies=cookies,
                csrf=csrf,
                token=token,
                account=name,
                fault=fault,
            )
        address = asked_of(request).address
        await asyncio.to_thread(_remember_place, service, name.strip(), address)
        await service.note(name.strip(), "user.add", name.strip(), address=address, detail={"role": "admin"})
        return begin(request, name.strip(), "/")

    provider = _provider(service)

    @get("/oidc/start", opt={ACCESS: PUBLIC})
    async def start_oidc(request: PageRequest) -> Response[str] | Response[bytes]:
        """Redirect the browser to the identity provider."""
        if provider is None:
            raise NotFoundException
        name, value = _visit_of(service, request)
        target = local_target(request.query_params.get("next", "/"))
        # Beginnings that come to nothing are counted as wrong guesses are: each costs a row.
        wait = service.throttle.begin(_OIDC, asked_of(request).address, is_known_place=True)
        if wait > 0:
            return sign_in_page(
                request, target, fault=f"Too many attempts. Try again in {int(wait) + 1} seconds.", status=429
            )
        url = await asyncio.to_thread(provider.begin, value, target)
        return go_to(url, cookies=[cookie(name, value, asked_of(request))])

    @get("/oidc/callback", opt={ACCESS: PUBLIC})
    async def finish_oidc(request: PageRequest) -> Response[str] | Response[bytes]:
        """Handle the identity provider's response."""
        if provider is None:
            raise NotFoundException
        address = asked_of(request).address
        # Without this cookie, this browser did not start the sign-in.
        visit_cookie = request.cookies.get(service.cookie_name(VISIT, asked_of(request)), "")
        answer = {key: request.query_params.get(key, "") for key in ("state", "code", "iss", "error")}
        try:
            identity, target = await asyncio.to_thread(provider.finish, answer, visit_cookie)
        except DayflyError as error:
            if service.throttle.is_news(address):
                detail = {"why": error.message}
                await service.note("-", "sign-in", "oidc", outcome="failed", address=address, detail=detail)
            return sign_in_page(request, "/", fault=f"{error.message}: {error.hint}", status=401)
        service.throttle.succeed(_OIDC, address, is_known_place=True)
        await service.note(identity.name, "sign-in", "oidc", address=address, detail={"role": identity.role})
        return begin(request, identity.name, local_target(target), role=identity.role)

    return [show_sign_in, sign_in, sign_out, show_set_up, set_up, start_oidc, finish_oidc]


def _provider(service: Service) -> Provider | None:
    if service.settings.oidc is None:
        return None
    with warnings.catch_warnings():
        # Authlib says at import that it will want another HTTP client one day.
        warnings.simplefilter("ignore")
        # A quarter of a second that services without a provider do without.
        from dayfly.fleet.service.oidc import Provider

    return Provider(service.settings.oidc, service.ledger, f"{service.front.url}/oidc/callback")


def _visit_of(service: Service, request: PageRequest) -> tuple[str, str]:
    name = service.cookie_name(VISIT, asked_of(request))
    return name, request.cookies.get(name) or secrets.token_urlsafe(24)


def _add_first(service: Service, token: str, name: str, password: str) -> None:
    with service.ledger.together():
        # In one transaction: of two who have the link, one makes an account; a bad name leaves the link as it is.
        if service.accounts.all() or not service.accounts.use_once(token, "setup"):
            raise NotAuthorizedException("setup link already used")
        service.accounts.add(name, Role.ADMIN, password)


def _is_known_place(service: Service, name: str, address: str) -> bool:
    row = service.ledger.one("SELECT 1 FROM places WHERE user = ? AND address = ?", (name, network(address)))
    return row is not None


def _remember_place(service: Service, name: str, address: str) -> None:
    now = service.ledger.clock()
    service.ledger.change("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", (name, network(address), now))
