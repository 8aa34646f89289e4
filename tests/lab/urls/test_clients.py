"""Frameworks that others wrote for function URLs work behind the lab's, and see what a web server would show them."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from tests.lab.running import FUNCTIONS, basic, needs_bubblewrap, run, running_lab
from tests.lab.urls.clients import adapters_layer

from dayfly.lab.front import Front
from dayfly.lab.model import RuntimeKind
from dayfly.lab.server import LabServer

pytestmark = [pytest.mark.slow, needs_bubblewrap]

_FOLDER = FUNCTIONS / "adapters"
_REQUESTS: tuple[tuple[str, str, bytes | None, dict[str, str]], ...] = (
    ("GET", "/", None, {}),
    ("GET", "/a%20b/%C3%BC?x=1&x=2&y=%26", None, {"X-Own": "one, two", "Accept": "*/*"}),
    ("POST", "/json", b'{"a": 1}', {"Content-Type": "application/json"}),
    ("PUT", "/form?z=", b"a=1&b=%20", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("PATCH", "/binary", bytes(range(256)), {"Content-Type": "image/png", "Cookie": "k=v; l=w"}),
    ("DELETE", "/bytes", None, {}),
)


@pytest.fixture(scope="module")
def web_server() -> Iterator[int]:
    """The same application behind uvicorn; its port."""
    spec = importlib.util.spec_from_file_location("adapters_app", _FOLDER / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = uvicorn.Config(module.application, port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    sockets = [config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,))
    thread.start()
    yield sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def _ask(port: int, prefix: str, request: tuple[str, str, bytes | None, dict[str, str]]) -> Any:
    method, path, body, headers = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, prefix + path, body, headers)
    answer = connection.getresponse()
    told = answer.headers
    return (
        answer.status,
        answer.read(),
        told.get_all("Set-Cookie"),
        told["Content-Type"],
        told["X-Own"],
    )


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_mangum_makes_of_each_request_what_a_web_server_makes_of_it(
    runtime: RuntimeKind, web_server: int
) -> None:
    async def scenario() -> None:
        config = basic(
            folder=_FOLDER,
            handler="app.mangum",
            runtime=runtime,
            opt=adapters_layer(),
            front=Front(url="NONE"),
        )
        async with running_lab(config=config) as running, LabServer(running.lab, port=0) as server:
            url_id = server.function_urls["f"].removeprefix("http://").partition(".")[0]
            port = int(server.url.rpartition(":")[2])
            for request in _REQUESTS:
                by_url = await asyncio.to_thread(_ask, port, f"/lambda-url/{url_id}", request)
                assert by_url == await asyncio.to_thread(_ask, web_server, "", request), request

    run(scenario())


def test_powertools_routes_what_a_url_gives_it() -> None:
    async def scenario() -> None:
        config = basic(
            folder=_FOLDER, handler="app.powertools", opt=adapters_layer(), front=Front(url="NONE")
        )
        async with running_lab(config=config) as running, LabServer(running.lab, port=0) as server:
            url_id = server.function_urls["f"].removeprefix("http://").partition(".")[0]
            port = int(server.url.rpartition(":")[2])
            headers = {"Content-Type": "application/json", "User-Agent": "tester", "Cookie": "k=v"}
            order = ("POST", "/orders/7?size=big", b'{"a": 1}', headers)
            status, body, *_ = await asyncio.to_thread(_ask, port, f"/lambda-url/{url_id}", order)
            assert status == 200
            assert json.loads(body) == {
                "order": "7",
                "size": "big",
                "agent": "tester",
                "json": {"a": 1},
                "cookies": ["k=v"],
            }
            missing = ("GET", "/missing", None, dict[str, str]())
            status, body, *_ = await asyncio.to_thread(_ask, port, f"/lambda-url/{url_id}", missing)
            assert (status, json.loads(body)["message"]) == (404, "no such thing")

    run(scenario())
