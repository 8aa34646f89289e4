"""The routes of event source mappings, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.plane import ControlPlane

_MAPPINGS = "/2015-03-31/event-source-mappings"
_MAPPING = _MAPPINGS + "/{id:str}"


def source_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of event source mappings."""
    sources = control.sources

    @post([_MAPPINGS, _MAPPINGS + "/"], status_code=202)
    async def create_mapping(request: LabRequest) -> Response[bytes]:
        return json_answer(await sources.create(await request.body()), 202)

    @get([_MAPPINGS, _MAPPINGS + "/"])
    async def list_mappings(request: LabRequest) -> Response[bytes]:
        return json_answer(sources.list_sources(request.query_params))

    @get(_MAPPING)
    async def get_mapping(id: FromPath[str]) -> Response[bytes]:
        return json_answer(sources.get(id))

    @put(_MAPPING, status_code=202)
    async def update_mapping(request: LabRequest, id: FromPath[str]) -> Response[bytes]:
        return json_answer(await sources.update(id, await request.body()), 202)

    @delete(_MAPPING, status_code=202)
    async def delete_mapping(id: FromPath[str]) -> Response[bytes]:
        return json_answer(sources.delete(id), 202)

    return [create_mapping, list_mappings, get_mapping, update_mapping, delete_mapping]
