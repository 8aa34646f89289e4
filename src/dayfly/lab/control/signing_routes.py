"""The routes of code signing configurations, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.plane import ControlPlane

_CONFIGS = "/2020-04-22/code-signing-configs"
_CONFIG = _CONFIGS + "/{arn:str}"
_FUNCTION = "/2020-06-30/functions/{function_name:str}/code-signing-config"


def signing_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of code signing."""
    signing = control.signing

    @post([_CONFIGS, _CONFIGS + "/"], status_code=201)
    async def create_signing(request: LabRequest) -> Response[bytes]:
        return json_answer(signing.create(await request.body()), 201)

    @get([_CONFIGS, _CONFIGS + "/"])
    async def list_signing(request: LabRequest) -> Response[bytes]:
        return json_answer(signing.list_configs(request.query_params))

    @get(_CONFIG)
    async def get_signing(arn: FromPath[str]) -> Response[bytes]:
        return json_answer(signing.get(arn))

    @put(_CONFIG)
    async def update_signing(request: LabRequest, arn: FromPath[str]) -> Response[bytes]:
        return json_answer(signing.update(arn, await request.body()))

    @delete(_CONFIG, status_code=204)
    async def delete_signing(arn: FromPath[str]) -> None:
        signing.delete(arn)

    @get(_CONFIG + "/functions")
    async def list_signing_functions(request: LabRequest, arn: FromPath[str]) -> Response[bytes]:
        return json_answer(signing.list_functions(arn, request.query_params))

    @put(_FUNCTION)
    async def put_function_signing(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name)
        return json_answer(signing.put_function(name, await request.body()))

    @get(_FUNCTION)
    async def get_function_signing(function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(signing.get_function(parse_name(function_name)[0]))

    @delete(_FUNCTION)
    async def delete_function_signing(function_name: FromPath[str]) -> None:
        signing.delete_function(parse_name(function_name)[0])

    return [
        create_signing,
        list_signing,
        get_signing,
        update_signing,
        delete_signing,
        list_signing_functions,
        put_function_signing,
        get_function_signing,
        delete_function_signing,
    ]
