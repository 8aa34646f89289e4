"""The endpoint in the Runtime API's place, driven by function code of any kind; internal extensions are in tests/conformance."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
from tests.native.compared import Native

DEADLINE_S = 60.0
REGISTER = (
    b"POST /2020-01-01/extension/register HTTP/1.1\r\nLambda-Extension-Name: a\r\nContent-Length: 2\r\n\r\n{}"
)
EXIT = b"POST /2020-01-01/extension/exit/error HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
REPLY = b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: \xff\xc3\xa4\r\nContent-Length: 2\r\n\r\n{}"


class Platform:
    """Answers every request alike and remembers what it was sent."""

    def __init__(self, server: socket.socket, reply: bytes) -> None:
        self._server = server
        self._reply = reply
        self.received: list[bytes] = []

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection:
                    connection.settimeout(DEADLINE_S)
                    self.received.append(connection.recv(65536))
                    connection.sendall(self._reply)


class Routes:
    """The supervisor's endpoint, behind a pipe."""

    def __init__(self, native: Native, upstream: str) -> None:
        self._native = native
        self.address = native.told([b"begin", upstream.encode()]).decode()

    @property
    def has_extensions(self) -> bool:
        return self._native.told([b"has_extensions"]) == b"1 "

    def descriptors(self) -> list[int]:
        return [int(number) for number in self._native.told([b"descriptors"]).split()]

    def serve(self, descriptor: int) -> None:
        self._native.told([b"serve", b"%d" % descriptor])

    def drop_peers(self) -> None:
        self._native.told([b"drop_peers"])

    def take_over(self) -> None:
        self._native.told([b"take_over"])

    def poll_ahead(self) -> None:
        self._native.told([b"poll_ahead"])

    def end_invocation(self) -> None:
        self._native.told([b"end_invocation"])

    def release(self) -> None:
        self._native.told([b"release"])


Start = Callable[..., AbstractContextManager[tuple[Routes, Platform]]]


@pytest.fixture(scope="module")
def native() -> Iterator[Native]:
    started = Native("routes")
    yield started
    started.close()


@pytest.fixture
def routes_before(native: Native) -> Start:
    """Start the endpoint before a platform that answers everything with one reply."""
    return partial(run, partial(Routes, native))


@contextmanager
def run(make: Callable[[str], Routes], reply: bytes = REPLY) -> Iterator[tuple[Routes, Platform]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        platform = Platform(server, reply)
        thread = threading.Thread(target=platform.serve, daemon=True)
        thread.start()
        routes = make(f"127.0.0.1:{server.getsockname()[1]}")
        yield routes, platform
        routes.drop_peers()
        routes.release()
        server.shutdown(socket.SHUT_RDWR)
        thread.join(DEADLINE_S)


def ask(routes: Routes, request: bytes) -> bytes:
    """Return what a client of the endpoint is told, nothing if it is dropped."""
    with connect(routes) as client:
        client.sendall(request)
        client.setblocking(False)
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            serve(routes)
            with contextlib.suppress(BlockingIOError):
                return client.recv(65536)
            # What was sent to the loopback is there at once; the reply takes the supervisor's next look.
            time.sleep(0.001)
    raise AssertionError("neither an answer nor an end")


def serve(routes: Routes) -> None:
    for descriptor in routes.descriptors():
        routes.serve(descriptor)


def connect(routes: Routes) -> socket.socket:
    host, _, port = routes.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=DEADLINE_S)


def test_an_extension_registers_under_whatever_identifier_the_platform_gives(routes_before: Start) -> None:
    with routes_before() as (routes, platform):
        assert ask(routes, REGISTER).startswith(b"HTTP/1.1 200 OK\r\n")
        assert routes.has_extensions
        routes.take_over()
        end = time.monotonic() + DEADLINE_S
        while len(platform.received) < 2:
            assert time.monotonic() < end
        assert b"Lambda-Extension-Identifier: \xff\xc3\xa4\r\n" in platform.received[1]


@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT", b"DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        b"/2018-06-01/runtime/invocation/next",
        b"/2018-06-01/runtime/invocation/1/response",
        b"/2020-01-01/extension/event/next/",
        b"/2020-01-01/extension//event/next",
        b"/2020-01-01/extension/",
        b"/2022-07-01/telemetryX",
    ],
)
def test_no_route_is_passed_on_but_those_of_extensions(
    routes_before: Start, method: bytes, path: bytes
) -> None:
    with routes_before() as (routes, platform):
        assert ask(routes, method + b" " + path + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 403 ")
        assert platform.received == []


def test_what_is_no_request_costs_its_connection_and_reaches_nobody(routes_before: Start) -> None:
    smuggled = REGISTER.replace(b": a\r\n", b": a\n\nGET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n")
    endless = b"POST /2020-01-01/extension/register HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
    with routes_before() as (routes, platform):
        for request in (smuggled, endless, b"\0\r\n\r\n", b"\r\n\r\n"):
            assert ask(routes, request) == b""
        assert platform.received == []
        assert len(routes.descriptors()) == 1


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 200", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_a_platform_that_answers_nonsense_costs_the_connection(routes_before: Start, reply: bytes) -> None:
    with routes_before(reply) as (routes, _):
        assert ask(routes, REGISTER) == b""
        assert not routes.has_extensions


def test_what_a_dead_worker_asked_for_is_never_done(routes_before: Start) -> None:
    """Its requests would be made in a later customer's time, one after another."""
    with routes_before() as (routes, platform):
        clients = [connect(routes) for _ in range(10)]
        for client in clients:
            client.sendall(REGISTER)
        routes.serve(routes.descriptors()[0])
        for client in clients:
            client.close()
        routes.take_over()
        serve(routes)
        assert platform.received == []
        assert len(routes.descriptors()) == 1


def test_the_platform_does_not_wait_for_an_extension_whose_own_request_is_late(routes_before: Start) -> None:
    with routes_before() as (routes, platform):
        assert b"200 OK" in ask(routes, REGISTER)
        routes.poll_ahead()
        end = time.monotonic() + DEADLINE_S
        while len(platform.received) < 2:
            assert time.monotonic() < end, "nobody asked in its name"
            time.sleep(0.001)
        assert platform.received[1].startswith(b"GET /2020-01-01/extension/event/next ")
        routes.poll_ahead()
        assert len(platform.received) == 2, "asked twice"


@pytest.mark.parametrize("path", [b"init", b"exit"])
def test_an_extension_ends_the_environment_only_while_init_lasts(routes_before: Start, path: bytes) -> None:
    request = EXIT.replace(b"exit", path)
    with routes_before() as (routes, platform):
        assert ask(routes, request).startswith(b"HTTP/1.1 200 ")
        assert platform.received[0].startswith(request.partition(b" HTTP")[0])
        routes.poll_ahead()
        assert ask(routes, request).startswith(b"HTTP/1.1 403 ")
        assert len(platform.received) == 1


def test_an_event_reaches_the_extension_that_waits_for_it(routes_before: Start) -> None:
    reply = (
        REPLY.replace(b"Content-Length: 2", b"Content-Type: a/b\r\nX-Other: c\r\nContent-Length: 5")
        .replace(b"{}", b"event")
        .replace(b"\xff\xc3\xa4", b"id")
    )
    wait = b"GET /2020-01-01/extension/event/next HTTP/1.1\r\nLambda-Extension-Identifier: id\r\n\r\n"
    with routes_before(reply) as (routes, platform):
        assert ask(routes, REGISTER).startswith(b"HTTP/1.1 200 OK\r\n")
        for _ in range(2):
            told = ask(routes, wait)
            assert told.endswith(b"\r\n\r\nevent")
            assert b"content-type: a/b\r\n" in told.lower()
            assert b"X-Other" not in told
            # Ahead of the next: what comes now is not lost.
            routes.take_over()
        assert b"403 Forbidden" in ask(routes, wait.replace(b": id", b": other"))
        assert len(platform.received) >= 3


def test_a_worker_that_asks_for_metadata_with_ever_new_tokens_costs_the_platform_a_few_questions(
    routes_before: Start,
) -> None:
    ask_with = b"GET /2026-01-15/metadata/execution-environment HTTP/1.1\r\nAuthorization: Bearer %d\r\n\r\n"
    with routes_before() as (routes, platform):
        routes.poll_ahead()
        for invocation in range(2):
            told = [ask(routes, ask_with % (100 * invocation + number)).split()[1] for number in range(20)]
            assert told == [b"200"] * 8 + [b"403"] * 12
            assert len(platform.received) == 8 * (invocation + 1)
            routes.end_invocation()


def test_what_a_worker_asks_decides_no_answer_about_metadata_that_another_gets(routes_before: Start) -> None:
    start = b"GET /2026-01-15/metadata/execution-environmen"
    odd = b" HTTP/1.1\r\nAuthorization: tBearer 1\r\nAccept: a/b\r\nLambda-Extension-X: y\r\nContent-Length: 3\r\n\r\nany"
    with routes_before() as (routes, platform):
        routes.poll_ahead()
        assert ask(routes, start + odd).split()[1] == b"200"
        assert ask(routes, start + b"t HTTP/1.1\r\nAuthorization: Bearer 1\r\n\r\n").split()[1] == b"200"
        first, second = platform.received
        assert b"Bearer 1" in second
        assert not [one for one in (b"a/b", b"Extension-X", b"any") if one in first]
