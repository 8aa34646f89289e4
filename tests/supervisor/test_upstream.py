"""The one connection to the Runtime API, against a raw server that says exactly what a test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dayfly import __version__
from dayfly.supervisor.upstream import Upstream, UpstreamError

DEADLINE_S = 60.0
OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Peer:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._is_cut = False

    def read_head(self) -> str:
        """Return request line and headers, ended."""
        return self.read_until(b"\r\n\r\n").decode()

    def read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            data = self._connection.recv(65536)
            assert data, f"the client closed; it had sent {self._buffer[:200]!r}"
            self._buffer += data
        found, _, self._buffer = self._buffer.partition(mark)
        return found + mark

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self._connection.recv(65536)
            assert data, "the client closed"
            self._buffer += data
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def read_end(self) -> None:
        assert self._connection.recv(1) == b"", "the client went on"

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._connection.sendall(piece)

    def reset_at_close(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._is_cut = True

    def close(self) -> None:
        if self._is_cut:
            self._connection.close()
            return
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


@contextmanager
def served(*scripts: Callable[[Peer], None]) -> Iterator[Upstream]:
    """Yield a client whose connections are served by `scripts`, one each; a script's failure is raised."""
    failures: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_S)

        def serve() -> None:
            try:
                for script in scripts:
                    connection, _ = server.accept()
                    connection.settimeout(DEADLINE_S)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    with connection:
                        script(Peer(connection))
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Upstream(f"127.0.0.1:{server.getsockname()[1]}")
        finally:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
    if failures:
        raise failures[0]


def test_the_next_event_is_asked_for_and_returned() -> None:
    def script(peer: Peer) -> None:
        head = peer.read_head()
        assert head.startswith("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:")
        assert f"User-Agent: dayfly/{__version__}\r\n" in head
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\n{}")

    with served(script) as upstream:
        reply = upstream.next()
        assert (reply.status, reply.body) == (200, b"{}")
        assert reply.headers["lambda-runtime-aws-request-id"] == "1"


def test_a_chunked_event_is_returned_however_it_is_cut() -> None:
    """The emulator sends bodies over 2 KB chunked."""
    body = bytes(range(256)) * 40
    message = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 1000]), body[at : at + 1000])
        for at in range(0, len(body), 1000)
    )

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(*(message[at : at + 333] for at in range(0, len(message), 333)), b"0\r\n", b"\r\n")

    with served(script) as upstream:
        assert upstream.next().body == body


def test_one_connection_serves_many_calls() -> None:
    def script(peer: Peer) -> None:
        for _ in range(3):
            peer.read_head()
            peer.send(OK)

    with served(script) as upstream:
        assert [upstream.get("/a").status for _ in range(3)] == [202] * 3


def test_after_a_reply_that_closes_a_new_connection_is_made() -> None:
    def closing(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    def other(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)

    with served(closing, other) as upstream:
        assert upstream.get("/a").status == 202
        assert upstream.get("/b").status == 202


@pytest.mark.parametrize("is_cut", [False, True], ids=["ended", "reset"])
def test_a_connection_that_was_closed_between_two_calls_is_replaced(is_cut: bool) -> None:
    """As RFC 9112 lets a server do; found by the lab's faults, under which AWS's own client goes on."""
    is_closed = threading.Event()

    def closing(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        if is_cut:
            peer.reset_at_close()
        peer.close()
        is_closed.set()

    def other(peer: Peer) -> None:
        assert "/id-2/response" in peer.read_head()
        assert peer.read(4) == b"body"
        peer.send(OK)

    with served(closing, other) as upstream:
        assert upstream.get("/a").status == 202
        assert is_closed.wait(DEADLINE_S)
        upstream.respond("id-2", b"body", "text/plain", {})
        assert upstream.reply().status == 202


def test_a_connection_that_closes_on_a_request_is_not_replaced() -> None:
    """Nobody can say whether the platform has acted on it: sent again, it could be an answer twice."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.close()

    with served(script) as upstream:
        upstream.respond("id-1", b"body", "text/plain", {})
        with pytest.raises(UpstreamError):
            upstream.reply()


@pytest.mark.parametrize("is_cut", [False, True], ids=["ended", "reset"])
def test_the_next_event_is_asked_for_again_where_a_connection_ends_without_a_word(is_cut: bool) -> None:
    """Found by the lab's faults: awslambdaric goes on where the environment ended, and its event was lost."""

    def closing(peer: Peer) -> None:
        peer.read_head()
        if is_cut:
            peer.reset_at_close()
        peer.close()

    def other(peer: Peer) -> None:
        assert peer.read_head().startswith("GET /2018-06-01/runtime/invocation/next ")
        peer.send(b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 7\r\nContent-Length: 2\r\n\r\n{}")

    with served(closing, closing, other) as upstream:
        assert upstream.next().body == b"{}"


@pytest.mark.parametrize("is_cut", [False, True], ids=["ended", "reset"])
def test_an_answer_is_opened_over_another_connection_where_the_first_ends_without_a_word(
    is_cut: bool,
) -> None:
    """A connection that is kept alive may end while a request is sent over it: an environment died of that."""

    def closing(peer: Peer) -> None:
        assert peer.read_head().startswith("GET ")
        peer.send(b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 7\r\nContent-Length: 2\r\n\r\n{}")
        peer.read_head()
        if is_cut:
            peer.reset_at_close()
        peer.close()

    def other(peer: Peer) -> None:
        assert peer.read_head().startswith("POST /2018-06-01/runtime/invocation/7/response ")
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    with served(closing, other) as upstream:
        upstream.next()
        assert upstream.hold("7", {}) is None


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 404 Not"])
def test_an_answer_is_opened_twice_at_most_and_not_where_a_part_of_a_reply_came(said: bytes) -> None:
    def closing(peer: Peer) -> None:
        peer.read_head()
        peer.send(said)
        peer.close()

    with served(*[closing] * (1 if said else 2)) as upstream, pytest.raises(UpstreamError):
        upstream.hold("7", {})


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_the_next_event_is_not_asked_for_for_ever_nor_where_a_part_of_it_came(said: bytes) -> None:
    def closing(peer: Peer) -> None:
        peer.read_head()
        peer.send(said)
        peer.close()

    with served(*[closing] * (1 if said else 3)) as upstream, pytest.raises(UpstreamError):
        upstream.next()


@pytest.mark.parametrize("size", [0, 5, 65_536, 6_000_000])
def test_a_response_carries_type_length_body_and_what_is_echoed(size: int) -> None:
    body = b"r" * size

    def script(peer: Peer) -> None:
        head = peer.read_head()
        assert head.startswith("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n")
        assert f"\r\nContent-Length: {size}\r\n" in head
        assert "\r\nContent-Type: application/json\r\n" in head
        assert "\r\nlambda-runtime-invocation-id: 7\r\n" in head
        assert peer.read(size) == body
        peer.send(OK)

    with served(script) as upstream:
        upstream.respond("id-1", body, "application/json", {"lambda-runtime-invocation-id": "7"})
        assert upstream.reply().status == 202


def test_an_error_goes_to_its_own_route_with_its_headers() -> None:
    def script(peer: Peer) -> None:
        head = peer.read_head()
        assert head.startswith("POST /2018-06-01/runtime/invocation/id-1/error HTTP/1.1\r\n")
        assert "\r\nLambda-Runtime-Function-Error-Type: Runtime.ExitError\r\n" in head
        assert peer.read(2) == b"{}"
        peer.send(OK)

    with served(script) as upstream:
        upstream.fail("id-1", b"{}", {"Lambda-Runtime-Function-Error-Type": "Runtime.ExitError"})
        assert upstream.reply().status == 202


def test_a_refusal_in_the_middle_of_a_body_is_a_reply_and_not_an_outage() -> None:
    """413: the platform answers and closes before it read six megabytes."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        peer.read(1_000_000)

    def next_event(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)

    with served(script, next_event) as upstream:
        upstream.respond("id-1", b"x" * 20_000_000, "application/json", {})
        reply = upstream.reply()
        assert (reply.status, reply.body) == (413, b"no")
        assert upstream.next().status == 202


def test_a_held_response_is_open_once_the_platform_says_continue() -> None:
    released = threading.Event()

    def script(peer: Peer) -> None:
        head = peer.read_head()
        assert head.startswith("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n")
        for line in ("Transfer-Encoding: chunked", "Expect: 100-continue", "Content-Type: application/json"):
            assert f"\r\n{line}\r\n" in head
        assert "\r\nTrailer: " in head
        peer.send(b"HTTP/1.1 100 Con", b"tinue\r\n\r\n")
        assert released.wait(DEADLINE_S)
        assert peer.read_until(b"0\r\n\r\n") == b"2\r\n{}\r\n0\r\n\r\n"
        peer.send(OK)

    with served(script) as upstream:
        assert upstream.hold("id-1", {}) is None
        released.set()
        upstream.finish_held(b"{}", {})
        assert upstream.reply().status == 202


def test_a_held_empty_answer_is_one_last_chunk() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert peer.read_until(b"\r\n\r\n") == b"0\r\n\r\n"
        peer.send(OK)

    with served(script) as upstream:
        assert upstream.hold("id-1", {}) is None
        upstream.finish_held(b"", {})
        assert upstream.reply().status == 202


def test_a_held_error_is_announced_by_trailers_after_the_last_chunk() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        sent = peer.read_until(b"0\r\n") + peer.read_until(b"\r\n\r\n")
        assert sent == b"5\r\nfault\r\n0\r\nLambda-Runtime-Function-Error-Type: T\r\nX: y\r\n\r\n"
        peer.send(OK)

    with served(script) as upstream:
        assert upstream.hold("id-1", {}) is None
        upstream.finish_held(b"fault", {"Lambda-Runtime-Function-Error-Type": "T", "X": "y"})
        assert upstream.reply().status == 202


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_hold_that_is_refused_returns_the_refusal(status: int) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(f"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno".encode())
        # On this connection the body that was announced is still due: nothing else may be sent here.
        peer.read_end()

    def other(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)

    with served(script, other) as upstream:
        reply = upstream.hold("id-1", {})
        assert reply is not None
        assert (reply.status, reply.body) == (status, b"no")
        assert upstream.get("/next").status == 202


def test_a_late_continue_before_a_plain_reply_is_passed_over() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK)

    with served(script) as upstream:
        assert upstream.post("/init/error", b"{}", {}).status == 202


@pytest.mark.parametrize("extra", [OK, b"x", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_reply_to_nothing_is_never_taken_for_the_reply_to_the_next_call(extra: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK + extra)

    def next_script(peer: Peer) -> None:
        assert peer.read_head().startswith("POST /2018-06-01/runtime/invocation/id-1/response ")
        peer.send(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    with served(script, next_script) as upstream:
        assert upstream.get("/a").status == 202
        refusal = upstream.hold("id-1", {})
        assert refusal is not None
        assert refusal.status == 403


@pytest.mark.parametrize("status", [101, 102, 103])
def test_only_a_continue_says_that_the_response_is_held(status: int) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(f"HTTP/1.1 {status} Soon\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".encode())

    with served(script) as upstream:
        reply = upstream.hold("id-1", {})
        assert reply is not None
        assert reply.status == 403


@pytest.mark.parametrize(
    "address", ["127.0.0.1:99999", "127.0.0.1:²", "\udcff:80", "", "127.0.0.1:" + "1" * 5000]
)
def test_an_address_that_is_none_is_an_upstream_error(address: str) -> None:
    with pytest.raises(UpstreamError):
        Upstream(address).next()


BROKEN = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nConte",
    "only a continue": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_server_that_breaks_off_is_an_upstream_error(case: str) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(BROKEN[case])

    # Without a word of a reply it is asked three times.
    scripts = [script] * (1 if BROKEN[case] else 3)
    with served(*scripts) as upstream, pytest.raises(UpstreamError, match=r"127\.0\.0\.1:\d+"):
        upstream.next()


@pytest.mark.parametrize("frame", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
def test_a_reply_that_breaks_off_behind_its_head_has_a_defect(frame: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nA: b\r\n" + frame + b"\r\n\r\n9\r\nhalf")

    def next_script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)

    with served(script, next_script) as upstream:
        reply = upstream.next()
        assert (reply.status, reply.headers["a"]) == (200, "b")
        assert "in the middle of a reply" in reply.defect
        assert upstream.get("/a").status == 202


def test_what_is_no_http_is_an_upstream_error() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"220 mail ready\r\n\r\n")

    with served(script) as upstream, pytest.raises(UpstreamError, match="no valid reply"):
        upstream.next()


def test_a_server_that_closes_on_a_long_body_without_a_word_is_an_upstream_error() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.close()

    with served(script) as upstream, pytest.raises(UpstreamError):
        upstream.post("/invocation/1/response", b"x" * 20_000_000, {})


def test_a_platform_that_cannot_be_reached_is_an_upstream_error() -> None:
    with pytest.raises(UpstreamError, match="cannot be reached"):
        Upstream("127.0.0.1:1").next()
