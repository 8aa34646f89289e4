"""The rules page: headers, thresholds, last runs, detections per day and mutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.response import Response

from dayfly.fleet.console.query import Query
from dayfly.fleet.console.reading.rules import DAYS, read_rules
from dayfly.fleet.console.templating import Asked, render

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from dayfly.fleet.console.console import Console


def rules_page(console: Console) -> ControllerRouterHandler:
    """Return the handler of `/rules`."""

    @get("/rules", sync_to_thread=True)
    def rules(request: Asked) -> Response[str]:
        query = Query.of("/rules", dict(request.query_params))
        now = console.now()
        search = query.get("q").casefold()
        states = [
            state
            for state in read_rules(console, now)
            if search in f"{state.rule.name} {state.rule.title} {state.rule.technique}".casefold()
        ]
        most = max((max(state.days) for state in states), default=0)
        return render(
            request, "rules.html", query=query, states=states, days=DAYS, most=max(most, 1), now=now
        )

    return rules
