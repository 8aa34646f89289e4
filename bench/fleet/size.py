"""Opens a day of a given size, made now or kept from before, with one attack of each kind in it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.fleet.attacks import ATTACKS, plant
from bench.fleet.traffic import fill
from dayfly.fleet.store.engine import Limits
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Place, Store

_KEPT = "dayfly-bench.json"
_TO_MAKE = 4_000_000_000
# The day's attacks begin one after another between these hours: at night, in the flash crowds of noon, in the load test.
_FIRST_HOUR, _LAST_HOUR = 1.5, 21.5


class Planted(msgspec.Struct):
    """One attack of the day and what is true of it."""

    name: str
    function: str
    first: float
    last: float
    environments: list[int]
    sources: list[int]
    requests: int


class Kept(msgspec.Struct):
    """What is known of a day that was made."""

    rows: int
    begin: float
    end: float
    fill_seconds: float
    attacks: list[Planted]


@dataclass(frozen=True, slots=True)
class Measured:
    """A day to be measured, and for how long a soak lasts."""

    store: Store
    folder: Path
    day: Kept
    seconds: float

    def sizes(self) -> dict[str, object]:
        """What the day is on disk."""
        return {
            **self.store.rows(read_sql("bench.fleet", "sql/total"))[0],
            "fill_seconds": round(self.day.fill_seconds, 1),
            "tables": self.store.rows(read_sql("bench.fleet", "sql/sizes")),
        }

    def peak_megabytes(self) -> float:
        """The most memory this process had."""
        return float(status_kilobytes("VmHWM")) / 1024


@contextmanager
def opened_day(folder: Path, rows: int, *, seconds: float, tell: Callable[[str], None]) -> Iterator[Measured]:
    """Open the day of `rows` invocations kept in `folder`, or make it there."""
    kept = folder / _KEPT
    # Making a day of ten million rows at once takes more than the service's own limits; what is measured keeps to them.
    limits = Limits() if kept.exists() else Limits(memory_bytes=_TO_MAKE)
    with Store(Place(folder=folder / "store"), limits=limits) as store:
        migrate(store, Deployment.SINGLE)
        if not kept.exists():
            tell(f"making a day of {rows} invocations in {folder}…")
            kept.write_bytes(msgspec.json.encode(_make(store, rows)))
        day = msgspec.json.decode(kept.read_bytes(), type=Kept)
        if day.rows != rows:
            raise SystemExit(f"{folder} has a day of {day.rows} invocations: name another folder")
        yield Measured(store, folder, day, seconds)


def _make(store: Store, rows: int) -> Kept:
    began = time.perf_counter()
    day = fill(store, rows)
    took = time.perf_counter() - began
    attacks = []
    for number, make in enumerate(ATTACKS):
        hour = _FIRST_HOUR + (_LAST_HOUR - _FIRST_HOUR) * number / len(ATTACKS)
        truth = plant(store, make(day.begin + hour * 3600), is_counted=False)
        attacks.append(
            Planted(
                truth.attack.name,
                truth.functions[0],
                truth.first,
                truth.last,
                sorted(truth.environments),
                sorted(truth.sources),
                len(truth.request_ids),
            )
        )
    return Kept(rows, day.begin, day.end, took, attacks)


def status_kilobytes(field: str) -> int:
    """A field of /proc/self/status, as VmRSS."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def milliseconds(samples: Sequence[float]) -> dict[str, float]:
    """Median and highest of durations in seconds."""
    return {
        "median_ms": round(statistics.median(samples) * 1000, 1),
        "highest_ms": round(max(samples) * 1000, 1),
    }
