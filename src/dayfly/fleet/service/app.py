"""Puts the routes of collector, console and service together and says for each who may use it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from litestar import Litestar, Router

from dayfly.errors import DayflyError
from dayfly.fleet.service.administration import administration_routes
from dayfly.fleet.service.api import api_routes
from dayfly.fleet.service.pages import refuse
from dayfly.fleet.service.roles import ACCESS, Role, guard, needs
from dayfly.fleet.service.signing import signing_routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ControllerRouterHandler, Scope

    from dayfly.fleet.service.service import Service


def build(
    service: Service, *, parts: Sequence[tuple[str, Sequence[ControllerRouterHandler]]] = ()
) -> Litestar:
    """The application. `parts` are routes of the collector, the console and others, each with who may use it.

    A router's own `opt` may ask for more: the decision nearest to a route holds, and a route without one is refused.
    """

    return Litestar(
        route_handlers=[
            *signing_routes(service),
            *administration_routes(service),
            Router("/api/v1", route_handlers=api_routes(service), opt=needs(Role.VIEWER)),
            *(Router("/", route_handlers=list(routes), opt={ACCESS: access}) for access, routes in parts),
        ],
        guards=[guard],
        exception_handlers={DayflyError: refuse, Exception: refuse},
        after_exception=[_tell],
        openapi_config=None,
        logging_config=None,
        # The gate has bounded it, per kind of route.
        request_max_body_size=None,
    )


async def _tell(error: Exception, scope: Scope) -> None:
    """Say in the service's own output what a page must not show; the path's query is left out."""
    if getattr(error, "status_code", 500) >= 500 and not isinstance(error, DayflyError):
        logging.getLogger("dayfly.fleet").error("%s %s failed", scope["type"], scope["path"], exc_info=error)
