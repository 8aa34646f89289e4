"""The control plane's routes, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import MAX_ZIP_REQUEST, LabRequest, json_answer
from dayfly.lab.control.concurrency_routes import concurrency_routes
from dayfly.lab.control.event_routes import event_routes
from dayfly.lab.control.layer_routes import layer_routes
from dayfly.lab.control.log_routes import log_routes
from dayfly.lab.control.names import PLAIN, parse_name
from dayfly.lab.control.old_routes import old_routes
from dayfly.lab.control.permission_routes import permission_routes
from dayfly.lab.control.plane import ControlPlane
from dayfly.lab.control.signing_routes import signing_routes
from dayfly.lab.control.source_routes import source_routes
from dayfly.lab.control.upkeep_routes import upkeep_routes
from dayfly.lab.control.url_routes import url_routes

_FUNCTION = "/2015-03-31/functions/{function_name:str}"
_ALIAS = _FUNCTION + "/aliases/{alias:str}"
_TAGS = "/2017-03-31/tags/{arn:str}"


def routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of everything but Invoke."""
    return [
        *_function_routes(control),
        *_version_routes(control),
        *_alias_routes(control),
        *_tag_routes(control),
        *layer_routes(control),
        *concurrency_routes(control),
        *permission_routes(control),
        *signing_routes(control),
        *upkeep_routes(control),
        *source_routes(control),
        *old_routes(control),
        *event_routes(control.event_invoke),
        *url_routes(control.urls),
        *log_routes(control.logs),
    ]


def _function_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    @get(["/2015-03-31/functions", "/2015-03-31/functions/"])
    async def list_functions(request: LabRequest) -> Response[bytes]:
        return json_answer(await control.functions.list_functions(request.query_params))

    @get(_FUNCTION)
    async def get_function(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"))
        base_url = str(request.base_url)
        return json_answer(await control.functions.get_function(*name, base_url=base_url))

    @get("/lab/code/{key:str}")
    async def download_code(key: FromPath[str]) -> Response[bytes]:
        archive = control.packages.archive(key)
        content = await control.registry.lab.aside(archive.read_bytes)
        return Response(content, media_type="application/zip")

    @get(_FUNCTION + "/configuration")
    async def get_configuration(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"))
        return json_answer(await control.registry.describe(*name))

    @put(_FUNCTION + "/configuration")
    async def update_configuration(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(await control.functions.update(name, await request.body()))

    @post(
        ["/2015-03-31/functions", "/2015-03-31/functions/"],
        status_code=201,
        request_max_body_size=MAX_ZIP_REQUEST,
    )
    async def create_function(request: LabRequest) -> Response[bytes]:
        return json_answer(await control.packages.create(await request.body()), 201)

    @put(_FUNCTION + "/code", request_max_body_size=MAX_ZIP_REQUEST)
    async def update_code(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(await control.packages.update_code(name, await request.body()))

    return [
        create_function,
        download_code,
        update_code,
        list_functions,
        get_function,
        get_configuration,
        update_configuration,
    ]


def _version_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    @post(_FUNCTION + "/versions", status_code=201)
    async def publish_version(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(await control.versions.publish(name, await request.body()), 201)

    @get(_FUNCTION + "/versions")
    async def list_versions(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name)
        return json_answer(await control.versions.list_versions(name, request.query_params))

    @delete(_FUNCTION)
    async def delete_function(request: LabRequest, function_name: FromPath[str]) -> None:
        name, qualifier = parse_name(function_name, request.query_params.get("Qualifier"))
        if qualifier is None:
            control.packages.delete(name)
        else:
            control.versions.delete(name, qualifier)

    return [publish_version, list_versions, delete_function]


def _alias_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    @post(_FUNCTION + "/aliases", status_code=201)
    async def create_alias(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(control.aliases.create(name, await request.body()), 201)

    @get(_FUNCTION + "/aliases")
    async def list_aliases(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(control.aliases.list_aliases(name, request.query_params))

    @get(_ALIAS)
    async def get_alias(function_name: FromPath[str], alias: FromPath[str]) -> Response[bytes]:
        return json_answer(control.aliases.get(parse_name(function_name, form=PLAIN)[0], alias))

    @put(_ALIAS)
    async def update_alias(
        request: LabRequest, function_name: FromPath[str], alias: FromPath[str]
    ) -> Response[bytes]:
        name, _ = parse_name(function_name, form=PLAIN)
        return json_answer(control.aliases.update(name, alias, await request.body()))

    @delete(_ALIAS)
    async def delete_alias(function_name: FromPath[str], alias: FromPath[str]) -> None:
        control.aliases.delete(parse_name(function_name, form=PLAIN)[0], alias)

    return [create_alias, list_aliases, get_alias, update_alias, delete_alias]


def _tag_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    @get(_TAGS)
    async def list_tags(arn: FromPath[str]) -> Response[bytes]:
        return json_answer(control.tags.list_tags(arn))

    @post(_TAGS, status_code=204)
    async def tag_resource(request: LabRequest, arn: FromPath[str]) -> None:
        control.tags.tag(arn, await request.body())

    @delete(_TAGS)
    async def untag_resource(request: LabRequest, arn: FromPath[str]) -> None:
        control.tags.untag(arn, request.query_params.getall("tagKeys", []))

    return [list_tags, tag_resource, untag_resource]
