"""Collector, detections and pages over one store for minutes: does memory grow, do parts pile up, does anything fail?"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from litestar import Litestar
from litestar.testing import TestClient

from bench.fleet.size import Measured, milliseconds, status_kilobytes
from dayfly.core.findings import Where
from dayfly.fleet.console.console import Console
from dayfly.fleet.console.routes import routes
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.ingest.collector import Collector
from dayfly.fleet.ingest.spool import Full
from dayfly.fleet.records.events import LogEvent
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.service.detecting import _shown  # the rules as the console wants them
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.testing.invocations import invocation_line

_LINES_A_SECOND = 3000
_BATCH_LINES = 1000
_ENVIRONMENTS = 400
_SAMPLE_SECONDS = 10.0
_PAGES = ("/", "/functions", "/findings", "/live")


class _Soak:
    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.ending = threading.Event()
        self.errors: list[str] = []
        self.lines = 0
        self.refused = 0
        self.ticks: list[float] = []
        self.pages: list[float] = []
        # Real time goes on from the day's end.
        self.offset = measured.day.end - time.time()

    def now(self) -> float:
        return time.time() + self.offset

    def write(self, collector: Collector) -> None:
        began = time.perf_counter()
        for batch in _batches(self.now):
            if self.ending.is_set():
                return
            try:
                collector.take("import", batch)
                self.lines += len(batch)
            except Full:
                self.refused += 1
            ahead = self.lines / _LINES_A_SECOND - (time.perf_counter() - began)
            self.ending.wait(max(0.0, ahead))

    def detect(self) -> None:
        runner = Runner(self.measured.store, load_rules(), self.now)
        while not self.ending.wait(1.0):
            began = time.perf_counter()
            runner.tick()
            self.ticks.append(time.perf_counter() - began)
            if runner.store_error:
                self.errors.append(runner.store_error)
        self.errors += [f"{name}: {one.last_error}" for name, one in runner.status.items() if one.last_error]

    def read(self) -> None:
        rules = [_shown(rule) for rule in load_rules()]
        console = Console(
            self.measured.store, dict, lambda: rules, dict,
            now=lambda: datetime.fromtimestamp(self.now(), UTC).replace(tzinfo=None),
        )  # fmt: skip
        with TestClient(
            Litestar([routes(console)], logging_config=None), raise_server_exceptions=False
        ) as client:
            while not self.ending.wait(1.0):
                for path in _PAGES:
                    began = time.perf_counter()
                    answer = client.get(path)
                    self.pages.append(time.perf_counter() - began)
                    if answer.status_code != 200:
                        self.errors.append(f"{path}: {answer.status_code}")
        console.close()


def measure(measured: Measured) -> dict[str, object]:
    """Memory and parts as time passes, latencies and errors."""
    soak = _Soak(measured)
    samples = []
    with Collector(measured.folder / "collector", measured.store, LineReader([])) as collector:
        threads = [
            threading.Thread(target=soak.write, args=(collector,)),
            threading.Thread(target=soak.detect),
            threading.Thread(target=soak.read),
        ]
        for thread in threads:
            thread.start()
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < measured.seconds:
            sizes = measured.store.rows(read_sql("bench.fleet", "sql/sizes"))
            samples.append({
                "seconds": round(passed),
                "rss_mb": status_kilobytes("VmRSS") // 1024,
                "parts": sum(int(str(row["parts"])) for row in sizes),
                "lag_s": collector.health().get("lag_s", collector.health().get("lag", "")),
                "lines": soak.lines,
            })  # fmt: skip
            time.sleep(min(_SAMPLE_SECONDS, measured.seconds))
        soak.ending.set()
        for thread in threads:
            thread.join()
    every = max(1, len(samples) // 12)
    return {
        "seconds": measured.seconds,
        "lines": soak.lines,
        "lines_a_second": round(soak.lines / measured.seconds),
        "refused_batches": soak.refused,
        "ticks": {"count": len(soak.ticks), **milliseconds(soak.ticks)},
        "pages": {"count": len(soak.pages), **milliseconds(soak.pages)},
        "errors": len(soak.errors),
        "first_errors": soak.errors[:5],
        "samples": [*samples[::every], samples[-1]],
    }


def _batches(now: Callable[[], float]) -> Iterator[list[LogEvent]]:
    """Invocations of some hundred environments, each line the runtime's own."""
    invocations = [0] * _ENVIRONMENTS
    number = 0
    while True:
        batch = []
        at = now()
        for _ in range(_BATCH_LINES):
            place = number % _ENVIRONMENTS
            number += 1
            invocations[place] += 1
            function = f"soak-{place % 20}"
            where = Where(environment=f"{place + (7 << 40):016x}", function=function, version="1")
            line = invocation_line(
                where, now=at, number=invocations[place], worker=invocations[place], age_ms=invocations[place] * 100,
                outcome="success", request_id=str(uuid.UUID(int=number + (9 << 100))), sequence=invocations[place] + 2,
            )  # fmt: skip
            batch.append(
                LogEvent(
                    at, line.decode().rstrip(), account="111122223333", region="eu-west-1", function=function, version="1",
                    log_group=f"/aws/lambda/{function}", log_stream=f"2026/11/26/[1]{place:032x}",
                )
            )  # fmt: skip
        yield batch
