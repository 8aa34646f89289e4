"""Environments into lifetimes: distributions, the oldest alive, and what one infection would have meant. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from dayfly.fleet.lifetimes.model import Exposure, FunctionLifetimes, Lifetimes, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.fleet.lifetimes.model import Environment

# Lambda does not say how long it keeps an environment that nobody calls; minutes, as people measure it.
DEFAULT_IDLE = 15 * 60.0
DEFAULT_AGO = 60 * 60.0


def measure(
    environments: Iterable[Environment],
    *,
    end: float | None = None,
    idle: float = DEFAULT_IDLE,
    ago: float = DEFAULT_AGO,
    lines: int = 0,
    not_understood: int = 0,
) -> Lifetimes:
    """Measure every function.

    `end` is the moment up to which the log tells (its last event by default). An environment that was silent for
    more than `idle` seconds before that counts as gone at its last line. `ago` is when the infection is supposed to
    have happened, in seconds before the end.
    """
    by_function: dict[str, list[Environment]] = {}
    for environment in environments:
        by_function.setdefault(environment.function, []).append(environment)
    everything = [one for some in by_function.values() for one in some]
    begin = min((one.first for one in everything), default=0.0)
    if end is None:
        end = max((one.last for one in everything), default=0.0)
    functions = tuple(
        _measure(name, some, end=end, idle=idle, ago=ago) for name, some in sorted(by_function.items())
    )
    return Lifetimes(functions, begin, end, lines, not_understood)


def _measure(
    name: str, environments: Sequence[Environment], *, end: float, idle: float, ago: float
) -> FunctionLifetimes:
    alive = [one for one in environments if end - one.last <= idle]
    oldest = min(alive, key=lambda one: one.first, default=None)
    ages: list[float] = []
    followers: list[float] = []
    for one in environments:
        ages += (start - one.first for start in one.starts)
        followers += range(len(one.starts))
    return FunctionLifetimes(
        function=name,
        environments=len(environments),
        alive=len(alive),
        invocations=sum(len(one.starts) for one in environments),
        resets=sum(max(one.inits - 1, 0) for one in environments),
        births_unseen=sum(not one.is_birth_seen for one in environments),
        lifetime=survival([(one.lifetime, end - one.last > idle) for one in environments]),
        age_at_request=spread(ages),
        oldest_alive=None if oldest is None else end - oldest.first,
        oldest_stream="" if oldest is None else oldest.stream,
        after_infection=spread(followers),
        exposure=_expose(environments, end=end, idle=idle, ago=ago),
    )


def _expose(environments: Sequence[Environment], *, end: float, idle: float, ago: float) -> Exposure:
    then = end - ago
    exposed = [one for one in environments if one.first <= then <= one.last]
    served = [float(len(one.starts) - bisect_right(sorted(one.starts), then)) for one in exposed]
    is_alive = [end - one.last <= idle for one in exposed]
    lasted = [(end if lives else one.last) - then for one, lives in zip(exposed, is_alive, strict=True)]
    return Exposure(ago, len(exposed), sum(is_alive), spread(served), spread(lasted))


def spread(values: Iterable[float]) -> Spread:
    """Quantiles by nearest rank: values that were really seen. None for all of them where there is no value."""
    ordered = sorted(values)
    if not ordered:
        return Spread(0, None, None, None, 0.0)

    def quantile(share: int) -> float:
        return ordered[max(-(-len(ordered) * share // 100) - 1, 0)]

    return Spread(len(ordered), quantile(50), quantile(90), quantile(99), ordered[-1])


def survival(lives: Iterable[tuple[float, bool]]) -> Spread:
    """Quantiles of how long one lives, of `(seconds, has ended)`; None where too few have ended to tell."""
    ordered = sorted(lives, key=lambda life: (life[0], not life[1]))
    surviving, at_risk = 1.0, len(ordered)
    found: dict[float, float] = {}
    for seconds, has_ended in ordered:
        if has_ended:
            surviving *= 1 - 1 / at_risk
            for share in (0.5, 0.9, 0.99):
                # The product of fractions misses its limit by less than this.
                if share not in found and surviving <= 1 - share + 1e-9:
                    found[share] = seconds
        at_risk -= 1
    highest = ordered[-1][0] if ordered else 0.0
    return Spread(len(ordered), found.get(0.5), found.get(0.9), found.get(0.99), highest)
