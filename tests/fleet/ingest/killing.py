"""A collector that is killed again and again, each time in a process of its own: forked, so that it starts at once.

Run as `python -m tests.fleet.ingest.killing URL DATABASE FOLDER SEED RUNS`; prints how many batches were acknowledged.
Half of the deaths come at a random moment, half just before or after one of the steps that durability is made of.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fleet.ingest.batches import BEGIN, firehose, line, packed, record
from tests.fleet.ingest.standin import StandIn

from dayfly.fleet.ingest.collector import Collector, Limits
from dayfly.fleet.store.store import Place, Store

LINES = 7
_ENVIRONMENTS = 5
_LIMITS = Limits(reserve_bytes=0, segment_bytes=20_000)


def batch(number: int) -> tuple[str, bytes]:
    """One batch and its token. Each shares two lines with the one before of its environment: senders overlap."""
    environment, at = number % _ENVIRONMENTS, number // _ENVIRONMENTS
    first = at * (LINES - 2) + 1
    messages = [line(environment + 1, sequence) for sequence in range(first, first + LINES)]
    return f"batch-{number}", firehose(f"batch-{number}", packed(record(*messages)))


def lines_of(batches: int) -> int:
    """How many different lines the first so many batches have."""
    return sum(
        len(range(environment, batches, _ENVIRONMENTS)) * (LINES - 2) + 2
        for environment in range(min(_ENVIRONMENTS, batches))
    )


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Steps:
    """Counts the steps that durability is made of, and dies at one of them."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal
        self._lock = threading.Lock()
        for name in ("fsync", "fdatasync", "replace", "pwrite", "unlink", "ftruncate"):
            setattr(os, name, self._around(getattr(os, name)))
        Store.insert_lines = self._around(Store.insert_lines)  # type: ignore[method-assign]

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*positional: Any, **named: Any) -> Any:
            self._step()
            result = function(*positional, **named)
            self._step()
            return result

        return stepping

    def _step(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                _die()


def _live(url: str, database: str, folder: Path, told: int, numbers: range, chance: random.Random) -> None:
    if chance.random() < 0.5:
        _Steps(chance.randrange(1, 250))
    else:
        threading.Timer(chance.uniform(0.02, 0.9), _die).start()
    store = Store(Place.parse(url), database=database)
    clock = lambda: BEGIN / 1000 + 60  # noqa: E731
    collector = Collector(folder, store, StandIn(), limits=_LIMITS, clock=clock)
    waiting = []
    for number in numbers:
        token, body = batch(number)
        waiting.append((number, collector.submit("firehose", body, token=token)))
        if len(waiting) == 8:
            for sent, receipt in waiting:
                receipt.result()
                os.write(told, b"%d\n" % sent)
            waiting.clear()
            time.sleep(chance.uniform(0, 0.01))
    time.sleep(2)
    _die()


def main() -> None:
    """Kill so many times, then let one finish."""
    url, database, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    chance = random.Random(int(sys.argv[4]))
    acknowledged: set[int] = set()
    sent = 0
    for _ in range(int(sys.argv[5])):
        reading, writing = os.pipe()
        begin = max(min(set(range(sent)) - acknowledged, default=sent) - 10, 0)
        if (child := os.fork()) == 0:
            os.close(reading)
            _live(url, database, folder, writing, range(begin, begin + 2000), random.Random(chance.random()))
        os.close(writing)
        chance.random()
        with os.fdopen(reading, "rb") as pipe:
            acknowledged |= {int(text) for text in pipe.read().split()}
        os.waitpid(child, 0)
        sent = max(max(acknowledged, default=0) + 9, sent)
    with (
        Store(Place.parse(url), database=database) as store,
        Collector(folder, store, StandIn(), limits=_LIMITS, clock=lambda: BEGIN / 1000 + 60) as collector,
    ):
        lost = [number for number in sorted(acknowledged) if not _is_known(collector, number)]
        for number in range(sent):
            token, body = batch(number)
            collector.take("firehose", body, token=token)
        drained = collector.drain(60)
        health = collector.health()
    sys.stdout.write(
        json.dumps(
            {
                "acknowledged": len(acknowledged),
                "lost": lost,
                "sent": sent,
                "drained": drained,
                "health": health,
            }
        )
    )


def _is_known(collector: Collector, number: int) -> bool:
    """Whether an acknowledged batch is still known: sent again, it must be a duplicate."""
    token, body = batch(number)
    return collector.take("firehose", body, token=token).is_duplicate


if __name__ == "__main__":
    main()
