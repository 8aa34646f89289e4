"""What the pages stand on: the store, the service's own state, a clock, and a pool that asks several things at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.fleet.console.reading.rules import Rule
    from dayfly.fleet.store.sqlfiles import SqlFile
    from dayfly.fleet.store.store import Row, Store

# As many questions at once as the store has connections; more would wait there.
_MANY = 6


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Console:
    """Everything the pages need.

    `health` is the collector's own account of itself, `rules` are the detections' rules, `runs` says of a rule by name
    when it ran last (`last`, seconds since the epoch), how long it took (`milliseconds`) and with what `error`.
    `now` is the clock, naive and UTC as the store's times.
    """

    store: Store
    health: Callable[[], Mapping[str, object]]
    rules: Callable[[], Sequence[Rule]]
    runs: Callable[[], Mapping[str, Mapping[str, object]]] = dict
    now: Callable[[], datetime] = _now
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_MANY, "console"))

    def ask(self, *questions: tuple[SqlFile, Mapping[str, object]]) -> list[list[Row]]:
        """Run several queries at once and return their rows, in order; raises StoreError as the store does."""
        if len(questions) == 1:
            return [self.store.rows(*questions[0])]
        running = [self.pool.submit(self.store.rows, query, parameters) for query, parameters in questions]
        return [one.result() for one in running]

    def close(self) -> None:
        """Let the threads go."""
        self.pool.shutdown(wait=False, cancel_futures=True)
