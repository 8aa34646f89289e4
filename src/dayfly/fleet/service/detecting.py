"""Puts rules, the runner that ticks and what the console shows of them together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.rules import Rule as ShownRule
from dayfly.fleet.console.reading.rules import Threshold as ShownThreshold
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.ownrules.loading import load_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.detections.runner import Written
    from dayfly.fleet.store.store import Store


# What a tick of a second may take of it: the rest is the collector's and the console's.
BUDGET = 0.06


class Detecting:
    """Rules and their runner over a store; `heard` is told what each tick wrote."""

    def __init__(self, store: Store, folder: Path, heard: Callable[[Sequence[Written]], None]) -> None:
        self.loaded = load_all(folder)
        self.rules = self.loaded.rules
        self.runner = Runner(store, self.rules, time.time, budget=BUDGET)
        self._heard = heard

    def tick(self) -> None:
        """Run what is due and tell of it. Raises where the store could not be reached, so that it shows in health."""
        self._heard(self.runner.tick())
        if self.runner.store_error:
            raise RuntimeError(self.runner.store_error)

    def faults(self) -> list[str]:
        """What is wrong with rules' files that were left out."""
        return [fault.message for fault in self.loaded.faults]

    def shown(self) -> Sequence[ShownRule]:
        """The rules as the console shows them."""
        return [_shown(rule) for rule in self.rules]

    def runs(self) -> Mapping[str, Mapping[str, object]]:
        """How each rule ran last."""
        return {
            name: {
                "last": status.last_run,
                "milliseconds": status.last_seconds * 1000,
                "error": status.last_error,
            }
            for name, status in dict(self.runner.status).items()
        }


def _shown(rule: Rule) -> ShownRule:
    return ShownRule(
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        technique=rule.technique,
        every=rule.every,
        lookback=rule.lookback,
        story=rule.story,
        do=rule.advice,
        explain=rule.explain,
        thresholds=tuple(ShownThreshold(one.name, str(one.value), one.meaning) for one in rule.thresholds),
        origin="custom" if rule.own else "Dayfly",
        sees=rule.sees,
        misses=rule.misses,
        evidence=rule.evidence,
    )
