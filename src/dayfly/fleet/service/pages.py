"""Renders the service's own pages, and answers refusals as a browser or a program can read them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.exceptions import HTTPException

from dayfly.errors import DayflyError
from dayfly.fleet.service.front import Asked
from dayfly.fleet.service.gate import API, INGEST, SAFE

if TYPE_CHECKING:
    from dayfly.fleet.service.roles import User

PageRequest = Request[Any, Any, State]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("dayfly.fleet.service"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    template: str, /, *, status: int = 200, cookies: list[Cookie] | None = None, **values: object
) -> Response[str]:
    """Return a page made of a template."""
    text = _templates().get_template(f"{template}.html").render(**values)
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", cookies=cookies)


def go_to(path: str, *, cookies: list[Cookie] | None = None) -> Response[bytes]:
    """Send the browser on with a GET."""
    return Response(b"", status_code=303, headers={"location": path}, cookies=cookies)


def cookie(name: str, value: str, asked: Asked, *, seconds: int | None = None) -> Cookie:
    """A cookie that scripts cannot read and other sites cannot send."""
    return Cookie(
        name, value=value, path="/", httponly=True, secure=asked.is_secure, samesite="lax", max_age=seconds
    )


def asked_of(request: PageRequest) -> Asked:
    """How a request reached us."""
    asked = request.scope["asked"]  # type: ignore[typeddict-item]
    assert isinstance(asked, Asked)
    return asked


def user_of(request: PageRequest) -> User:
    """Who asks; only in routes that need a role."""
    user: User = request.user
    return user


def refuse(request: PageRequest, error: Exception) -> Response[Any]:
    """Answer what a route raised: a page for browsers, JSON for programs, never more than what happened."""
    status, text, hint = 500, "something went wrong here; the service's own output tells what", ""
    if isinstance(error, HTTPException):
        status, text = error.status_code, error.detail
    elif isinstance(error, DayflyError):
        status, text, hint = 400, error.message, error.hint
    path = request.url.path
    if path.startswith((API, INGEST)):
        headers = {"www-authenticate": "Bearer"} if status == 401 else None
        return Response({"error": text, "hint": hint}, status_code=status, headers=headers)
    if status == 401:
        if request.method not in SAFE:
            return go_to("/sign-in")
        if request.headers.get("hx-request"):
            # htmx would put the sign-in page into a corner of the old one.
            return Response(b"", status_code=401, headers={"hx-redirect": "/sign-in"})
        query = f"?{request.url.query}" if request.url.query else ""
        return go_to(f"/sign-in?next={quote(path + query, safe='')}")
    return render("refused", status=status, text=text, hint=hint)
