"""The native supervisor sends the Runtime API what the Python one sends, and makes of its words the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

import pytest
from tests.native.compared import Native, native, of, say

from dayfly.core.frames import ERROR, RESULT, Answer
from dayfly.supervisor import answers
from dayfly.supervisor.upstream import Upstream, UpstreamError

__all__ = ["native"]

_ID = "request-1"
_ECHO = "lambda-runtime-invocation-id"
EVENT = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: request-1\r\nContent-Type: a\r\nContent-Length: 2\r\n\r\n{}"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n" + b'{"status":"OK"}\n'
TOO_LARGE = b"HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# What is done with a request: read it whole and say the words; CLOSE ends the connection behind them, EARLY says them once the
# head is read.
CLOSE, EARLY = "close", "early"

Step = tuple[bytes, str]
Request = tuple[str, str, bytes, str]


class Platform:
    """Answers requests on any number of connections, in the order of its steps, and keeps what it read."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.requests: list[tuple[int, bytes]] = []
        self.connections = 0
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            buffered = b""
            while True:
                head, buffered = self._read_until(connection, buffered, b"\r\n\r\n")
                if not head:
                    return
                with self._lock:
                    words, how = self._steps.pop(0) if self._steps else (b"", CLOSE)
                if how == EARLY:
                    self._keep(number, head)
                    connection.sendall(words)
                    return
                body, buffered = self._read_body(connection, head, buffered)
                self._keep(number, head + body)
                if how == CLOSE:
                    # The end comes with the words, in one segment: nobody can ask again in between.
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                if words:
                    connection.sendall(words)
                if how == CLOSE:
                    connection.shutdown(socket.SHUT_WR)
                    return

    def _read_body(self, connection: socket.socket, head: bytes, buffered: bytes) -> tuple[bytes, bytes]:
        if b"Transfer-Encoding: chunked" in head:
            with self._lock:
                words, how = self._steps.pop(0)
            connection.sendall(words)
            return self._read_until(connection, buffered, b"\r\n\r\n") if not how else (b"", buffered)
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or 0)
        while len(buffered) < length:
            data = connection.recv(1 << 20)
            if not data:
                break
            buffered += data
        return buffered[:length], buffered[length:]

    @staticmethod
    def _read_until(connection: socket.socket, buffered: bytes, mark: bytes) -> tuple[bytes, bytes]:
        while mark not in buffered:
            try:
                data = connection.recv(1 << 16)
            except OSError:
                return b"", b""
            if not data:
                return b"", b""
            buffered += data
        before, _, after = buffered.partition(mark)
        return before + mark, after

    def _keep(self, number: int, request: bytes) -> None:
        with self._lock:
            self.requests.append((number, request.replace(self.address.encode(), b"HOST")))

    def close(self) -> None:
        """Accept no more."""
        self._listener.close()


def python_told(address: str, requests: Sequence[Request]) -> bytes:
    upstream = Upstream(address)
    told = b""
    for what, first, body, meta in requests:
        echo = {_ECHO: first} if first and not first.startswith("/") else {}
        try:
            if what == "next":
                reply = upstream.next()
            elif what == "hold":
                held = upstream.hold(_ID, echo)
                if held is None:
                    told += b"continued "
                    continue
                reply = held
            elif what == "get":
                reply = upstream.get(first)
            elif what == "post":
                headers = {"Content-Type": "application/json"}
                reply = upstream.post(
                    first, body, headers | ({"Lambda-Runtime-Function-Error-Type": meta} if meta else {})
                )
            else:
                kind = what.removeprefix("held")
                outcome: Answer | answers.Failure
                if kind == "failure":
                    outcome = answers.Failure("Runtime.ExitError", "")
                    outcome.body = body
                else:
                    outcome = Answer(RESULT if kind == "result" else ERROR, meta.encode(), body, len(body))
                answers.send(upstream, _ID, outcome, held=what != kind, echo=echo)
                reply = upstream.reply()
        except UpstreamError:
            told += b"lost "
        else:
            told += b"replied " + say(reply.status, reply.defect, reply.body)
    return told


PLAIN = ""
NEXT: Request = ("next", "", b"", "")
HOLD: Request = ("hold", "echo-1", b"", "")
CASES: dict[str, tuple[list[Step], list[Request]]] = {
    "one event": ([(EVENT, PLAIN), (ACCEPTED, PLAIN)], [NEXT, ("result", "echo", b"body", "text/plain")]),
    "errors": (
        [(ACCEPTED, PLAIN)] * 4,
        [
            ("error", "", b"{}", ""),
            ("error", "e", b"{}", '{"cause":1}'),
            ("error", "", b"{}", "x" * 70_000),
            ("failure", "e", b"{}", ""),
        ],
    ),
    "a held response": (
        [(EVENT, PLAIN), (ACCEPTED, PLAIN), (CONTINUE, PLAIN), (EVENT, PLAIN)],
        [NEXT, HOLD, ("heldresult", "", b"answer", "a/b"), NEXT],
    ),
    "a held error": (
        [(ACCEPTED, PLAIN), (CONTINUE, PLAIN)] * 3,
        [
            HOLD,
            ("helderror", "", b"e" * 2048, "cause"),
            HOLD,
            ("helderror", "", b"e" * 2049, ""),
            HOLD,
            ("heldfailure", "", b"{}", ""),
        ],
    ),
    "a held answer without a body": (
        [(ACCEPTED, PLAIN), (CONTINUE, PLAIN)],
        [HOLD, ("heldresult", "", b"", "a/b")],
    ),
    "nothing is held": (
        [(b"", CLOSE), (ACCEPTED, CLOSE), (EVENT, PLAIN)],
        [HOLD, NEXT],
    ),
    "a hold whose connection ends without a word": (
        [(EVENT, PLAIN), (b"", EARLY), (ACCEPTED, PLAIN), (CONTINUE, PLAIN)],
        [NEXT, HOLD, ("heldresult", "", b"answer", "a/b")],
    ),
    "nobody there to hold for": ([(b"", EARLY)] * 2, [HOLD]),
    "a long answer": ([(ACCEPTED, PLAIN), (EVENT, PLAIN)], [("result", "", b"x" * (6 << 20), "a"), NEXT]),
    "an answer that is refused early": (
        [(TOO_LARGE, EARLY), (EVENT, PLAIN)],
        [("result", "", b"x" * (6 << 20), "a"), NEXT],
    ),
    "a connection that is closed in between": (
        [(EVENT, CLOSE), (ACCEPTED, PLAIN)],
        [NEXT, ("result", "", b"", "a")],
    ),
    "an end without a word": ([(b"", CLOSE), (b"", CLOSE), (EVENT, PLAIN)], [NEXT]),
    "nobody there any more": ([(b"", CLOSE)] * 3, [NEXT]),
    "an end in the middle": ([(EVENT[:-1], CLOSE), (EVENT, PLAIN)], [NEXT, NEXT]),
    "an end in the head": ([(EVENT[:30], CLOSE)], [NEXT]),
    "no HTTP": ([(b"SSH-2.0\r\n\r\n", PLAIN), (EVENT, PLAIN)], [NEXT, NEXT]),
    "a malformed head": (
        [(b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", PLAIN), (ACCEPTED, PLAIN)],
        [NEXT, ("failure", "", b"{}", "")],
    ),
    "more than one reply": (
        [(EVENT + ACCEPTED, PLAIN), (TOO_LARGE, PLAIN), (EVENT, PLAIN)],
        [NEXT, ("result", "", b"", "a"), NEXT],
    ),
    "a reply that ends with its connection": (
        [(b"HTTP/1.1 200 OK\r\n\r\nabc", CLOSE), (EVENT, PLAIN)],
        [NEXT, NEXT],
    ),
    "a last reply": (
        [(EVENT.replace(b"Content-T", b"Connection: close\r\nContent-T"), PLAIN), (ACCEPTED, PLAIN)],
        [NEXT, ("result", "", b"", "a")],
    ),
    "the start": (
        [(ACCEPTED, PLAIN), (EVENT, PLAIN), (ACCEPTED, PLAIN)],
        [
            ("post", "/init/error", b"{}", "Runtime.InvalidSetting"),
            ("get", "/restore/next", b"", ""),
            ("post", "/restore/error", b"x", ""),
        ],
    ),
    "an interim reply that nobody asked for": ([(b"HTTP/1.1 103 Early\r\n\r\n" + EVENT, PLAIN)], [NEXT]),
}


@of("upstream")
@pytest.mark.parametrize("name", CASES)
def test_both_speak_alike(native: Native, name: str) -> None:
    steps, requests = CASES[name]
    native_side, python_side = Platform(steps), Platform(steps)
    pieces = [native_side.address.encode()]
    for request in requests:
        pieces += [part if isinstance(part, bytes) else part.encode() for part in request]
    assert native.told(pieces) == python_told(python_side.address, requests)
    assert [request for _, request in native_side.requests] == [
        request for _, request in python_side.requests
    ]
    # A connection that is left is another one for both.
    assert [number for number, _ in native_side.requests] == [number for number, _ in python_side.requests]
    native_side.close()
    python_side.close()


@of("upstream")
def test_nobody_there(native: Native) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert native.told([b"127.0.0.1:%d" % port, b"next", b"", b"", b""]) == b"lost "
