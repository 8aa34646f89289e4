"""HTTP connections left open by init: closed in the zygote, made anew by each worker at first use."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.serving import run
from tests.runtime.sealers.web import Web

ASK = """
import http.client, os
PORT = int(os.environ["PORT"])
HERE = f"127.0.0.1:{PORT}"
URL = f"http://{HERE}"
ME = lambda: {"X-Process": str(os.getpid())}
"""
CLIENT = (
    ASK
    + """
def ask(connection, path):
    connection.request("GET", path, headers=ME())
    return connection.getresponse().read().decode()
"""
)


def test_a_connection_used_at_init_connects_anew_in_every_worker() -> None:
    with Web() as web:
        seen = run(
            CLIENT
            + """
WORKERS = 200
connection = http.client.HTTPConnection(HERE)
assert ask(connection, "/init") == "/init"
assert ask(connection, "/init") == "/init"
same = connection
def handler(number):
    before = connection.sock is None
    return [before, ask(connection, f"/{number}"), ask(connection, "/again"), connection is same]
""",
            environment=web.environment,
        )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[True, f"/{number}", "/again", True] for number in range(200)]
    assert len(web.users) == 201
    assert web.shared() == []


def test_a_tunnel_is_set_up_again() -> None:
    with Web() as web:
        seen = run(
            CLIENT
            + """
connection = http.client.HTTPConnection(HERE)
connection.set_tunnel("example.com", 80)
ask(connection, "/init")
def handler(number):
    return ask(connection, f"/{number}")
""",
            environment=web.environment,
        )
    assert seen.reasons == []
    assert seen.answers == ["/0", "/1", "/2"]
    assert web.tunnels == 4
    assert web.shared() == []


def test_a_server_proxy_of_xmlrpc_connects_anew() -> None:
    with Web() as web:
        seen = run(
            ASK
            + """
import xmlrpc.client
proxy = xmlrpc.client.ServerProxy(URL)
assert proxy.total() == 7
def handler(number):
    return proxy.total()
""",
            environment=web.environment,
        )
    assert seen.reasons == []
    assert seen.answers == [7, 7, 7]
    assert len(web.users) == 4


def test_an_answer_without_a_body_need_not_be_read() -> None:
    with Web() as web:
        seen = run(
            CLIENT
            + """
connection = http.client.HTTPConnection(HERE)
connection.request("GET", "/empty", headers=ME())
response = connection.getresponse()
def handler(number):
    return [response.status, response.read().decode(), ask(connection, "/next")]
""",
            environment=web.environment,
        )
    assert seen.reasons == []
    assert seen.answers == [[204, "", "/next"]] * 3


IN_USE = {
    "a response left unread": (
        "c.request('GET', '/large'); response = c.getresponse()",
        "a response of 127.0.0.1:PORT was left unread at init",
        "len(response.read())",
        1_200_000,
    ),
    "a response half read": (
        "c.request('GET', '/large'); response = c.getresponse(); response.read(5)",
        "read the response completely or close it",
        "len(response.read())",
        1_199_995,
    ),
    "a response that ends its connection": (
        "c.request('GET', '/close'); response = c.getresponse()",
        "a response of 127.0.0.1:PORT was left unread at init",
        "response.read().decode()",
        "/close",
    ),
    "a request begun": (
        "c.putrequest('GET', '/begun'); c.endheaders()",
        "a request to 127.0.0.1:PORT is in progress at init",
        "c.getresponse().read().decode()",
        "/begun",
    ),
    "a connection that will not open itself": (
        "c.connect(); c.auto_open = 0",
        "the connection to 127.0.0.1:PORT was set up manually",
        "ask(c, '/by-hand')",
        "/by-hand",
    ),
    "a socket put there by hand": (
        "import socket; c.sock = type('Mine', (socket.socket,), {})(); c.sock.connect(('127.0.0.1', PORT))",
        "the connection to 127.0.0.1:PORT was set up manually",
        "ask(c, '/by-hand')",
        "/by-hand",
    ),
}


@pytest.mark.parametrize("case", IN_USE)
def test_what_is_in_use_is_named_and_goes_on_without_a_fork(case: str) -> None:
    init, text, act, answer = IN_USE[case]
    with Web() as web:
        seen = run(
            CLIENT
            + f"""
c = http.client.HTTPConnection(HERE)
{init}
def handler(number):
    return {act}
""",
            environment=web.environment,
        )
        assert len(seen.reasons) == 1
        assert text.replace("PORT", str(web.port)) in seen.reasons[0]
    assert seen.answers == [answer]


CLIENTS = {
    "requests": (
        "import requests; client = requests.Session()",
        "client.get(URL + path, headers=ME(), timeout=60).text",
    ),
    "requests behind a proxy": (
        "import requests; client = requests.Session(); client.proxies = {'http': URL}",
        "client.get('http://example.com' + path, headers=ME(), timeout=60).text",
    ),
    "urllib3": (
        "import urllib3; client = urllib3.PoolManager(retries=False)",
        "client.request('GET', URL + path, headers=ME()).data.decode()",
    ),
    "urllib3 without reading at once": (
        "import urllib3; client = urllib3.PoolManager(retries=False)",
        "read(client.request('GET', URL + path, headers=ME(), preload_content=False)).decode()",
    ),
    "httpx": (
        "import httpx; client = httpx.Client(timeout=60)",
        "client.get(URL + path, headers=ME()).text",
    ),
    "httpx behind a proxy": (
        "import httpx; name = 'proxy' if httpx.__version__ >= '0.26' else 'proxies'; client = httpx.Client(timeout=60, **{name: URL})",
        "client.get('http://example.com' + path, headers=ME()).text",
    ),
    "botocore": (
        "import botocore.httpsession, botocore.awsrequest as a; client = botocore.httpsession.URLLib3Session()",
        "client.send(a.AWSRequest('GET', URL + path, headers=ME()).prepare()).content.decode()",
    ),
}


@pytest.mark.parametrize("case", CLIENTS)
def test_pools_of_libraries_go_on_with_connections_of_each_workers_own(case: str) -> None:
    init, ask = CLIENTS[case]
    with Web() as web:
        seen = run(
            ASK
            + f"""
WORKERS = 40
{init}
def read(response):
    data = response.read()
    response.release_conn()
    return data
def get(path):
    return {ask}.removeprefix("http://example.com")
assert get("/init") == get("/init") == "/init"
def handler(number):
    return [get(f"/{{number}}"), get("/again")]
""",
            python=library_python(),
            environment=web.environment,
        )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[f"/{number}", "/again"] for number in range(40)]
    assert web.shared() == []
    # One connection of init's and one of each worker's: within a worker it is kept.
    assert len(web.users) == 41


STREAMS = {
    "requests": "import requests; r = requests.Session().get(URL + '/large', stream=True)",
    "urllib3": "import urllib3; r = urllib3.PoolManager().request('GET', URL + '/large', preload_content=False)",
    "httpx": "import httpx; c = httpx.Client(); r = c.send(c.build_request('GET', URL + '/large'), stream=True)",
}


@pytest.mark.parametrize("library", STREAMS)
def test_a_stream_left_unread_by_a_library_is_named(library: str) -> None:
    with Web() as web:
        seen = run(
            ASK + STREAMS[library] + "\nhandler = lambda number: sum(map(len, (r.iter_bytes() if hasattr(r, 'iter_bytes') else r)))",
            python=library_python(),
            environment=web.environment,
        )  # fmt: skip
        assert f"a response of 127.0.0.1:{web.port} was left unread at init" in seen.reasons[0]
    assert seen.answers == [1_200_000]


def test_a_socket_of_a_unix_server_is_not_taken_for_one_that_connects_again(tmp_path: Path) -> None:
    """As Docker's clients do it by hand; a subclass with its own connect() is trusted to know how."""
    path = tmp_path / "socket"
    seen = run(
        CLIENT.replace('os.environ["PORT"]', "1")
        + f"""
import socket
server = socket.socket(socket.AF_UNIX)
server.bind({str(path)!r})
server.listen()
class Docker(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect({str(path)!r})
good = Docker("localhost")
good.connect()
bad = http.client.HTTPConnection("by.hand")
bad.sock = socket.socket(socket.AF_UNIX)
bad.sock.connect({str(path)!r})
def handler(number):
    return [good.sock is None, bad.sock is None]
"""
    )
    assert [reason for reason in seen.reasons if "set up manually" in reason] == [seen.reasons[0]]
    assert "by.hand" in seen.reasons[0]
    assert seen.answers == [[True, False]]
