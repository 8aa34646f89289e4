"""The routes of function URLs' configuration, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import URL, parse_name
from dayfly.lab.control.urls import Urls

_URL = "/2021-10-31/functions/{function_name:str}/url"


def url_routes(urls: Urls) -> list[ControllerRouterHandler]:
    """Return the handlers of Create-, Update-, Get-, List- and DeleteFunctionUrlConfig(s)."""

    @post(_URL, status_code=201)
    async def create_url(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"), form=URL)
        return json_answer(urls.create(*name, await request.body()), 201)

    @put(_URL)
    async def update_url(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"), form=URL)
        return json_answer(urls.update(*name, await request.body()))

    @get(_URL)
    async def get_url(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(
            urls.get(*parse_name(function_name, request.query_params.get("Qualifier"), form=URL))
        )

    @get(_URL + "s")
    async def list_urls(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(urls.list_urls(parse_name(function_name, form=URL)[0], request.query_params))

    @delete(_URL)
    async def delete_url(request: LabRequest, function_name: FromPath[str]) -> None:
        urls.delete(*parse_name(function_name, request.query_params.get("Qualifier"), form=URL))

    return [create_url, update_url, get_url, list_urls, delete_url]
