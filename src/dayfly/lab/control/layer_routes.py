"""The routes of layers, as botocore's model of Lambda has them, and where a published zip can be had."""

from __future__ import annotations

from litestar import Response, delete, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control import refusals
from dayfly.lab.control.answers import MAX_ZIP_REQUEST, LabRequest, json_answer
from dayfly.lab.control.plane import ControlPlane

_LAYERS = "/2018-10-31/layers"
_VERSIONS = _LAYERS + "/{layer_name:str}/versions"
_VERSION = _VERSIONS + "/{number:str}"


def layer_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of everything about layers."""
    layers = control.layers

    @post(_VERSIONS, status_code=201, request_max_body_size=MAX_ZIP_REQUEST)
    async def publish_layer(request: LabRequest, layer_name: FromPath[str]) -> Response[bytes]:
        answer = await layers.publish(layer_name, await request.body(), base_url=str(request.base_url))
        return json_answer(answer, 201)

    @get(_VERSIONS)
    async def list_layer_versions(request: LabRequest, layer_name: FromPath[str]) -> Response[bytes]:
        return json_answer(
            layers.list_versions(layer_name, request.query_params, base_url=str(request.base_url))
        )

    @get(_LAYERS)
    async def list_layers(request: LabRequest) -> Response[bytes]:
        query, base_url = request.query_params, str(request.base_url)
        find = query.get("find")
        if find is None:
            return json_answer(layers.list_layers(query, base_url=base_url))
        if find != "LayerVersion":
            raise refusals.violation(find, "find", "Member must satisfy enum value set: [LayerVersion]")
        return json_answer(layers.get_by_arn(query.get("Arn", ""), base_url=base_url))

    @get(_VERSION)
    async def get_layer(
        request: LabRequest, layer_name: FromPath[str], number: FromPath[str]
    ) -> Response[bytes]:
        return json_answer(layers.get(layer_name, number, base_url=str(request.base_url)))

    @delete(_VERSION)
    async def delete_layer(layer_name: FromPath[str], number: FromPath[str]) -> None:
        layers.delete(layer_name, number)

    @get("/lab/layers/{layer_name:str}/{number:str}")
    async def download_layer(layer_name: FromPath[str], number: FromPath[str]) -> Response[bytes]:
        content = await layers.content(layer_name, number)
        return Response(content, media_type="application/zip")

    return [publish_layer, list_layer_versions, list_layers, get_layer, delete_layer, download_layer]
