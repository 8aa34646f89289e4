"""How much of what a function uses has been seen: counts, saturation, and an estimate of what is missing; pure.

The estimate is Good and Turing's: the share of uses still unseen is about the number of uses seen exactly once, over
the number of observations (I. J. Good, The population frequencies of species and the estimation of population
parameters, Biometrika 40, 1953, pp. 237-264). One observation is one use in one run: an event, a test or a request
that does the same thing a hundred times is one. It tells of runs like those that were seen; a kind of event that
nobody sent is in no estimate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.core.policy import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.policy.model import Gathered, Source

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
    order: list[tuple[Source, str]] = [(one.source, unit) for one in gathered for unit in one.units]
    number = {unit: index + 1 for index, unit in enumerate(order)}
    by_use: dict[tuple[str, str], set[tuple[Source, str]]] = defaultdict(set)
    by_package: dict[str, dict[tuple[str, str], set[tuple[Source, str]]]] = defaultdict(
        lambda: defaultdict(set)
    )
    phases: dict[str, set[str]] = defaultdict(set)
    package_phases: dict[str, set[str]] = defaultdict(set)
    for one in gathered:
        for seen in one.seen:
            key, unit = (seen.use.kind, seen.use.target), (seen.source, seen.unit)
            by_use[key].add(unit)
            phases[seen.use.kind].add(seen.use.phase)
            for package in seen.use.packages:
                by_package[package][key].add(unit)
                package_phases[package].add(seen.use.phase)
    firsts = [min(number.get(unit, 0) for unit in units) for units in by_use.values()]
    kinds = [
        _support(kind, {key: units for key, units in by_use.items() if key[0] == kind}, phases[kind])
        for kind in KINDS
        if kind in phases
    ]
    packages = [_support(name, uses, package_phases[name]) for name, uses in sorted(by_package.items())]
    return Confidence(
        units=len(order),
        last_new=max(firsts, default=0),
        estimate=_estimate(by_use),
        kinds=tuple(kinds),
        packages=tuple(packages),
    )


def _support(name: str, uses: dict[tuple[str, str], set[tuple[Source, str]]], phases: set[str]) -> Support:
    counts: dict[Source, int] = {}
    for source, _ in {unit for units in uses.values() for unit in units}:
        counts[source] = counts.get(source, 0) + 1
    return Support(name, len(uses), counts, phases == {"init"}, _estimate(uses))


def _estimate(uses: dict[tuple[str, str], set[tuple[Source, str]]]) -> Estimate:
    return Estimate(
        sum(1 for units in uses.values() if len(units) == 1), sum(len(units) for units in uses.values())
    )
