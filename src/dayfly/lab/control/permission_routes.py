"""The routes of permissions of functions and layers, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.plane import ControlPlane

_FUNCTION = "/2015-03-31/functions/{function_name:str}/policy"
_LAYER = "/2018-10-31/layers/{layer_name:str}/versions/{number:str}/policy"


def permission_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of resource policies."""
    permissions = control.permissions
    layers = control.layer_permissions

    @post(_FUNCTION, status_code=201)
    async def add_permission(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        named = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(permissions.add(*named, await request.body()), 201)

    @get(_FUNCTION)
    async def get_policy(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        named = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(permissions.get(*named))

    @delete(_FUNCTION + "/{sid:str}")
    async def remove_permission(
        request: LabRequest, function_name: FromPath[str], sid: FromPath[str]
    ) -> None:
        query = request.query_params
        named = parse_name(function_name, query.get("Qualifier"))
        permissions.remove(*named, sid, query.get("RevisionId"))

    @post(_LAYER, status_code=201)
    async def add_layer_permission(
        request: LabRequest, layer_name: FromPath[str], number: FromPath[str]
    ) -> Response[bytes]:
        revision_id = request.query_params.get("RevisionId")
        answer = layers.add(layer_name, number, await request.body(), revision_id=revision_id)
        return json_answer(answer, 201)

    @get(_LAYER)
    async def get_layer_policy(layer_name: FromPath[str], number: FromPath[str]) -> Response[bytes]:
        return json_answer(layers.get(layer_name, number))

    @delete(_LAYER + "/{sid:str}")
    async def remove_layer_permission(
        request: LabRequest, layer_name: FromPath[str], number: FromPath[str], sid: FromPath[str]
    ) -> None:
        layers.remove(layer_name, number, sid, request.query_params.get("RevisionId"))

    return [
        add_permission,
        get_policy,
        remove_permission,
        add_layer_permission,
        get_layer_policy,
        remove_layer_permission,
    ]
