"""One endpoint for suites that test against "AWS": Lambda is the lab, every other service is moto's server.

Run as a program, it prints its URL as a line of JSON and serves until its input ends. What only names a place is
translated, since the lab is in one region and has one interpreter: the region a request is signed for is us-east-1 to the
lab, the runtime in DAYFLY_SUITE_RUNTIME is the lab's own, and so is the account in DAYFLY_SUITE_ACCOUNT. `POST /moto-api/reset` makes a new lab.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from moto.server import ThreadedMotoServer

from dayfly.lab.lab import Lab
from dayfly.lab.model import ACCOUNT, REGION
from dayfly.lab.server import LabServer

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/")
_OWN = f"python{sys.version_info[0]}.{sys.version_info[1]}"
# Other versions have no interpreter here that everybody has; answers name the suite's own.
_OTHER = re.compile(rb'(?<="Runtime": ")python3\.\d+(?=")')
# An account that is none, in ARNs of moto's suite.
_NO_ACCOUNT = (b":account-id:", f":{ACCOUNT}:".encode())
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Labs:
    """The current lab behind its API, on a loop of its own."""

    def __init__(self, services: str) -> None:
        self._services = services
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._lab: Lab | None = None
        self._server: LabServer | None = None
        self.url = ""
        self.reset()

    def reset(self) -> None:
        asyncio.run_coroutine_threadsafe(self._renew(), self._loop).result(60)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(60)

    async def _close(self) -> None:
        if self._server is not None:
            await self._server.__aexit__(None, None, None)
        if self._lab is not None:
            await self._lab.close()

    async def _renew(self) -> None:
        await self._close()
        self._lab = Lab(confinement="none", services=self._services)
        self._server = LabServer(self._lab, port=0, update_s=0.0)
        await self._server.__aenter__()
        self.url = self._server.url


class Handler(BaseHTTPRequestHandler):
    """Passes a request on, and its answer back."""

    protocol_version = "HTTP/1.1"
    labs: Labs
    moto: str
    runtime = os.environ.get("DAYFLY_SUITE_RUNTIME", _OWN)
    account = os.environ.get("DAYFLY_SUITE_ACCOUNT", ACCOUNT)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the suite's own report says what failed."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        scope = _SCOPE.search(self.headers.get("authorization") or "")
        region, service = scope.groups() if scope else (REGION, "")
        if self.path == "/moto-api/reset":
            self.labs.reset()
        if service != "lambda":
            self._pass_on(self.moto, self.path, body, [])
            return
        away = [
            (region, REGION),
            (self.account, ACCOUNT),
            (f'"Runtime":"{self.runtime}"', f'"Runtime":"{_OWN}"'),
        ]
        path = self.path
        for theirs, ours in away:
            path = path.replace(theirs, ours)
            body = body.replace(theirs.encode(), ours.encode())
        body = _OTHER.sub(_OWN.encode(), body).replace(*_NO_ACCOUNT)
        self._pass_on(self.labs.url, path, body, away)

    def _pass_on(self, base: str, path: str, body: bytes, away: list[tuple[str, str]]) -> None:
        target = urlsplit(base)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=500)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP | {"expect"}}
        connection.request(self.command, path, body, headers | {"Content-Length": str(len(body))})
        answer = connection.getresponse()
        content = answer.read()
        for theirs, ours in away:
            content = content.replace(ours.encode(), theirs.encode())
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in _HOP:
                self.send_header(key, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve


def main() -> None:
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    Handler.moto = f"http://{host}:{port}"
    Handler.labs = Labs(Handler.moto)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    sys.stdin.read()
    server.shutdown()
    Handler.labs.close()
    moto.stop()


if __name__ == "__main__":
    main()
