"""How many lines a second the service takes in, durable and validated: `python -m bench.fleet.ingest FOLDER`.

64 connections send Firehose requests as fast as they are answered. Acknowledged is what was answered 200 (synced to the
spool); validated is what came out of the store, read, judged and counted once. The sender runs on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.fleet.requests import Requests
from bench.fleet.serving import Connection, Service, cpu_seconds, http_request, peak_mb


async def _load(
    service: Service, requests: list[tuple[bytes, int]], connections: int
) -> tuple[int, list[float], dict[int, int]]:
    waiting = iter(requests)
    times: list[float] = []
    statuses: dict[int, int] = {}
    lines = 0

    async def one() -> None:
        nonlocal lines
        connection = Connection(service.port)
        for request, count in waiting:
            while True:
                status, seconds = await connection.send(request)
                statuses[status] = statuses.get(status, 0) + 1
                if status == 200:
                    times.append(seconds)
                    lines += count
                    break
                await asyncio.sleep(0.5)
        connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return lines, times, statuses


def measure(
    folder: Path, *, requests: int, lines: int, connections: int, platform: bool, keyed: bool
) -> dict[str, object]:
    """Start a service on an empty folder, load it, and see what came out."""
    service = Service(folder)
    service.start()
    try:
        maker = Requests(lines=lines, key=service.fleet_key() if keyed else None, platform=platform)
        made = [maker.make() for _ in range(requests)]
        ready = [
            (http_request(service.port, service.key, token, body), count) for token, body, count, _ in made
        ]
        total = sum(count for _, _, count, _ in made)
        cpu, begun = cpu_seconds(service.pid), time.perf_counter()
        taken, times, statuses = asyncio.run(_load(service, ready, connections))
        acknowledged = time.perf_counter() - begun
        while int(str(service.health().get("queue_batches", 0))):
            time.sleep(0.1)
        moved = time.perf_counter() - begun
        cpu = cpu_seconds(service.pid) - cpu
        health, peak = service.health(), peak_mb(service.pid)
    finally:
        service.end()
    (found,) = service.count(
        "SELECT count() AS rows, uniqExact(environment, sequence) AS lines FROM invocations"
    )
    expected = sum(len(numbers) for _, _, _, numbers in made)
    return {
        "lines": total,
        "taken": taken,
        "statuses": statuses,
        "acknowledged_lines_per_s": round(total / acknowledged),
        "validated_lines_per_s": round(total / moved),
        "cpu_us_per_line": round(cpu / total * 1e6, 2),
        "cores_used": round(cpu / moved, 2),
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p99_ms": round(sorted(times)[int(len(times) * 0.99)] * 1000, 1),
        "peak_mb": round(peak),
        "bytes_per_line": round(sum(len(body) for _, body, _, _ in made) / total),
        "invocations_expected": expected,
        "invocations_found": found,
        "forged": health.get("forged"),
        "malformed": health.get("malformed"),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--platform", action="store_true", help="a REPORT line with every invocation")
    parser.add_argument("--unkeyed", action="store_true", help="lines without a proof")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="dayfly-ingest-"))
    shutil.rmtree(folder, ignore_errors=True)
    found = measure(
        folder, requests=given.requests, lines=given.lines, connections=given.connections,
        platform=given.platform, keyed=not given.unkeyed,
    )  # fmt: skip
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
