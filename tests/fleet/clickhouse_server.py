"""ClickHouse's HTTP interface over an embedded engine, as a process of its own: no server binary is on PyPI.

Run as `python -m tests.fleet.clickhouse_server FOLDER`; prints its port. It proves the client's HTTP path and the SQL,
not a real server. Tests use it instead of the embedded engine in their own process, which must not fork afterwards.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from chdb import connect

# A cluster of two shards, both of them this engine: its Distributed tables go ClickHouse's own distributed way.
_CONFIGURATION = """<clickhouse>
  <tcp_port>9000</tcp_port>
  <remote_servers><shards>
    <shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>
    <shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>
  </shards></remote_servers>
</clickhouse>
"""
# Of the HTTP transport; the engine would refuse them as settings.
_TRANSPORT = {
    "query", "database", "session_id", "session_timeout", "compress", "decompress", "query_id", "role", "quota_key",
    "wait_end_of_query", "buffer_size", "client_protocol_version", "enable_http_compression", "session_check",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms", "user", "password", "default_format",
}  # fmt: skip
_INSERT = re.compile(rb"^\s*INSERT\b", re.IGNORECASE)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve(body)

    def _serve(self, body: bytes) -> None:
        fields = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        query = fields.get("query", "").encode()
        data = b""
        if query and _INSERT.match(query):
            data = body
        else:
            query = query + body
        try:
            answer = self._run(query, data, fields)
        except Exception as error:  # trust boundary: what the engine refuses is the caller's answer
            code = match[1] if (match := _CODE.search(str(error))) else "1002"
            self._answer(500, str(error).encode(), code=code)
        else:
            self._answer(200, answer)

    def _run(self, query: bytes, data: bytes, fields: dict[str, str]) -> bytes:
        connection = connect(self.folder)
        try:
            if database := fields.get("database"):
                connection.query(f"USE `{database}`")
            parameters = {}
            for key, value in fields.items():
                if key.startswith("param_"):
                    parameters[key.removeprefix("param_")] = value
                elif key not in _TRANSPORT and _NAME.fullmatch(key):
                    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                    connection.query(f"SET {key} = '{quoted}'")
            if data:
                with tempfile.NamedTemporaryFile(suffix=".rows") as file:
                    file.write(data)
                    file.flush()
                    head, _, form = query.decode().rpartition("FORMAT")
                    head = re.sub(r"\bSETTINGS\b.*$", "", head, flags=re.IGNORECASE | re.DOTALL)
                    connection.query(f"{head} FROM INFILE '{file.name}' FORMAT {form.strip()}")
                return b""
            form_match = _FORMAT.search(query)
            form = form_match[1].decode() if form_match else fields.get("default_format", "TabSeparated")
            text = (query[: form_match.start()] if form_match else query).decode()
            return bytes(connection.query(text, form, params=parameters).bytes())
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes, *, code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the test's output is for the test."""


def main() -> None:
    """Serve one folder until standard input ends."""
    configuration = Path(sys.argv[1]) / "cluster.xml"
    configuration.write_text(_CONFIGURATION)
    _Handler.folder = f"{sys.argv[1]}?config-file={configuration}"
    # Held open, so that the engine is not closed and opened with every request.
    engine = connect(_Handler.folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()
    engine.close()


if __name__ == "__main__":
    main()
