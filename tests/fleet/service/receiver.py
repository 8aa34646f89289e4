"""A web server that keeps what it is sent, and answers as it is told."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler


class Receiver(BaseHTTPRequestHandler):
    """One request; `got` has path, headers and body of all."""

    got: list[tuple[str, dict[str, str], bytes]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""
