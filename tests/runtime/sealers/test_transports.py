"""Asynchronous clients used at init: their idle connections are closed, and each worker makes its own."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from tests.real.certificates import make_certificates
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.serving import run
from tests.runtime.sealers.web import Web

KEPT: list[socket.socket] = []
ASK = """
import asyncio, os, threading
URL = "http://127.0.0.1:" + os.environ["PORT"]
ME = lambda: {"X-Process": str(os.getpid())}
"""
AIOHTTP = """
import aiohttp
async def make():
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
async def get(client, path):
    async with client.get(URL + path, headers=ME()) as response:
        return await response.text()
"""
HTTPX = """
import httpx
async def make():
    return httpx.AsyncClient(timeout=60)
async def get(client, path):
    return (await client.get(URL + path, headers=ME())).text
"""
CLIENTS = {"aiohttp": AIOHTTP, "httpx": HTTPX}
LOOPS = {
    "run by hand": """
loop = asyncio.new_event_loop()
call = loop.run_until_complete
""",
    "in a thread": """
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
call = lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(60)
""",
}


@pytest.mark.parametrize("where", LOOPS)
@pytest.mark.parametrize("library", CLIENTS)
def test_an_asynchronous_client_goes_on_with_connections_of_each_workers_own(
    library: str, where: str
) -> None:
    with Web() as web:
        seen = run(
            ASK
            + CLIENTS[library]
            + LOOPS[where]
            + """
WORKERS = 40
client = call(make())
async def both(*paths):
    return await asyncio.gather(*(get(client, path) for path in paths))
assert call(both("/init", "/init")) == ["/init", "/init"]
def handler(number):
    return [*call(both(f"/{number}", "/at-once")), call(get(client, "/again"))]
""",
            python=library_python(),
            environment=web.environment,
        )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[f"/{number}", "/at-once", "/again"] for number in range(40)]
    assert web.shared() == []
    assert "Error" not in seen.output


def test_an_httpx_client_used_under_a_loop_that_ended_works_under_the_next() -> None:
    """Its connections belong to a closed loop: plain, the next use would fail."""
    with Web() as web:
        seen = run(
            ASK
            + HTTPX
            + """
client = httpx.AsyncClient(timeout=60)
assert asyncio.run(get(client, "/init")) == "/init"
def handler(number):
    return asyncio.run(get(client, f"/{number}"))
""",
            python=library_python(),
            environment=web.environment,
        )
    assert seen.reasons == seen.faults == []
    assert seen.answers == ["/0", "/1", "/2"]
    assert web.shared() == []


UNREAD = {
    "aiohttp": (
        "response = call(client.get(URL + '/large'))",
        "len(call(response.read()))",
    ),
    "httpx": (
        "response = call(client.send(client.build_request('GET', URL + '/large'), stream=True))",
        "len(call(response.aread()))",
    ),
}


@pytest.mark.parametrize("where", LOOPS)
@pytest.mark.parametrize("library", UNREAD)
def test_a_stream_left_unread_is_named_and_read_on_without_a_fork(library: str, where: str) -> None:
    init, act = UNREAD[library]
    with Web() as web:
        seen = run(
            ASK
            + CLIENTS[library]
            + LOOPS[where]
            + f"""
client = call(make())
async def start(awaitable):
    return await awaitable
call_plain = call
call = lambda awaitable: call_plain(start(awaitable))
{init}
def handler(number):
    return {act}
""",
            python=library_python(),
            environment=web.environment,
        )
        assert [
            reason for reason in seen.reasons if f"of 127.0.0.1:{web.port} was left unread" in reason
        ] == seen.reasons[:1]
    assert seen.answers == [1_200_000]


@pytest.mark.parametrize("is_tls", [False, True])
def test_a_connection_that_init_closed_is_no_culprit(is_tls: bool, tmp_path: Path) -> None:
    """Closed, and its loop was not run again; a TLS peer may never answer the good-bye."""
    certificates = make_certificates(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _address = server.accept()
            if is_tls:
                connection = certificates.server_context().wrap_socket(connection, server_side=True)
            KEPT.append(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        seen = run(
            f"""
import asyncio, ssl
loop = asyncio.new_event_loop()
context = ssl.create_default_context(cafile={str(certificates.authority)!r}) if {is_tls} else None
reader, writer = loop.run_until_complete(asyncio.open_connection("127.0.0.1", {server.getsockname()[1]}, ssl=context))
writer.write(b"last words")
writer.close()
sock = writer.get_extra_info("socket")
still_open = sock.fileno() >= 0
def handler(number):
    loop.run_until_complete(asyncio.wait_for(asyncio.sleep(0.01), 60))
    return [still_open, sock.fileno(), writer.is_closing()]
"""
        )
        thread.join(60)
        KEPT.pop().close()
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[True, -1, True]] * 3
    assert "Error" not in seen.output
