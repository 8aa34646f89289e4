"""An HTTP server that keeps what is posted to it, for libraries that send records somewhere."""

from __future__ import annotations

import gzip
import http.server
import threading
from types import TracebackType


class Sink:
    """The server, between `__enter__` and `__exit__`; `bodies` are the requests' bodies, unpacked."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.connections = 0
        self._over = threading.Event()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                sink.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sink._over.wait(delay_s)
                sink.bodies.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def count(self, text: str) -> int:
        """How often `text` was received."""
        return sum(body.count(text.encode()) for _, body in self.bodies)

    def __enter__(self) -> Sink:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
