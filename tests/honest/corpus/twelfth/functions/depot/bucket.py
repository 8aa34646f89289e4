"""A bucket for local runs: objects in memory, spoken to over HTTP as the real service is."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

OBJECTS = {}


class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _say(self, status, data=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _key(self):
        return unquote(self.path.split("?")[0]).lstrip("/")

    def do_PUT(self):
        OBJECTS[self._key()] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._say(200, ETag='"' + hashlib.md5(OBJECTS[self._key()]).hexdigest() + '"')

    def do_GET(self):
        key = self._key()
        if key in OBJECTS:
            self._say(
                200,
                OBJECTS[key],
                ETag='"e"',
                Content_Type="application/octet-stream",
                Last_Modified="Sat, 02 May 2026 12:45:07 GMT",
            )
        else:
            self._say(
                404,
                b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>no</Message></Error>"
                if self.command == "GET"
                else b"",
            )

    do_HEAD = do_GET

    def log_message(self, format, *args):
        pass


def start():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
