"""An HTTP/1.1 server with keep-alive, plain or behind TLS, that keeps a ledger of what it was sent."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.real.ledger import Ledger

HANDSHAKE_TIMEOUT_S = 60.0
# What the end of a killed worker looks like from here; anything else that TLS or HTTP complain about is a fault.
_ENDINGS = (
    ConnectionError,
    TimeoutError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


@dataclass(frozen=True)
class Call:
    """One request, its body decoded."""

    method: str
    path: str
    headers: Message
    body: bytes
    raw_body: bytes


@dataclass(frozen=True)
class Reply:
    """What the server answers; lengths are added."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


Answer = Callable[[Call], Reply]


def echo(call: Call) -> Reply:
    """Say what was asked; a path with /missing/ in it does not exist."""
    if "/missing/" in call.path:
        return Reply(404, b'{"error":"no such thing"}')
    text = {"method": call.method, "path": call.path, "bytes": len(call.raw_body)}
    return Reply(200, json.dumps(text).encode())


class HttpServer:
    """Serves on a loopback port between `__enter__` and `__exit__`, each connection in a thread."""

    def __init__(self, answer: Answer = echo, *, context: ssl.SSLContext | None = None) -> None:
        self.ledger = Ledger()
        self._answer = answer
        self._context = context
        self._serial = itertools.count(1)
        self._lock = threading.Lock()
        self._idle: set[socket.socket] = set()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> HttpServer:
        owner = self

        class Handler(_Handler):
            server_owner = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            remaining = list(self._open)
        for peer in remaining:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer, socket.SHUT_RDWR)
        self._thread.join(60)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address to call, by name."""
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def drop_idle(self) -> None:
        """Close every connection that waits for a request, as a server does with those that are idle."""
        with self._lock:
            idle = list(self._idle)
        for peer in idle:
            with contextlib.suppress(OSError):
                # The plain method: SSLSocket's own takes the TLS state from the thread that reads.
                socket.socket.shutdown(peer, socket.SHUT_RDWR)

    def secure(self, peer: socket.socket) -> socket.socket:
        """The connection to speak HTTP on; raises ssl.SSLError where the client speaks no TLS."""
        if self._context is None:
            return peer
        peer.settimeout(HANDSHAKE_TIMEOUT_S)
        secured = self._context.wrap_socket(peer, server_side=True)
        secured.settimeout(None)
        return secured

    def name_connection(self) -> str:
        return f"{self.port}/{next(self._serial)}"

    def opened(self, peer: socket.socket) -> None:
        with self._lock:
            self._open.add(peer)

    def closed(self, peer: socket.socket) -> None:
        with self._lock:
            self._open.discard(peer)
            self._idle.discard(peer)

    def mark(self, peer: socket.socket, *, idle: bool) -> None:
        with self._lock:
            if idle:
                self._idle.add(peer)
            else:
                self._idle.discard(peer)

    def answer(self, call: Call, *, connection: str) -> Reply:
        content = b"\n".join((call.path.encode(), bytes(call.headers), call.body))
        self.ledger.record(content, connection=connection)
        return self._answer(call)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Everything is noted in the ledger where it happens."""


class _Handler(BaseHTTPRequestHandler):
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    server_owner: HttpServer
    # Head and body would otherwise leave in two packets, the second after the client's delayed ACK: 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.name = self.server_owner.name_connection()
        try:
            self.request = self.server_owner.secure(self.request)
        except _ENDINGS:
            raise
        except OSError as error:
            self.server_owner.ledger.fault(f"{self.name}: handshake: {error!r}")
            raise
        self.server_owner.opened(self.request)
        super().setup()

    def handle(self) -> None:
        try:
            super().handle()
        except _ENDINGS:
            return
        except (OSError, ValueError) as error:
            self.server_owner.ledger.fault(f"{self.name}: {error!r}")

    def handle_one_request(self) -> None:
        self.server_owner.mark(self.request, idle=True)
        super().handle_one_request()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.server_owner.closed(self.request)
        self.request.close()

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def parse_request(self) -> bool:
        self.server_owner.mark(self.request, idle=False)
        return super().parse_request()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.server_owner.ledger.fault(f"{self.name}: answered {code} to {self.raw_requestline[:200]!r}")
        super().send_error(code, message, explain)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the ledger is the log."""

    def _serve(self) -> None:
        raw_body = self._read_body()
        call = Call(self.command, self.path, self.headers, self._decode(raw_body), raw_body)
        reply = self.server_owner.answer(call, connection=self.name)
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        pieces: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _decode(self, body: bytes) -> bytes:
        match self.headers.get("Content-Encoding", "").lower():
            case "gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
            case _:
                return body
