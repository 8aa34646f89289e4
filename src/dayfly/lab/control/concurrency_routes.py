"""The routes of concurrency, as botocore's model of Lambda has them."""

from __future__ import annotations

from litestar import Response, delete, get, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest, json_answer
from dayfly.lab.control.names import PLAIN, parse_name
from dayfly.lab.control.plane import ControlPlane

_PROVISIONED = "/2019-09-30/functions/{function_name:str}/provisioned-concurrency"
_RESERVED = "/2017-10-31/functions/{function_name:str}/concurrency"


def concurrency_routes(control: ControlPlane) -> list[ControllerRouterHandler]:
    """Return the handlers of reserved and provisioned concurrency and of the account's settings."""
    concurrency = control.concurrency

    @put(_PROVISIONED, status_code=202)
    async def put_provisioned(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name = parse_name(function_name, request.query_params.get("Qualifier"), form=PLAIN)
        return json_answer(concurrency.provision(*name, await request.body()), 202)

    @get(_PROVISIONED)
    async def get_provisioned(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        if request.query_params.get("List") == "ALL":
            name, _ = parse_name(function_name, form=PLAIN)
            return json_answer(concurrency.list_provisioned(name, request.query_params))
        named = parse_name(function_name, request.query_params.get("Qualifier"), form=PLAIN)
        return json_answer(concurrency.get_provisioned(*named))

    @delete(_PROVISIONED)
    async def delete_provisioned(request: LabRequest, function_name: FromPath[str]) -> None:
        concurrency.unprovision(*parse_name(function_name, request.query_params.get("Qualifier"), form=PLAIN))

    @put(_RESERVED)
    async def put_reserved(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(concurrency.reserve(*parse_name(function_name, form=PLAIN), await request.body()))

    @get("/2019-09-30/functions/{function_name:str}/concurrency")
    async def get_reserved(function_name: FromPath[str]) -> Response[bytes]:
        return json_answer(concurrency.get_reserved(parse_name(function_name, form=PLAIN)[0]))

    @delete(_RESERVED)
    async def delete_reserved(function_name: FromPath[str]) -> None:
        concurrency.release(parse_name(function_name, form=PLAIN)[0])

    @get(["/2016-08-19/account-settings", "/2016-08-19/account-settings/"])
    async def get_account_settings() -> Response[bytes]:
        return json_answer(concurrency.account())

    return [
        put_provisioned,
        get_provisioned,
        delete_provisioned,
        put_reserved,
        get_reserved,
        delete_reserved,
        get_account_settings,
    ]
