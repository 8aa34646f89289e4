"""The overview: open issues, exposure, and whether logs arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.response import Response

from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.overview import read_overview
from dayfly.fleet.console.span import read_span
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def overview_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/`."""

    @get("/", sync_to_thread=True)
    def overview(request: Asked) -> Response[str]:
        query = Query.of("/", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        found = read_overview(console, span)
        return render(request, "overview.html", query=query, span=span, found=found, now=console.now())

    return overview
