"""`dayfly fleet serve` as a process of its own, for what is measured from outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_COUNT = """
import json, sys
from pathlib import Path
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Store
with Store(Place(folder=Path(sys.argv[1]))) as store:
    print(json.dumps([store.rows(parse_sql("q", query))[0] for query in sys.argv[2:]], default=str))
"""


class Service:
    """The service on a folder; `url` and `key` are good while it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.key = ""
        self.port = 0

    def start(self, port: int = 0) -> None:
        """Start it and wait until it answers."""
        command = [str(Path(sys.executable).with_name("dayfly"))]
        self.process = subprocess.Popen(
            [*command, "fleet", "serve", str(self.folder), "--port", str(port), "--json"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "DAYFLY_FLEET_FOLDER": str(self.folder)},
        )  # fmt: skip
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.port = int(told["url"].rsplit(":", 1)[1].strip("/"))
        if not self.key:
            made = subprocess.run(
                [*command, "fleet", "key", "add", "load", "--folder", str(self.folder), "--json"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            self.key = str(json.loads(made.stdout)["key"])

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self.process is not None
        return self.process.pid

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()

    def fleet_key(self) -> bytes:
        """The key that lines are proved with."""
        return bytes.fromhex((self.folder / "fleet.key").read_text().split()[0])

    def count(self, *queries: str) -> list[dict[str, object]]:
        """The first row of each query, from the store of a service that has ended."""
        answer = subprocess.run(
            [sys.executable, "-c", _COUNT, str(self.folder / "store"), *queries],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found: list[dict[str, object]] = json.loads(answer.stdout.splitlines()[-1])
        return found

    def health(self) -> dict[str, object]:
        """The collector's health, by the API."""
        import httpx

        token = (self.folder / "cli.token").read_text().strip()
        answer = httpx.get(
            f"http://127.0.0.1:{self.port}/api/v1/status",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        found = answer.json()
        return dict(found.get("parts", found).get("collector", {}))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The most memory that a process has held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def http_request(port: int, key: str, token: str, body: bytes) -> bytes:
    """One request as Firehose makes it."""
    head = (
        f"POST /ingest/firehose HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Amz-Firehose-Protocol-Version: 1.0\r\nX-Amz-Firehose-Request-Id: {token}\r\n"
        f"X-Amz-Firehose-Access-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection that sends requests one after another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> tuple[int, float]:
        """Send and return the status and the seconds it took; 0 where there was no whole answer."""
        begun = time.perf_counter()
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, time.perf_counter() - begun
        return int(head.split(b" ", 2)[1]), time.perf_counter() - begun

    def close(self) -> None:
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
