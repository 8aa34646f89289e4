"""The routes of runtime management and recursion configurations, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, get, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import UNQUALIFIED, parse_name
from dayfly.lab.control.plane import ControlPlane

_RUNTIME = "/2021-07-20/functions/{function_name:str}/runtime-management-config"
_RECURSION = "/2024-08-31/functions/{function_name:str}/recursion-config"


def upkeep_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of both."""
    upkeep = control.upkeep

    @get(_RUNTIME)
    async def get_runtime_management(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        named = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(upkeep.get_runtime_updates(*named))

    @put(_RUNTIME)
    async def put_runtime_management(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        named = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(upkeep.put_runtime_updates(*named, await request.body()))

    @get(_RECURSION)
    async def get_recursion(function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(upkeep.get_recursion(parse_name(function_name, form=UNQUALIFIED)[0]))

    @put(_RECURSION)
    async def put_recursion(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=UNQUALIFIED)
        return json_answer(upkeep.put_recursion(name, await request.body()))

    return [get_runtime_management, put_runtime_management, get_recursion, put_recursion]
