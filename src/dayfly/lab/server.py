"""The Invoke API over HTTP, as boto3 and the AWS command line speak it.

API: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html; signatures are not checked, the lab
listens on loopback.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import logging
import socket
import time
from types import TracebackType
from typing import Literal

import uvicorn
from litestar import Litestar, Response, post
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from dayfly.errors import SettingError
from dayfly.lab.control.answers import LabRequest, identify, no_route, refusal, too_large
from dayfly.lab.control.fronts import set_up
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.plane import UPDATE_S, ControlPlane
from dayfly.lab.control.routes import routes
from dayfly.lab.invoke_headers import InvokeHeaders
from dayfly.lab.lab import Lab
from dayfly.lab.model import (
    InvokeRefusedError,
    LabError,
)
from dayfly.lab.streaming.routes import streaming_routes
from dayfly.lab.throttling import CallerRates
from dayfly.lab.urls.front import UrlFront

# Above every payload limit, so that an oversized request gets Lambda's own refusal.
_MAX_BODY_BYTES = 32 * 1024 * 1024
_START_BUDGET_S = 10.0


def build_app(lab: Lab, control: ControlPlane) -> Litestar:
    """The ASGI application that serves `lab`."""

    @post("/2015-03-31/functions/{function_name:str}/invocations", status_code=200)
    async def invoke(request: LabRequest, function_name: FromPath[str]) -> Response[bytes]:
        name, qualifier = parse_name(function_name, request.query_params.get("Qualifier"))
        target = control.registry.route(name, qualifier)
        asked = InvokeHeaders.read(request.headers)
        result = await lab.invoke(
            name, await request.body(), version=target.version, arn=target.arn, **asked.options()
        )
        headers = {"x-amzn-RequestId": result.request_id}
        if result.status_code == 200:
            headers["X-Amz-Executed-Version"] = result.executed_version
        if result.trace_id:
            headers["X-Amzn-Trace-Id"] = result.trace_id
        if result.function_error is not None:
            headers["X-Amz-Function-Error"] = result.function_error
        if result.log_tail is not None:
            headers["X-Amz-Log-Result"] = base64.b64encode(result.log_tail).decode()
        media_type = "application/json" if result.payload else ""
        return Response(
            result.payload, status_code=result.status_code, headers=headers, media_type=media_type
        )

    rates = CallerRates()

    # Awaitable, as `identified` is, and for its reason.
    async def check_rates(request: LabRequest) -> None:
        rates.check(request.method, request.url.path)

    handlers: list[ControllerRouterHandler] = [
        invoke,
        *streaming_routes(control.registry),
        *routes(control),
    ]
    return Litestar(
        route_handlers=handlers,
        exception_handlers={
            InvokeRefusedError: refusal,
            LabError: refusal,
            NotFoundException: no_route,
            MethodNotAllowedException: no_route,
            RequestEntityTooLarge: too_large,
        },
        before_request=check_rates if lab.keeps_rates else None,
        after_request=identify,
        request_max_body_size=_MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


class LabServer:
    """Serves a lab's Invoke API on `host` and `port` (0: a free one) while its context is open.

    Raises LabError when the port cannot be had, SettingError for a function with something in front of it that Lambda
    refuses. Leaving the context stops listening; the lab itself
    is its owner's to close.
    """

    def __init__(
        self, lab: Lab, *, host: str = "127.0.0.1", port: int = 9001, update_s: float = UPDATE_S
    ) -> None:
        self._lab = lab
        self._control = ControlPlane(lab, update_s=update_s)
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.url = ""
        # By function: the URLs that its configuration gave it.
        self.function_urls: dict[str, str] = {}

    async def __aenter__(self) -> LabServer:
        bound = _bind(self._host, self._port)
        host, port = bound.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        control = self._control
        control.urls.port = port
        try:
            for function in self._lab.functions():
                url = set_up(
                    function, urls=control.urls, permissions=control.permissions, events=control.event_invoke
                )
                if url is not None:
                    self.function_urls[function.name] = url
        except SettingError:
            bound.close()
            control.close()
            raise
        config = uvicorn.Config(
            UrlFront(build_app(self._lab, self._control), self._lab, self._control.urls),
            log_config=None,
            access_log=False,
            lifespan="off",
            backlog=2048,
            ws="none",
        )
        # A streamed response of a function URL that fails is cut on purpose; uvicorn would say so on standard error.
        logging.getLogger("uvicorn.error").addFilter(_is_unexpected)
        self._server = uvicorn.Server(config)
        # `_serve` rather than `serve`: the latter takes over the process's signal handlers, which
        # belong to whoever runs the lab.
        self._task = asyncio.create_task(self._server._serve(sockets=[bound]))
        deadline = time.monotonic() + _START_BUDGET_S
        while not self._server.started:
            if self._task.done() or time.monotonic() > deadline:
                raise LabError("the Invoke API did not start")
            await asyncio.sleep(0.002)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        logging.getLogger("uvicorn.error").removeFilter(_is_unexpected)
        self._control.close()
        return False


def _is_unexpected(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("ASGI callable returned without completing response")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it. asyncio sets it only where the socket was made with protocol TCP; without it the
    # body, sent apart from its head, waits 40 ms for the client's delayed acknowledgement.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise LabError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
            hint="stop the program that uses this port, or choose another with --port (0 for a free one)"
            if is_taken
            else "choose an address of this machine with --host and a port above 1023 with --port",
        ) from error
    return bound
