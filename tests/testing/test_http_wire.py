"""Requests are read as they came: chunks, trailers, 100-continue, and whatever is not HTTP is refused."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from dayfly.testing.http_wire import Request, Wire, WireError, header


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Wire]]:
    client, server = socket.socketpair()
    client.settimeout(60)
    server.settimeout(60)
    with client, server:
        yield client, Wire(server)


def _read(wire: Wire) -> Request:
    head = wire.read_head()
    assert head is not None
    return wire.read_body(head)


def test_a_body_with_a_length_is_read_and_no_byte_more(ends: tuple[socket.socket, Wire]) -> None:
    client, wire = ends
    client.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n")
    assert _read(wire).body == b"abc"
    assert _read(wire).head.target == "/b"


def test_chunks_and_trailers_are_told_apart(ends: tuple[socket.socket, Wire]) -> None:
    client, wire = ends
    client.sendall(
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Error: yes\r\n\r\n"
    )
    request = _read(wire)
    assert (request.body, request.chunks, request.is_chunked) == (b"abcde", (3, 2), True)
    assert header(request.trailers, "x-error") == "yes"


def test_continue_is_sent_before_the_body_is_read(ends: tuple[socket.socket, Wire]) -> None:
    client, wire = ends
    client.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    said: list[bytes] = []

    def send_once_told() -> None:
        said.append(client.recv(100))
        client.sendall(b"ok")

    sender = threading.Thread(target=send_once_told)
    sender.start()
    request = _read(wire)
    sender.join()
    assert said == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert request.body == b"ok"


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nfolded: a\r\n b: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nunfinished",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
    ],
)
def test_what_is_not_http_is_refused(ends: tuple[socket.socket, Wire], sent: bytes) -> None:
    client, wire = ends
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)
    with pytest.raises(WireError):
        _read(wire)


def test_a_peer_that_closes_between_requests_is_no_fault(ends: tuple[socket.socket, Wire]) -> None:
    client, wire = ends
    assert not wire.peer_is_gone()
    client.close()
    assert wire.peer_is_gone()
    assert wire.read_head() is None
