"""InvokeAsync, which AWS deprecated and old clients still call.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html
"""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.plane import ControlPlane

_ROUTE = "/2014-11-13/functions/{function_name:str}/invoke-async"


def old_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return its handler."""
    registry = control.registry

    @post([_ROUTE, _ROUTE + "/"], status_code=202)
    async def invoke_async(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, qualifier = parse_name(function_name)
        target = registry.route(name, qualifier)
        await registry.lab.invoke(
            name,
            await request.body(),
            version=target.version,
            arn=target.arn,
            invocation_type="Event",
        )
        return json_answer({"Status": 202}, 202)

    return [invoke_async]
