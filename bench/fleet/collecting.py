"""What a line costs the collector itself, without HTTP: `python -m bench.fleet.collecting FOLDER`.

`--realtime` takes both cores from whatever else runs, for some seconds (root; on a shared machine say so beforehand).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

from bench.fleet.requests import Requests
from dayfly.fleet.ingest.collector import Collector
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store

_KEY = bytes(range(32))


def measure(folder: Path, *, requests: int, lines: int, is_realtime: bool) -> dict[str, object]:
    """Take so many batches and wait until they are in an embedded store."""
    maker = Requests(lines=lines, key=_KEY)
    made = [maker.make() for _ in range(requests)]
    total = sum(count for _, _, count, _ in made)
    if is_realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    with Store(Place(folder=folder / "store")) as store:
        migrate(store, Deployment.SINGLE)
        with Collector(folder, store, LineReader([_KEY])) as collector:
            begun, cpu = time.perf_counter(), time.process_time()
            waiting = [collector.submit("firehose", body, token=token) for token, body, _, _ in made]
            for receipt in waiting:
                receipt.result()
            acknowledged = time.perf_counter() - begun
            collector.drain(600)
            moved, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "lines": total,
        "acknowledged_lines_per_s": round(total / acknowledged),
        "validated_lines_per_s": round(total / moved),
        "cpu_us_per_line": round(cpu / total * 1e6, 2),
        "cores_used": round(cpu / moved, 2),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--realtime", action="store_true")
    given = parser.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    found = measure(given.folder, requests=given.requests, lines=given.lines, is_realtime=given.realtime)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    shutil.rmtree(given.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
