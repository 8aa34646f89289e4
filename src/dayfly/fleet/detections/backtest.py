"""Runs rules over days that have passed, writing nothing: what they would have said, and how long they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Tried:
    """What one rule says of the time that was asked for; `error` where it failed, `all` before any bound."""

    rule: Rule
    detections: list[Detection]
    all: int
    seconds: float
    error: str = ""


def backtest(store: Store, rules: Sequence[Rule], start: float, end: float) -> Iterator[Tried]:
    """Yield each rule's result over [start, end), which is looked at a day at a time; nothing is written.

    Days overlap by the rule's look-back, so that midnight hides nothing.
    """
    for rule in rules:
        began = perf_counter()
        found: list[Detection] = []
        counted = 0
        error = ""
        at = start
        try:
            while at < end:
                until = min(at + _DAY, end)
                result = run_rule(store, rule, start=max(at - rule.lookback, 0), now=until, most=_MOST)
                found += [each for each in result.detections if each.last_time >= start]
                counted += result.all
                at = until
        except StoreError as failure:
            error = failure.message
        merged = [each.detection for each in conclude(rule, found, [])]
        yield Tried(rule, merged, counted, perf_counter() - began, error)
