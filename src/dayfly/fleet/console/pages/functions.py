"""The list of functions, one function's page, and coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Response

from dayfly.fleet.console.drawing.lifelines import draw
from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.function import read_function
from dayfly.fleet.console.reading.functions import SORTS, read_functions
from dayfly.fleet.console.reading.ingest import is_new
from dayfly.fleet.console.reading.protection import ORDER
from dayfly.fleet.console.span import read_span
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def functions_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/functions`."""

    @get("/functions", sync_to_thread=True)
    def functions(request: Asked) -> Response[str]:
        query = Query.of("/functions", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        sort, level = query.one_of("sort", SORTS), query.one_of("level", ("", *ORDER))
        found = read_functions(
            console, span, search=query.get("q"), sort=sort, level=level, after=query.get("after")
        )
        return render(
            request,
            "functions.html",
            query=query,
            span=span,
            found=found,
            sort=sort,
            level=level,
            is_new=not found.rows and is_new(console),
            now=console.now(),
        )

    return functions


def coverage_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/coverage`."""

    @get("/coverage", sync_to_thread=True)
    def coverage(request: Asked) -> Response[str]:
        query = Query.of("/coverage", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        level = query.one_of("level", ("", *ORDER))
        found = read_functions(
            console,
            span,
            search=query.get("q"),
            sort="unprotected",
            level=level,
            after=query.get("after"),
            page=100,
        )
        return render(
            request,
            "coverage.html",
            query=query,
            span=span,
            found=found,
            level=level,
            is_new=not found.rows and is_new(console),
            now=console.now(),
        )

    return coverage


def function_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/functions/NAME`."""

    @get("/functions/{name:path}", sync_to_thread=True)
    def function(request: Asked, name: str) -> Response[str]:
        name = name.removeprefix("/")
        query = Query.of(f"/functions/{name}", dict(request.query_params))
        span = read_span(query.get("span"), query.get("until"), console.now())
        found = read_function(console, name, span)
        if found is None:
            raise NotFoundException
        lifelines = draw(found.lives, span)
        return render(
            request,
            "function.html",
            query=query,
            span=span,
            function=found,
            lifelines=lifelines,
            now=console.now(),
        )

    return function
