"""The console's routes: pages, static files and the small response that live pages poll."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from litestar import Router, get
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import HTTPException
from litestar.response import Response
from litestar.static_files import create_static_files_router

from dayfly.errors import DayflyError
from dayfly.fleet.console.pages.findings import finding_page, findings_page
from dayfly.fleet.console.pages.functions import coverage_page, function_page, functions_page
from dayfly.fleet.console.pages.ingest import ingest_page
from dayfly.fleet.console.pages.lifetimes import lifetimes_page
from dayfly.fleet.console.pages.overview import overview_page
from dayfly.fleet.console.pages.rules import rules_page
from dayfly.fleet.console.templating import STATIC, Asked, render
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console

_PAGES = (
    overview_page, findings_page, finding_page, functions_page, function_page, coverage_page, lifetimes_page, rules_page,
    ingest_page,
)  # fmt: skip
# Many browsers poll at once; the store gets one query.
_LIVE_SECONDS = 2.0
# The whole policy: nothing inline, nothing foreign. `dayfly.fleet.service` sends it with every answer.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def routes(console: Console) -> Router:
    """Return every page at `/`, and `/static`."""
    handlers: list[ControllerRouterHandler] = [
        *(page(console) for page in _PAGES),
        _live(console),
        create_static_files_router(
            path="/static", directories=[STATIC], include_in_schema=False, opt={"public": True},
            cache_control=CacheControlHeader(public=True, max_age=31_536_000, immutable=True),
        ),
    ]  # fmt: skip
    return Router(path="/", route_handlers=handlers, include_in_schema=False)


def _live(console: Console) -> ControllerRouterHandler:
    changes = _Changes(console)

    @get("/live", sync_to_thread=True)
    def live() -> dict[str, str]:
        """A version that changes when there is new data."""
        return {"version": changes.version()}

    return live


class _Changes:
    """The version of the newest data, queried at most every two seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._asked = -_LIVE_SECONDS
        self._version = ""

    def version(self) -> str:
        with self._lock:
            if time.monotonic() - self._asked >= _LIVE_SECONDS:
                rows = self._console.store.rows(read_sql("dayfly.fleet.console", "sql/live"))
                self._version = hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()
                self._asked = time.monotonic()
            return self._version


def failure(request: Asked, error: Exception) -> Response[str]:
    """Answer a browser with a page that says what happened and what to do: the application's exception handler."""
    if isinstance(error, HTTPException):
        status, said = error.status_code, error.detail
    elif isinstance(error, DayflyError):
        return render(
            request,
            "error.html",
            503,
            status=503,
            what="The store did not respond.",
            said=error.message,
            advice=error.hint,
        )
    else:
        return render(request, "error.html", 500, status=500, what="Internal error", said="", advice=(
            "Dayfly could not render this page. The service's output shows the reason. No data is lost."
        ))  # fmt: skip
    what, advice = _ADVICE.get(status, ("Request failed", said))
    return render(request, "error.html", status, status=status, what=what, advice=advice, said="")


_ADVICE = {
    400: ("Invalid request", "Reload the page and try again."),
    401: ("You are not signed in", "Sign in and open the link again."),
    403: ("Access denied", "Your role does not allow this. Responders can triage and recycle; admins can manage users. Ask an admin."),
    404: ("Page not found", "The link is incomplete, or its data is older than the retention period. Go to Overview."),
    405: ("Method not allowed", "Use the buttons on the page."),
    429: ("Too many requests", "Wait a minute, then try again."),
}  # fmt: skip
