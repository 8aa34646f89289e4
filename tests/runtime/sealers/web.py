"""An HTTP server that tells which process used which of its connections."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections import defaultdict
from types import TracebackType


class Web:
    """Answers `GET /...` with the path; also a proxy, whose tunnels lead back to itself.

    Requests bear the process's number as `X-Process`. `/close` is answered without a length, by a
    connection that then ends; `/empty` with 204; `/large` with a body no socket buffer takes whole.
    """

    def __init__(self) -> None:
        self.users: dict[int, set[str]] = defaultdict(set)
        self.paths: list[str] = []
        self.tunnels = 0
        self._numbers = itertools.count()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Web:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def environment(self) -> dict[str, str]:
        """What a function must know to ask it."""
        return {"PORT": str(self.port)}

    def shared(self) -> list[set[str]]:
        """The processes of each connection that more than one process used."""
        return [users for users in self.users.values() if len(users) > 1]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave in two pieces, and the second would wait 40 ms for the first one's receipt.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                # Not the client's port, which another process may be given soon after.
                self.connection_number = next(web._numbers)

            def do_GET(self) -> None:
                web.users[self.connection_number].add(self.headers.get("X-Process", ""))
                web.paths.append(self.path)
                body = self.path.encode() * (1 if "/large" not in self.path else 200_000)
                if "/empty" in self.path:
                    self.send_response(204)
                    self.end_headers()
                    return
                self.send_response(200)
                if "/close" in self.path:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                else:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                self.rfile.read(size)
                body = (
                    b"<?xml version='1.0'?><methodResponse><params><param><value><int>7</int></value></param>"
                    b"</params></methodResponse>"
                )
                web.users[self.connection_number].add("")
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_CONNECT(self) -> None:
                web.tunnels += 1
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                del format, arguments

        return Handler
