"""The fake Runtime API answers as AWS's emulator does: the same client is driven against both."""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie

from dayfly.testing.runtime_api import MAX_PAYLOAD_BYTES, FakeRuntimeApi

NEXT = "/2018-06-01/runtime/invocation/next"
Reply = tuple[int, object]


class Client:
    """A runtime by hand: one connection, one call at a time."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=60)

    def next(self) -> tuple[str, bytes]:
        """Request id and event."""
        self._connection.request("GET", NEXT)
        response = self._connection.getresponse()
        return response.getheader("Lambda-Runtime-Aws-Request-Id", ""), response.read()

    def call(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Status and JSON of any call."""
        self._connection.request(method, f"/2018-06-01/runtime/{path}", body)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextlib.contextmanager
def _fake() -> Iterator[tuple[Client, str]]:
    with FakeRuntimeApi() as api:
        for _ in range(3):
            api.send({"n": 1})
        client = Client(api.address)
        yield client, api.address
        client.close()


@contextlib.contextmanager
def _real(folder: Path) -> Iterator[tuple[Client, str]]:
    # A runtime that does nothing leaves the Runtime API to us.
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Rie(folder, command=sleeper) as rie:
        invoker = threading.Thread(target=lambda: _ignore_end(rie), daemon=True)
        invoker.start()
        # Before that, its Runtime API hangs up on whoever asks.
        rie.wait_for_log("assuming no extensions")
        client = Client(rie.runtime_api)
        yield client, rie.runtime_api
        client.close()


def _ignore_end(rie: Rie) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        rie.invoke({"n": 1})


def _wrong_identifier(client: Client) -> list[Reply]:
    client.next()
    return [client.call("POST", "invocation/not-the-one/response", b"1")]


def _second_response(client: Client) -> list[Reply]:
    identifier, _ = client.next()
    first = client.call("POST", f"invocation/{identifier}/response", b"1")
    return [
        first,
        client.call("POST", f"invocation/{identifier}/response", b"2"),
        client.call("POST", f"invocation/{identifier}/error", b"{}"),
    ]


def _too_big(client: Client) -> list[Reply]:
    identifier, _ = client.next()
    return [client.call("POST", f"invocation/{identifier}/response", b"x" * (MAX_PAYLOAD_BYTES + 1))]


def _again(client: Client) -> list[Reply]:
    first, second = client.next(), client.next()
    return [(0, first == second)]


def _error(client: Client) -> list[Reply]:
    identifier, _ = client.next()
    return [client.call("POST", f"invocation/{identifier}/error", b'{"errorType": "E"}')]


def _init_error(client: Client) -> list[Reply]:
    return [client.call("POST", "init/error", b'{"errorType": "E"}')]


@pytest.mark.parametrize(
    "conversation", [_wrong_identifier, _second_response, _too_big, _again, _error, _init_error]
)
def test_a_conversation_goes_as_with_awss_emulator(tmp_path: Path, conversation: object) -> None:
    assert callable(conversation)
    with _fake() as (client, _):
        faked = conversation(client)
    with _real(tmp_path) as (client, _):
        real = conversation(client)
    assert faked
    assert faked == real


def test_a_held_response_refuses_everybody_else() -> None:
    """The red-team notes' way to keep a worker from becoming the runtime, section 1.1."""
    with _fake() as (client, address):
        identifier, _ = client.next()
        holder = http.client.HTTPConnection(address, timeout=60)
        holder.putrequest("POST", f"/2018-06-01/runtime/invocation/{identifier}/response")
        holder.putheader("Transfer-Encoding", "chunked")
        holder.putheader("Expect", "100-continue")
        holder.endheaders()
        # Nothing but the interim answer tells that the state has changed.
        assert holder.sock.recv(100).startswith(b"HTTP/1.1 100")
        assert client.call("GET", "invocation/next")[0] == 403
        assert client.call("POST", f"invocation/{identifier}/response", b"mine")[0] == 403
        holder.sock.sendall(b"2\r\nok\r\n0\r\n\r\n")
        assert holder.sock.recv(100).startswith(b"HTTP/1.1 202")
        holder.close()


def test_a_runtime_that_vanishes_has_lost_its_invocation() -> None:
    with FakeRuntimeApi() as api:
        sent = api.send({})
        client = Client(api.address)
        client.next()
        client.close()
        assert sent.wait(60).kind == "lost"


def test_an_event_is_not_given_to_a_runtime_that_has_gone() -> None:
    with FakeRuntimeApi() as api:
        gone = http.client.HTTPConnection(api.address, timeout=60)
        gone.request("GET", NEXT)
        api.wait_until_ready()
        gone.close()
        client = Client(api.address)
        sent = api.send({"n": 7})
        identifier, event = client.next()
        assert (identifier, json.loads(event)) == (sent.request_id, {"n": 7})
        client.close()


def test_times_are_in_order() -> None:
    with FakeRuntimeApi() as api:
        sent = api.send({})
        api.send({})
        client = Client(api.address)
        identifier, _ = client.next()
        client.call("POST", f"invocation/{identifier}/response", b"1")
        client.next()
        times = sent.wait_next()
        assert 0 < times.sent < times.answer_begun <= times.answered < times.next_asked
        client.close()
