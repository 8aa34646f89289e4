"""The lifetimes page: how long environments live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.response import Response

from dayfly.fleet.console.drawing.survival import draw
from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.ingest import is_new
from dayfly.fleet.console.reading.lifetimes import read_lifetimes
from dayfly.fleet.console.span import read_span
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def lifetimes_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/lifetimes`."""

    @get("/lifetimes", sync_to_thread=True)
    def lifetimes(request: Asked) -> Response[str]:
        query = Query.of("/lifetimes", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        found = read_lifetimes(
            console, span, search=query.get("q"), function=query.get("function"), after=query.get("after")
        )
        curve = draw(found.together.lives) if found.together else None
        return render(
            request,
            "lifetimes.html",
            query=query,
            span=span,
            found=found,
            curve=curve,
            is_new=not found.rows and is_new(console),
            now=console.now(),
        )

    return lifetimes
