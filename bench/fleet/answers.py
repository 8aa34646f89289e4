"""How many requests a second collector, API and console answer on warm connections: `python -m bench.fleet.answers`.

Each caller keeps one connection and sends its next request when the last one is answered, by 1 caller and by 8. An answer that
waits for an acknowledgement (Nagle's algorithm without TCP_NODELAY) shows as a median of 40 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.fleet.serving import Connection, Service, cpu_seconds

_CALLERS = (1, 8)
_WARM = 20
# A new line each time: the same one again is known and costs less.
_LINE = '{"time":%d.%03d,"message":"a line","function":"bench","stream":"s"}\n'


async def _call(port: int, make: Callable[[int], bytes], *, callers: int, requests: int) -> list[float]:
    numbers = iter(range(requests))

    async def one() -> list[float]:
        connection, times = Connection(port), []
        for number in numbers:
            status, seconds = await connection.send(make(number))
            if status != 200:
                raise SystemExit(f"request {number} was answered {status}")
            times.append(seconds)
        connection.close()
        return times

    return [seconds for times in await asyncio.gather(*(one() for _ in range(callers))) for seconds in times]


def _request(service: Service, method: str, path: str, body: bytes = b"") -> bytes:
    token = (service.folder / "cli.token").read_text().strip()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(folder: Path, *, requests: int) -> list[dict[str, object]]:
    """A row for each thing that is asked for and each number of callers."""
    service = Service(folder)
    service.start()
    began = int(time.time())
    try:
        asked: dict[str, Callable[[int], bytes]] = {
            "collector": lambda number: _request(
                service, "POST", "/ingest/lines", (_LINE % (began, number % 1000)).encode()
            ),
            "API": lambda number: _request(service, "GET", "/api/v1/status"),
            "console": lambda number: _request(service, "GET", "/sign-in"),
        }
        rows: list[dict[str, object]] = []
        for name, make in asked.items():
            asyncio.run(_call(service.port, make, callers=1, requests=_WARM))
            for callers in _CALLERS:
                cpu, begun = cpu_seconds(service.pid), time.perf_counter()
                times = asyncio.run(_call(service.port, make, callers=callers, requests=requests))
                seconds = time.perf_counter() - begun
                rows.append(
                    {
                        "asked": name,
                        "callers": callers,
                        "requests_per_s": round(requests / seconds),
                        "p50_ms": round(statistics.median(times) * 1000, 2),
                        "p99_ms": round(sorted(times)[int(len(times) * 0.99)] * 1000, 2),
                        "cpu_ms_per_request": round((cpu_seconds(service.pid) - cpu) / requests * 1000, 2),
                        "load": round(os.getloadavg()[0], 1),
                    }
                )
    finally:
        service.end()
    return rows


def main() -> None:
    """Measure and print, one JSON object for each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dayfly-answers-") as temporary:
        for row in measure(Path(temporary) / "fleet", requests=given.requests):
            sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
