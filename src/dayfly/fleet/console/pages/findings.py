"""The list of findings, and one finding with its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Response

from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.finding import read_finding
from dayfly.fleet.console.reading.findings import FindingsFilter, read_findings
from dayfly.fleet.console.span import read_span
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def findings_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/findings`."""

    @get("/findings", sync_to_thread=True)
    def findings(request: Asked) -> Response[str]:
        query = Query.of("/findings", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now(), default="7d")
        wanted = FindingsFilter(
            state=query.one_of("state", ("open", "acknowledged", "muted", "all")),
            severity=query.number("severity", 2, low=1, high=5),
            function=query.get("function"),
            kind=query.get("kind"),
            search=query.get("q"),
            source=query.one_of("source", ("all", "fleet", "runtime")),
            after=query.get("after"),
        )
        found = read_findings(console, span, wanted)
        return render(
            request, "findings.html", query=query, span=span, wanted=wanted, found=found, now=console.now()
        )

    return findings


def finding_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/findings/UID`."""

    @get("/findings/{uid:path}", sync_to_thread=True)
    def finding(request: Asked, uid: str) -> Response[str]:
        found = read_finding(console, uid.removeprefix("/"))
        if found is None:
            raise NotFoundException
        return render(request, "finding.html", f=found, now=console.now())

    return finding
