"""What the supervisor sends to the Runtime API, byte by byte, and what it makes of its words."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Sequence

import pytest
from tests.native.compared import Native, native, of, say

from dayfly import __version__

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
        self._lock = threading.Condition()
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
            self._lock.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many requests are kept: some are once they are answered."""
        with self._lock:
            self._lock.wait_for(lambda: len(self.requests) >= count, timeout=60)

    def close(self) -> None:
        """Accept no more."""
        self._listener.close()


def asked(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    words = "".join(
        f"{line}\r\n"
        for line in (
            f"{method} /2018-06-01/runtime{path} HTTP/1.1",
            "Host: HOST",
            f"User-Agent: dayfly/{__version__}",
            *headers,
        )
    )
    return words.encode() + b"\r\n" + body


def posted(path: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    """A request with a body, and nothing behind it."""
    return asked("POST", path, f"Content-Length: {len(body)}", f"Content-Type: {kind}", *headers, body=body)


def held(chunks: bytes) -> bytes:
    """A response that is held open, up to its end."""
    return asked(
        "POST",
        RESPONSE,
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        f"{_ECHO}: echo-1",
        body=chunks,
    )


def failed(body: bytes, kind: str, *, has_body: bool = True) -> bytes:
    """What ends a held response with an error."""
    told = base64.b64encode(body).decode()
    return (
        b"%x\r\n%s\r\n0\r\n" % (len(body), body)
        + (
            f"Lambda-Runtime-Function-Error-Type: {kind}\r\n"
            + (f"Lambda-Runtime-Function-Error-Body: {told}\r\n" if has_body else "")
            + "\r\n"
        ).encode()
    )


RESPONSE, ERROR = f"/invocation/{_ID}/response", f"/invocation/{_ID}/error"
ASKED = asked("GET", "/invocation/next")
SERVED, TAKEN, LOST = say(200, "", b"{}"), say(202, "", b'{"status":"OK"}\n'), b"lost "
EXITED = "Lambda-Runtime-Function-Error-Type: Runtime.ExitError"
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
    "an answer whose connection ends without a word": (
        [(EVENT, PLAIN), (b"", CLOSE), (ACCEPTED, PLAIN)],
        [NEXT, ("result", "", b"answer", "a/b")],
    ),
    "nobody there to answer": ([(b"", CLOSE)] * 2, [("failure", "e", b"{}", "")]),
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


# What came of each request, "continued" or "lost" or a reply, and what was sent on which connection.
EXPECTED: dict[str, tuple[list[bytes | None], list[tuple[int, bytes]]]] = {
    "one event": (
        [SERVED, TAKEN],
        [(1, ASKED), (1, posted(RESPONSE, b"body", f"{_ECHO}: echo", kind="text/plain"))],
    ),
    "errors": (
        [TAKEN] * 4,
        [
            (1, posted(ERROR, b"{}")),
            (
                1,
                posted(ERROR, b"{}", f"{_ECHO}: e", 'Lambda-Runtime-Function-XRay-Error-Cause: {"cause":1}'),
            ),
            # Too long a cause is left out.
            (1, posted(ERROR, b"{}")),
            (1, posted(ERROR, b"{}", EXITED, f"{_ECHO}: e")),
        ],
    ),
    "a held response": (
        [SERVED, None, TAKEN, SERVED],
        [(1, ASKED), (1, held(b"6\r\nanswer\r\n0\r\n\r\n")), (1, ASKED)],
    ),
    "a held error": (
        [None, TAKEN] * 3,
        [
            (1, held(failed(b"e" * 2048, "Function.Unknown"))),
            # A trailer has 4 kB at most.
            (1, held(failed(b"e" * 2049, "Function.Unknown", has_body=False))),
            (1, held(failed(b"{}", "Runtime.ExitError"))),
        ],
    ),
    "a held answer without a body": ([None, TAKEN], [(1, held(b"0\r\n\r\n"))]),
    "nothing is held": ([TAKEN, SERVED], [(1, held(b"")), (2, ASKED)]),
    "a hold whose connection ends without a word": (
        [SERVED, None, TAKEN],
        [(1, ASKED), (1, held(b"")), (2, held(b"6\r\nanswer\r\n0\r\n\r\n"))],
    ),
    "nobody there to hold for": ([LOST], [(1, held(b"")), (2, held(b""))]),
    "an answer whose connection ends without a word": (
        [SERVED, TAKEN],
        [
            (1, ASKED),
            (1, posted(RESPONSE, b"answer", kind="a/b")),
            (2, posted(RESPONSE, b"answer", kind="a/b")),
        ],
    ),
    "nobody there to answer": (
        [LOST],
        [(number, posted(ERROR, b"{}", EXITED, f"{_ECHO}: e")) for number in (1, 2)],
    ),
    "a long answer": (
        [TAKEN, SERVED],
        [(1, posted(RESPONSE, b"x" * (6 << 20), kind="a")), (1, ASKED)],
    ),
    "an answer that is refused early": (
        [say(413, "", b""), SERVED],
        [(1, posted(RESPONSE, b"x" * (6 << 20), kind="a")[: -6 << 20]), (2, ASKED)],
    ),
    "a connection that is closed in between": (
        [SERVED, TAKEN],
        [(1, ASKED), (2, posted(RESPONSE, b"", kind="a"))],
    ),
    "an end without a word": ([SERVED], [(1, ASKED), (2, ASKED), (3, ASKED)]),
    "nobody there any more": ([LOST], [(1, ASKED), (2, ASKED), (3, ASKED)]),
    "an end in the middle": (
        [say(200, "the connection closed in the middle of a reply", b""), SERVED],
        [(1, ASKED), (2, ASKED)],
    ),
    "an end in the head": ([LOST], [(1, ASKED)]),
    "no HTTP": ([LOST, SERVED], [(1, ASKED), (2, ASKED)]),
    "a malformed head": (
        [say(200, "the reply has a header line without a colon", b""), TAKEN],
        [(1, ASKED), (2, posted(ERROR, b"{}", EXITED))],
    ),
    "more than one reply": (
        [SERVED, say(413, "", b""), SERVED],
        [(1, ASKED), (2, posted(RESPONSE, b"", kind="a")), (3, ASKED)],
    ),
    "a reply that ends with its connection": (
        [say(200, "", b"abc"), SERVED],
        [(1, ASKED), (2, ASKED)],
    ),
    "a last reply": ([SERVED, TAKEN], [(1, ASKED), (2, posted(RESPONSE, b"", kind="a"))]),
    "the start": (
        [TAKEN, SERVED, TAKEN],
        [
            (1, posted("/init/error", b"{}", "Lambda-Runtime-Function-Error-Type: Runtime.InvalidSetting")),
            (1, asked("GET", "/restore/next")),
            (1, posted("/restore/error", b"x")),
        ],
    ),
    "an interim reply that nobody asked for": ([SERVED], [(1, ASKED)]),
}


@of("upstream")
@pytest.mark.parametrize("name", CASES)
def test_a_request_goes_out_as_it_should_and_a_fault_costs_its_connection(native: Native, name: str) -> None:
    steps, requests = CASES[name]
    replies, sent = EXPECTED[name]
    platform = Platform(steps)
    pieces = [platform.address.encode()]
    for request in requests:
        pieces += [part if isinstance(part, bytes) else part.encode() for part in request]
    words = (
        b"continued " if reply is None else reply if reply == LOST else b"replied " + reply
        for reply in replies
    )
    assert native.told(pieces) == b"".join(words)
    platform.wait_for(len(sent))
    # By connection: each is read by a thread of its own.
    assert sorted(platform.requests, key=lambda one: one[0]) == sorted(sent, key=lambda one: one[0])
    platform.close()


@of("upstream")
def test_nobody_there(native: Native) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert native.told([b"127.0.0.1:%d" % port, b"next", b"", b"", b""]) == b"lost "
