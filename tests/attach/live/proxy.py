"""Stands between botocore and moto's server and does to single requests what networks and AWS do: faults on the wire."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from moto.server import ThreadedMotoServer


class Drop(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered instead of moto's answer."""

    status: int
    code: str
    message: str = "no"


@dataclass
class Proxy:
    """`before` sees a request's method and path and may answer, drop, or do anything else; `after` the same once moto did it."""

    url: str
    moto: str
    before: Callable[[str, str], Answer | None] = lambda method, path: None
    after: Callable[[str, str], Answer | None] = lambda method, path: None
    seen: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def proxied() -> Iterator[Proxy]:
    """Serve moto behind a proxy, both on loopback."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    proxy = Proxy("", f"http://{host}:{port}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        moto.stop()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    where = urlsplit(proxy.moto)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            return None

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            proxy.seen.append((self.command, path))
            try:
                answer = proxy.before(self.command, path)
                if answer is None:
                    connection = http.client.HTTPConnection(str(where.hostname), where.port or 0, timeout=60)
                    headers = {
                        name: value for name, value in self.headers.items() if name.lower() != "connection"
                    }
                    connection.request(self.command, self.path, body=body, headers=headers)
                    told = connection.getresponse()
                    data = told.read()
                    connection.close()
                    answer = proxy.after(self.command, path)
            except Drop:
                self.close_connection = True
                return
            if answer is not None:
                text = json.dumps({"message": answer.message, "Type": "User"}).encode()
                self._send(answer.status, text, {"x-amzn-ErrorType": answer.code})
            else:
                self._send(told.status, data, dict(told.getheaders()))

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except ConnectionError:
                self.close_connection = True  # whoever asked was killed

        do_GET = do_any
        do_POST = do_any
        do_PUT = do_any
        do_DELETE = do_any

    return Handler
