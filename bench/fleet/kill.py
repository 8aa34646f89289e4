"""The whole service killed again and again under load: `python -m bench.fleet.kill FOLDER --kills 50`.

Senders repeat a request until it is answered 200, as Firehose does. At the end every line that was acknowledged must be in
the store, and as often as it was written: once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.fleet.requests import Requests
from bench.fleet.serving import Connection, Service, http_request

_CONNECTIONS = 16
_QUERIES = (
    "SELECT count() AS rows, uniqExact(environment, sequence) AS lines FROM invocations FINAL",
    "SELECT sum(requests) AS counted FROM callers",
    """SELECT count() AS batches, sum(lines) AS lines, sum(duplicates) AS duplicates, sum(forged) AS forged,
        sum(malformed) AS malformed FROM batches FINAL""",
)


class _Senders:
    """Connections that send numbered requests until each is acknowledged."""

    def __init__(self, service: Service, maker: Requests) -> None:
        self._service = service
        self._maker = maker
        self.numbers: list[tuple[int, int]] = []
        self.requests = 0
        self.repeated = 0
        self.is_over = False

    async def one(self) -> None:
        connection = Connection(self._service.port)
        while not self.is_over:
            token, body, _, numbers = self._maker.make()
            request = http_request(self._service.port, self._service.key, token, body)
            while (await connection.send(request))[0] != 200:
                self.repeated += 1
                await asyncio.sleep(0.05)
            self.requests += 1
            self.numbers += numbers
        connection.close()


async def _run(
    service: Service, maker: Requests, kills: int, chance: random.Random
) -> tuple[_Senders, list[float]]:
    senders = _Senders(service, maker)
    tasks = [asyncio.create_task(senders.one()) for _ in range(_CONNECTIONS)]
    starts = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        service.end(signal.SIGKILL)
        begun = time.perf_counter()
        await asyncio.to_thread(service.start, service.port)
        starts.append(time.perf_counter() - begun)
    await asyncio.sleep(1)
    senders.is_over = True
    await asyncio.gather(*tasks)
    return senders, starts


def measure(folder: Path, *, kills: int, lines: int, seed: int) -> dict[str, object]:
    """Kill so many times and say what was found."""
    service = Service(folder)
    service.start()
    maker = Requests(lines=lines, key=service.fleet_key(), environments=50, seed=seed)
    senders, starts = asyncio.run(_run(service, maker, kills, random.Random(seed)))
    while int(str(service.health().get("queue_batches", 0))):
        time.sleep(0.1)
    service.end()
    expected = len(set(senders.numbers))
    rows, callers, batches = service.count(*_QUERIES)
    return {
        "kills": kills,
        "requests": senders.requests,
        "sent_again": senders.repeated,
        "acknowledged_lines": expected,
        "found": rows,
        "counted_by_aggregates": callers,
        "batches": batches,
        "lost": expected - int(str(rows["lines"])),
        "start_s": {"median": round(sorted(starts)[len(starts) // 2], 2), "max": round(max(starts), 2)},
    }


def main() -> None:
    """Measure and print; exit code 1 where a line was lost or counted twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="dayfly-kill-"))
    shutil.rmtree(folder, ignore_errors=True)
    found = measure(folder, kills=given.kills, lines=given.lines, seed=given.seed)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    rows, counted = found["found"], found["counted_by_aggregates"]
    assert isinstance(rows, dict)
    assert isinstance(counted, dict)
    is_exact = found["lost"] == 0 and rows["rows"] == rows["lines"] == int(str(counted["counted"]))
    raise SystemExit(0 if is_exact else 1)


if __name__ == "__main__":
    main()
