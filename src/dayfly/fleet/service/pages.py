"""Renders the service's own pages in the console's frame, and answers refusals as a browser or a program can read them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.exceptions import HTTPException

from dayfly.errors import DayflyError
from dayfly.fleet.console import templating
from dayfly.fleet.console.routes import failure
from dayfly.fleet.service.front import Asked
from dayfly.fleet.service.gate import API, BY_ITSELF, INGEST, SAFE
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from dayfly.fleet.service.roles import User

PageRequest = Request[Any, Any, State]


@cache
def _add_templates() -> None:
    loader = cast(ChoiceLoader, templating.environment().loader)
    # Under a name of their own, so that none hides one of the console's.
    loader.loaders = [
        *loader.loaders,
        PrefixLoader({"service": PackageLoader("dayfly.fleet.service", "templates")}),
    ]


def render(
    request: PageRequest,
    template: str,
    /,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    **values: object,
) -> Response[str]:
    """Return a page made of a template of ours, in the console's frame."""
    _add_templates()
    page = templating.render(request, f"service/{template}.html", status, **values)
    for one in cookies or ():
        page.set_cookie(one)
    return page


def go_to(path: str, *, cookies: list[Cookie] | None = None) -> Response[bytes]:
    """Send the browser on with a GET."""
    return Response(b"", status_code=303, headers={"location": path}, cookies=cookies)


def cookie(name: str, value: str, asked: Asked, *, seconds: int | None = None) -> Cookie:
    """A cookie that scripts cannot read and other sites cannot send."""
    return Cookie(
        name, value=value, path="/", httponly=True, secure=asked.is_secure, samesite="lax", max_age=seconds
    )


def asked_of(request: PageRequest) -> Asked:
    """The front's view of a request."""
    asked = request.scope["asked"]  # type: ignore[typeddict-item]
    assert isinstance(asked, Asked)
    return asked


def user_of(request: PageRequest) -> User:
    """The signed-in user; only in routes that need a role."""
    user: User = request.user
    return user


def refuse(request: PageRequest, error: Exception) -> Response[Any]:
    """Answer an exception of a route: a page for browsers, JSON for programs, without internal details."""
    status, text, hint = 500, "internal error; see the service's output", ""
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        status, text, headers = error.status_code, error.detail, dict(error.headers or {})
    elif isinstance(error, DayflyError):
        status, text, hint = 503 if isinstance(error, StoreError) else 400, error.message, error.hint
    path = request.url.path
    if path.startswith((API, INGEST)):
        if status == 401:
            headers.setdefault("www-authenticate", "Bearer")
        return Response({"error": text, "hint": hint}, status_code=status, headers=headers)
    if status == 401:
        if request.method not in SAFE:
            return go_to("/sign-in")
        if path in BY_ITSELF:
            # An open page must be able to show that its session has expired.
            return Response(b"", status_code=401)
        if request.headers.get("hx-request"):
            # Otherwise htmx puts the sign-in page into a part of the current one.
            return Response(b"", status_code=401, headers={"hx-redirect": "/sign-in"})
        query = f"?{request.url.query}" if request.url.query else ""
        return go_to(f"/sign-in?next={quote(path + query, safe='')}")
    if isinstance(error, DayflyError) and not isinstance(error, StoreError):
        return render(request, "refused", status=status, text=text, hint=hint)
    return failure(request, error)
