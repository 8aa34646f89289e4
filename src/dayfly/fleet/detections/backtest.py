"""Runs rules over days that have passed, writing nothing: what they would have said, and how long they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from dayfly.fleet.detections.concluding import conclude
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.records.rows import Detection
    from dayfly.fleet.store.store import Store

_DAY = 86_400
_MOST = 10_000
# Much of a rule is planned and joined on one core: rules at once on a core each take a tenth less than one after the other
# on all. Three of them keep two cores busy to the end; beyond, the engine's memory would be what they wait for.
_JOBS = 3
_THREADS = 1


@dataclass(frozen=True, slots=True)
class Tried:
    """What one rule says of the time that was asked for; `error` where it failed, `all` before any bound."""

    rule: Rule
    detections: list[Detection]
    all: int
    seconds: float
    error: str = ""


def backtest(
    store: Store, rules: Sequence[Rule], start: float, end: float, *, jobs: int = _JOBS
) -> Iterator[Tried]:
    """Yield each rule's result over [start, end), in the order of `rules`, `jobs` of them at once; nothing is written.

    It is looked at a day at a time. Days overlap by the rule's look-back, so that midnight hides nothing.
    """
    with ThreadPoolExecutor(jobs, thread_name_prefix="backtest") as pool:
        yield from pool.map(partial(_try, store, start, end), rules)


def _try(store: Store, start: float, end: float, rule: Rule) -> Tried:
    began = perf_counter()
    found: list[Detection] = []
    counted = 0
    error = ""
    at = start
    try:
        while at < end:
            until = min(at + _DAY, end)
            result = run_rule(
                store, rule, start=max(at - rule.lookback, 0), now=until, most=_MOST, threads=_THREADS
            )
            found += [each for each in result.detections if each.last_time >= start]
            counted += result.all
            at = until
    except StoreError as failure:
        error = failure.message
    merged = [each.detection for each in conclude(rule, found, [])]
    return Tried(rule, merged, counted, perf_counter() - began, error)
