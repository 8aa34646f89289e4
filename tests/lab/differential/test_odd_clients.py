"""Clients that speak HTTP their own way, ask for routes that are not there, or poll twice: both platforms treat them alike."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from tests.lab.differential.platforms import Emulator, Lab
from tests.lab.differential.script import BASE, NEXT, Script, record

CAUSE = "Content-Type: application/vnd.aws.lambda.error.cause+json"
SILENT_S = 0.3


def odd_routes(script: Script) -> None:
    """Methods and paths beside the known ones."""
    runtime = script.connect()
    first = script.platform.invoke(b"{}")
    for method, path, body in (
        ("GET", "/", None),
        ("GET", "/2018-06-01/ping/", None),
        ("GET", "/2018-06-01//ping", None),
        ("DELETE", NEXT, None),
        ("POST", NEXT, b"{}"),
        ("OPTIONS", NEXT, None),
        ("GET", f"{BASE}/invocation/x/response", None),
        ("PUT", f"{BASE}/invocation/x/response", b"{}"),
        ("POST", f"{BASE}/invocation//response", b"{}"),
        ("POST", f"{BASE}/invocation/a/b/response", b"{}"),
        ("GET", f"{BASE}/init/error", None),
        ("POST", f"{BASE}/restore/error", b"{}"),
        ("GET", "/2021-04-23/credentials", None),
        ("GET", "/2020-01-01/extension/register", None),
        ("POST", "/2020-01-01/extension/event/next", b""),
    ):
        script.note(f"{method} {path}", script.connect().request(method, path, body))
    answer = script.note("next with a query", runtime.request("GET", f"{NEXT}?a=1"))
    request_id = answer.header("lambda-runtime-aws-request-id")
    path = f"{BASE}/invocation/{request_id}/response?x=1"
    script.note("empty response", runtime.request("POST", path, b""))
    script.payload("payload", first, runtime)


def odd_requests(script: Script) -> None:
    """Chunks, expectations, several requests in one packet, an old version of HTTP."""
    runtime = script.connect()
    request_id, result = script.take(runtime, "next", b"{}")
    client = script.connect()
    path = f"{BASE}/invocation/{request_id}/response"
    client.send_request("POST", path, None, "Transfer-Encoding: chunked")
    client.send(b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")
    script.note("in chunks", client.read())
    script.payload("payload of chunks", result, runtime)
    request_id, result = script.take(runtime, "next after chunks", b'"\\u0000"')
    client = script.connect()
    client.send_request("POST", f"{BASE}/invocation/{request_id}/response", b"5", "Expect: 100-continue")
    script.note("expecting", client.read())
    script.note("after 100", client.read())
    script.payload("payload after 100", result, runtime)
    request_id, result = script.take(runtime, "next after 100", b"{}")
    client = script.connect()
    path = f"{BASE}/invocation/{request_id}/response"
    one = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
    client.send(f"{one}1{one}2".encode())
    script.note("first of two", client.read())
    script.note("second of two", client.read())
    script.payload("payload of the first", result, runtime)
    request_id, result = script.take(runtime, "next after two", b"{}")
    path = f"{BASE}/invocation/{request_id}/response"
    mode = "Lambda-Runtime-Function-Response-Mode: "
    script.note("an empty mode", runtime.request("POST", path, b"6", mode))
    script.payload("payload of an empty mode", result, runtime)
    request_id, result = script.take(runtime, "next after an empty mode", b"{}")
    client = script.connect()
    path = f"{BASE}/invocation/{request_id}/response"
    client.send(f"POST {path} HTTP/1.0\r\nContent-Length: 1\r\n\r\n7".encode())
    script.note("HTTP/1.0", client.read())
    script.payload("payload of HTTP/1.0", result, runtime)


def no_requests(script: Script) -> None:
    """What is no request, or none that can be served, is told so on a connection that ends."""
    script.platform.invoke(b"{}")
    head = "Host: x\r\n\r\n"
    register = "POST /2020-01-01/extension/register HTTP/1.1\r\nLambda-Extension-Name: e\r\n"
    for sent in (
        "nonsense\r\n\r\n",
        "GET /2018-06-01/ping\r\n\r\n",
        "GET /2018-06-01/ping HTTP/1.1\r\n\r\n",
        f"GET /2018-06-01/ping HTTP/1.1\r\nno header\r\n{head}",
        f"GET /2018-06-01/%zz HTTP/1.1\r\n{head}",
        f"GET ping HTTP/1.1\r\n{head}",
        f"GET /2018-06-01/ping HTTP/2.0\r\n{head}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        f"{register}Content-Length: two\r\n{head}",
        f"{register}Transfer-Encoding: gzip\r\n{head}",
        f"{register}Expect: 200-maybe\r\nContent-Length: 2\r\n{head}{{}}",
        f"GET /2018-06-01/ping HTTP/1.1\r\nX: {'x' * 1_200_000}\r\n{head}",
    ):
        client = script.connect()
        client.send(sent.encode())
        first, _, body = client.read_all().partition(b"\r\n\r\n")
        script.seen[sent[:200]] = f"{first.splitlines()[0].decode()} {body.decode()}"


def odd_heads(script: Script) -> None:
    """Forms of a request's head that are unusual, and served."""
    script.platform.invoke(b"{}")
    register = "/2020-01-01/extension/register"
    client = script.connect()
    head = "Host: x\r\n\r\n"
    get = f"GET /2018-06-01/ping HTTP/1.1\r\nConnection: close\r\n{head}"
    client.send(f"HEAD /nowhere HTTP/1.1\r\n{head}{get}".encode())
    answers = client.read_all().split(b"\r\n\r\n")
    script.seen["no body for HEAD"] = b" ".join(part.split(b"\r\n")[0] for part in answers).decode()
    ping = "GET http://127.0.0.1:1/2018-06-01/ping HTTP/1.1\r\nHost: x\r\n\r\n"
    client = script.connect()
    client.send(ping.encode())
    script.note("a proxy's form", client.read())
    script.note("no known method", script.connect().request("BREW", "/2018-06-01/ping"))
    script.note("no known method nor path", script.connect().request("get", "/nowhere"))
    big = f"Lambda-Runtime-Function-XRay-Error-Cause: {'x' * 900_000}"
    script.note("a long header", script.connect().request("GET", "/2018-06-01/ping", None, big))
    names = ("Lambda-Extension-Name: one", "Lambda-Extension-Name: two")
    script.note("two names", script.connect().request("POST", register, b"{}", *names))
    script.note("the first counts", script.connect().request("POST", register, b"{}", names[0]))
    script.note("not the second", script.connect().request("POST", register, b"{}", names[1]))
    cut = script.connect()
    cut.send_request("POST", register, None, "Lambda-Extension-Name: cut", "Content-Length: 20")
    cut.send(b"{}")
    cut.socket.shutdown(socket.SHUT_WR)
    script.note("cut short", cut.read())
    expecting = script.connect()
    expecting.send_request("POST", "/nowhere", None, "Expect: 100-continue", "Content-Length: 2")
    answer = script.note("no interim answer", expecting.read())
    script.seen["the end of the connection is told"] = answer.header("connection")


def error_types_and_bodies(script: Script) -> None:
    """Errors keep their bodies, whatever is in the headers; only those with a cause are read."""
    runtime = script.connect()
    sent = (
        ("Lambda-Runtime-Function-Error-Type: nonsense", b'{"errorType":"X"}'),
        ("Lambda-Runtime-Function-Error-Type: Function.", b""),
        ("Lambda-Runtime-Function-XRay-Error-Cause: {bad", b"{}"),
        ("Content-Type: text/html", b"<p>"),
        (CAUSE, b'{"errorMessage":"m","errorType":"t","stackTrace":["a"],"errorCause":{"x":1}}'),
        (CAUSE, b"{}"),
        (CAUSE, b"nope"),
        (CAUSE, b""),
        (CAUSE, b"[]"),
        (CAUSE, b'{"errorMessage":"a"} trailing'),
        (CAUSE, b'{"errorMessage":1}'),
        (CAUSE, b'{"errorMessage":"m","stackTrace":[1]}'),
        (CAUSE, b'{"ERRORMESSAGE":"in capitals"}'),
        (CAUSE, '{"errorMessage":"<é>&","stackTrace":null}'.encode()),
        (f"{CAUSE}; charset=utf-8", b'{"errorMessage":"m","errorCause":{}}'),
    )
    for number, (header, body) in enumerate(sent):
        request_id, result = script.take(runtime, f"next {number}", b"{}")
        path = f"{BASE}/invocation/{request_id}/error"
        script.note(f"error {number}", runtime.request("POST", path, body, header))
        script.payload(f"payload {number}", result, runtime)
    request_id, result = script.take(runtime, "next before one cut short", b"{}")
    cut = script.connect()
    cut.send_request("POST", f"{BASE}/invocation/{request_id}/error", None, "Content-Length: 20")
    cut.send(b'{"errorType":"X"')
    cut.socket.shutdown(socket.SHUT_WR)
    script.note("error cut short", cut.read())
    script.payload("payload cut short", result, runtime)
    request_id, result = script.take(runtime, "next", b"{}")
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("a cause in a response", runtime.request("POST", path, b'{"errorCause":{}}', CAUSE))
    script.payload("payload", result, runtime)


def two_who_poll(script: Script) -> None:
    """Of two who wait the first is served, and the other goes on waiting."""
    runtime = script.connect()
    request_id, result = script.take(runtime, "next", b'{"n": 1}')
    runtime.request("POST", f"{BASE}/invocation/{request_id}/response", b"1")
    first, second, third = script.connect(), script.connect(), script.connect()
    for connection in (first, second):
        connection.send_request("GET", NEXT)
        # Else the two may arrive in either order.
        script.seen[f"silent {len(script.seen)}"] = connection.is_silent(SILENT_S)
    assert result.result(60) == b"1"
    result = script.platform.invoke(b'{"n": 2}')
    answer = script.note("the first", first.read())
    script.seen["the second waits"] = second.is_silent(SILENT_S)
    request_id = answer.header("lambda-runtime-aws-request-id")
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("anybody's response", third.request("POST", path, b"2"))
    third.send_request("GET", NEXT)
    script.seen["payload"] = result.result(60).decode()
    script.platform.invoke(b'{"n": 3}')
    script.note("the second at last", second.read())
    script.seen["the third waits"] = third.is_silent(SILENT_S)


def an_init_error(script: Script) -> None:
    """After it nothing is allowed."""
    runtime = script.connect()
    script.platform.invoke(b"{}")
    kind = "Lambda-Runtime-Function-Error-Type: Runtime.X"
    error = b'{"errorType":"Runtime.X","errorMessage":"m"}'
    script.note("init error", runtime.request("POST", f"{BASE}/init/error", error, kind))
    script.note("once more", runtime.request("POST", f"{BASE}/init/error", b"{}"))
    script.note("next", runtime.request("GET", NEXT))
    script.note("response", runtime.request("POST", f"{BASE}/invocation/x/response", b"{}"))


SCENARIOS: tuple[Callable[[Script], None], ...] = (
    odd_routes,
    odd_requests,
    no_requests,
    odd_heads,
    error_types_and_bodies,
    two_who_poll,
    an_init_error,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_odd_clients_are_treated_alike(
    scenario: Callable[[Script], None], emulator: Emulator, lab: Lab
) -> None:
    expected = record(scenario, emulator)
    assert len(expected) > 3, "a scenario that records nothing compares nothing"
    assert record(scenario, lab) == expected
