"""Events that went to requests of the dead reach the living, once each, whatever order the platform serves in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from dayfly.core.http1 import Reply
from dayfly.supervisor.reclaim import IN_PROGRESS, REQUEST_ID, Reclaimer
from dayfly.supervisor.upstream import Upstream
from dayfly.testing.runtime_api import NEXT, FakeRuntimeApi


@pytest.fixture
def api() -> Iterator[FakeRuntimeApi]:
    """A platform that, as AWS's emulator, does not notice that who asked is gone."""
    with FakeRuntimeApi(notices_death=False) as made:
        yield made


def begin(api: FakeRuntimeApi) -> tuple[Upstream, Reclaimer]:
    """A supervisor that has had an event, and whose worker was then found at the API."""
    upstream = Upstream(api.address)
    api.send("first")
    answer(upstream, upstream.next())
    reclaimer = Reclaimer(upstream)
    reclaimer.is_needed = True
    return upstream, reclaimer


def answer(upstream: Upstream, event: Reply) -> int:
    upstream.respond(event.headers[REQUEST_ID], b'"ours"', "application/json", {})
    return upstream.reply().status


def answer_as_another(address: str, identifier: str) -> None:
    """Answer in one piece: between head and body the platform would refuse everybody the next event."""
    host, port = address.split(":")
    body = b'"ours"'
    head = f"POST /2018-06-01/runtime/invocation/{identifier}/response HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 202")


def die_polling(api: FakeRuntimeApi, count: int) -> None:
    """Ask for the next event as processes that are killed while they wait."""
    host, port = api.address.split(":")
    for _ in range(count):
        read = len(api.requests)
        with socket.create_connection((host, int(port))) as dead:
            dead.sendall(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            wait_for(lambda read=read: len(api.requests) > read)  # type: ignore[misc]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.001)


@pytest.mark.parametrize("dead", [1, 2, 8])
def test_every_event_is_served_once_though_the_dead_asked_first(api: FakeRuntimeApi, dead: int) -> None:
    upstream, reclaimer = begin(api)
    die_polling(api, dead)
    answered: list[str] = []
    for number in range(dead + 4):
        sent = api.send(number)
        event = reclaimer.next_event(answered)
        assert event.body == str(number).encode()
        answered.append(event.headers[REQUEST_ID])
        assert answer(upstream, event) == 202
        assert sent.wait().payload == "ours"
    assert len(set(answered)) == dead + 4
    assert upstream.overtaken <= dead + 1


def test_an_event_in_progress_is_taken_over_at_once(api: FakeRuntimeApi) -> None:
    upstream, reclaimer = begin(api)
    held = api.send("held")
    die_polling(api, 1)
    wait_for(lambda: held.deliveries > 0)
    event = reclaimer.next_event([])
    assert event.body == b'"held"'
    assert answer(upstream, event) == 202
    assert held.wait().payload == "ours"
    assert upstream.overtaken == 0


def test_where_nobody_dead_has_asked_it_is_over_with_the_first_event(api: FakeRuntimeApi) -> None:
    upstream, reclaimer = begin(api)
    timer = threading.Timer(0.05, api.send, args=("later",))
    timer.start()
    event = reclaimer.next_event([])
    timer.join()
    assert event.body == b'"later"'
    assert not reclaimer.is_needed
    assert upstream.overtaken == 0


def test_an_event_that_was_answered_is_not_served_again(api: FakeRuntimeApi) -> None:
    upstream, reclaimer = begin(api)
    sent = api.send("once")
    event = upstream.next()
    identifier = event.headers[REQUEST_ID]
    # It is given out again, since it is not answered yet; a second process may have asked for it.
    api.send("next")
    # By another client: an Upstream reads into one buffer of its process, which is the supervisor's alone.
    timer = threading.Timer(0.05, answer_as_another, (api.address, identifier))
    timer.start()
    following = reclaimer.next_event([identifier])
    timer.join()
    assert following.body == b'"next"'
    assert sent.wait().payload == "ours"


def test_a_platform_that_names_no_state_is_waited_for_as_ever() -> None:
    """Who refuses otherwise is not asked again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        requests: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while data := connection.recv(65536):
                    requests.append(data.split(b"\r\n")[0])
                    if b"/init/error" in data:
                        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    else:
                        threading.Event().wait(0.1)
                        head = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: one\r\n"
                        connection.sendall(head + b"Content-Length: 2\r\n\r\n{}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        reclaimer = Reclaimer(Upstream(f"127.0.0.1:{server.getsockname()[1]}"))
        reclaimer.is_needed = True
        assert reclaimer.next_event([]).body == b"{}"
        assert sum(b"/init/error" in request for request in requests) == 1


def test_a_refusal_between_two_states_of_the_platform_is_no_event(api: FakeRuntimeApi) -> None:
    """While an answer is on its way, whoever asks for the next event is refused."""
    _, reclaimer = begin(api)
    held = api.send("held")
    die_polling(api, 1)
    wait_for(lambda: held.deliveries > 0)
    api.send("next")
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port))) as other:
        head = f"POST /2018-06-01/runtime/invocation/{held.request_id}/response HTTP/1.1\r\nHost: x\r\n"
        other.sendall(f"{head}Content-Length: 2\r\n\r\n".encode())
        probe = Upstream(api.address)
        wait_for(lambda: probe.state() != IN_PROGRESS)
        before = len(api.requests)
        timer = threading.Timer(0.05, other.sendall, args=(b"{}",))
        timer.start()
        event = reclaimer.next_event([])
        timer.join()
    assert event.status == 200
    assert event.body == b'"next"'
    assert len(api.requests) > before
