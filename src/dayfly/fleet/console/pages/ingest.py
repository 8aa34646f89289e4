"""The ingest page: sources, rates, lag, rejected and quarantined records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.response import Response

from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.ingest import read_ingest
from dayfly.fleet.console.span import read_span
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def ingest_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/ingest`."""

    @get("/ingest", sync_to_thread=True)
    def ingest(request: Asked) -> Response[str]:
        query = Query.of("/ingest", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        reason = query.one_of("reason", ("", "malformed", "forged"))
        found = read_ingest(
            console, span, reason=reason, function=query.get("function"), after=query.get("after")
        )
        return render(
            request, "ingest.html", query=query, span=span, found=found, reason=reason, now=console.now()
        )

    return ingest
