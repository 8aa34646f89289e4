"""The routes of asynchronous invocation's configuration, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.event_invoke import EventInvoke
from dayfly.lab.control.names import parse_name

_CONFIG = "/2019-09-25/functions/{function_name:str}/event-invoke-config"


def event_routes(configs: EventInvoke) -> list[ControllerRouterHandler]:
    """Return the handlers of Put-, Update-, Get-, List- and DeleteFunctionEventInvokeConfig."""

    @put(_CONFIG)
    async def put_config(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(configs.put(*name, await request.body()))

    @post(_CONFIG, status_code=200)
    async def update_config(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(configs.update(*name, await request.body()))

    @get(_CONFIG)
    async def get_config(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(configs.get(*parse_name(function_name, request.query_params.get("Qualifier"))))

    @get(_CONFIG + "/list")
    async def list_configs(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name)
        return json_answer(configs.list_configs(name, request.query_params))

    @delete(_CONFIG)
    async def delete_config(request: LabRequest, function_name: FromPath[str]) -> None:
        configs.delete(*parse_name(function_name, request.query_params.get("Qualifier")))

    return [put_config, update_config, get_config, list_configs, delete_config]
