"""What functions of the lab never have, answered as Lambda answers for a function without it."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control import refusals
from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.plane import ControlPlane

_MISSING = "The resource you requested does not exist."


def absent_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return handlers that say of a function: no URL."""
    registry = control.registry

    @get("/2021-10-31/functions/{function_name:str}/url")
    async def get_url(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        registry.version_of(*parse_name(function_name, request.query_params.get("Qualifier")))
        raise refusals.missing(_MISSING)

    @get("/2021-10-31/functions/{function_name:str}/urls")
    async def list_urls(function_name: FromPath[str]) -> Response[bytes]:
        registry.state(parse_name(function_name)[0])
        return json_answer({"FunctionUrlConfigs": []})

    return [
        get_url,
        list_urls,
    ]
