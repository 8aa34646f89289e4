"""How long the console's pages take, from request to the last byte, with every query they ask."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from litestar import Litestar
from litestar.testing import TestClient

from bench.fleet.size import Measured, milliseconds
from dayfly.fleet.console.console import Console
from dayfly.fleet.console.routes import routes
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.service.detecting import _shown  # the rules as the console wants them
from dayfly.fleet.store.sqlfiles import SqlFile, read_sql
from dayfly.fleet.store.store import Row, Store

_TIMES = 5
_BUDGET_MS = 300


class Listening(Store):
    """A store that keeps which queries it was asked."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.database = inner.database
        self.asked: list[tuple[SqlFile, dict[str, object], float, list[Row]]] = []

    def rows(
        self,
        query: SqlFile,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> list[Row]:
        """As the store's."""
        began = time.perf_counter()
        found = self._inner.rows(query, parameters, settings=settings)
        self.asked.append((query, dict(parameters or {}), time.perf_counter() - began, found))
        return found


def measure(measured: Measured) -> dict[str, object]:
    """Milliseconds by page and the slowest queries."""
    listening = Listening(measured.store)
    pages = visit(measured, listening, times=_TIMES)
    slow: dict[str, list[float]] = {}
    for query, _, seconds, _rows in listening.asked:
        slow.setdefault(query.name, []).append(seconds)
    queries = [{"query": name, "asked": len(times), **milliseconds(times)} for name, times in slow.items()]
    return {
        "budget_ms": _BUDGET_MS,
        "pages": pages,
        "queries": sorted(queries, key=lambda one: -float(str(one["median_ms"])))[:20],
    }


def visit(measured: Measured, store: Store, *, times: int) -> list[dict[str, object]]:
    """Ask for every page so many times, at the end of the day, with detections of the day in the store."""
    day = measured.day
    rules = load_rules()
    Runner(measured.store, rules, lambda: day.end, budget=60, catch_up=False).tick()
    end = datetime.fromtimestamp(day.end, UTC).replace(tzinfo=None)
    shown = [_shown(rule) for rule in rules]
    console = Console(store, dict, lambda: shown, dict, now=lambda: end)
    found = []
    with TestClient(
        Litestar([routes(console)], logging_config=None), raise_server_exceptions=False
    ) as client:
        for path in _paths(measured):
            samples = []
            answer = client.get(path)
            used = time.process_time()
            for _ in range(times):
                began = time.perf_counter()
                answer = client.get(path)
                samples.append(time.perf_counter() - began)
            found.append(
                {
                    "page": path,
                    "status": answer.status_code,
                    "kb": len(answer.content) // 1024,
                    **milliseconds(samples),
                    "cpu_ms": round((time.process_time() - used) * 1000 / times, 1),
                }
            )
    console.close()
    return found


def _paths(measured: Measured) -> list[str]:
    store = measured.store
    begin = datetime.fromtimestamp(measured.day.begin, UTC).replace(tzinfo=None)
    end = datetime.fromtimestamp(measured.day.end, UTC).replace(tzinfo=None)
    names = [
        str(row["function"])
        for row in store.rows(
            read_sql("bench.fleet", "sql/busiest"), {"begin": begin, "end": end, "count": 40}
        )
    ]
    subjects = [str(row["uid"]) for row in store.rows(read_sql("bench.fleet", "sql/some_findings"))]
    return [
        "/", "/live", "/functions", f"/functions/{names[0]}", f"/functions/{names[-1]}", "/findings",
        *(f"/findings/{uid}" for uid in subjects), "/rules", "/coverage", "/ingest", "/lifetimes",
    ]  # fmt: skip
