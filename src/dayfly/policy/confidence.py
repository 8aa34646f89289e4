"""How much of what a function uses has been seen: counts, saturation, and an estimate of what is missing; pure.

The estimate is Good and Turing's: the share of uses still unseen is about the number of uses seen exactly once, over
the number of observations (I. J. Good, The population frequencies of species and the estimation of population
parameters, Biometrika 40, 1953, pp. 237-264). One observation is one use in one run: an event, a test or an environment
that does the same thing a hundred times is one. Uses at init are left out: one init serves many events. It tells of runs
like those that were seen; a kind of event that nobody sent is in no estimate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.core.policy import KINDS

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from dayfly.policy.model import Gathered, Seen, Source

FORMULA = "uses seen once / observations (Good–Turing)"
# Below so many observations the estimate is not worth a figure.
MIN_OBSERVATIONS = 10


@dataclass(frozen=True, slots=True)
class Support:
    """What one capability or package rests on: how many targets, in how many units of each source, at init alone or not."""

    name: str
    targets: int
    units: dict[Source, int]
    is_init_only: bool
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Estimate:
    """Good and Turing's estimate from `observations`, of which `once` were of a use that no other unit had."""

    once: int
    observations: int

    @property
    def unseen(self) -> float | None:
        """Return the estimated share of uses that a further run would bring anew; None for too few observations."""
        if self.observations < MIN_OBSERVATIONS:
            return None
        return self.once / self.observations


@dataclass(frozen=True, slots=True)
class Confidence:
    """The whole of it. `last_new` is the number (from 1) of the last unit that brought something new, 0 if none did."""

    units: int
    last_new: int
    estimate: Estimate
    kinds: tuple[Support, ...]
    packages: tuple[Support, ...]

    @property
    def quiet_units(self) -> int:
        """Return how many units in a row, up to the last, brought nothing new."""
        return self.units - self.last_new


def judge_confidence(gathered: Sequence[Gathered]) -> Confidence:
    """Return what all sources together say; units of two sources are never the same."""
    order = [(one.source, unit) for one in gathered for unit in one.units]
    number = {unit: index for index, unit in enumerate(order, 1)}
    every = [seen for one in gathered for seen in one.seen]
    by_kind: dict[str, list[Seen]] = defaultdict(list)
    by_package: dict[str, list[Seen]] = defaultdict(list)
    # What a policy would have to say more: a target, or that a package uses a kind.
    firsts: dict[tuple[str, str], int] = {}
    for seen in every:
        use, at = seen.use, number.get((seen.source, seen.unit), 0)
        by_kind[use.kind].append(seen)
        firsts.setdefault((use.kind, use.target), at)
        for package in use.packages:
            by_package[package].append(seen)
            firsts.setdefault((package, use.kind), at)
    return Confidence(
        units=len(order),
        last_new=max(firsts.values(), default=0),
        estimate=_estimate(every),
        kinds=tuple(_support(kind, by_kind[kind], number) for kind in KINDS if kind in by_kind),
        packages=tuple(_support(name, items, number) for name, items in sorted(by_package.items())),
    )


def _support(name: str, items: Sequence[Seen], known: Container[tuple[Source, str]]) -> Support:
    units: dict[Source, int] = {}
    # What was seen before the first test belongs to none.
    for source, unit in {(seen.source, seen.unit) for seen in items}:
        if (source, unit) not in known:
            continue
        units[source] = units.get(source, 0) + 1
    return Support(
        name,
        targets=len({(seen.use.kind, seen.use.target) for seen in items}),
        units=units,
        is_init_only=all(seen.use.phase == "init" for seen in items),
        estimate=_estimate(items),
    )


def _estimate(items: Sequence[Seen]) -> Estimate:
    units: dict[tuple[str, str], set[tuple[Source, str]]] = defaultdict(set)
    for seen in items:
        if seen.use.phase == "invoke":
            units[seen.use.kind, seen.use.target].add((seen.source, seen.unit))
    return Estimate(
        sum(1 for found in units.values() if len(found) == 1), sum(len(found) for found in units.values())
    )
