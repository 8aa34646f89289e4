"""The survival curve: which share of environments lives longer than so many seconds, with those that are still alive counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.fleet.console.reading.lifetimes import Life

WIDTH, HEIGHT = 720.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 10.0, 28.0
_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 4 * 3600, 8 * 3600, 86_400, 2 * 86_400)
# More corners than pixels only weigh.
_CORNERS = 400


@dataclass(frozen=True, slots=True)
class Label:
    """A line of the grid and what is written at it."""

    at: float
    seconds: float
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """The path of the curve, of the area below it, and the grid."""

    line: str
    area: str
    across: tuple[Label, ...]
    up: tuple[Label, ...]


def draw(lives: Sequence[Life]) -> Curve | None:
    """Draw Kaplan and Meier's estimate; None where nothing has lived."""
    ordered = sorted(lives, key=lambda life: (life.seconds, not life.has_ended))
    if not ordered or ordered[-1].seconds <= 0:
        return None
    longest = ordered[-1].seconds
    surviving, at_risk = 1.0, len(ordered)
    corners = [(0.0, 1.0)]
    for life in ordered:
        if life.has_ended:
            surviving *= 1 - 1 / at_risk
            corners.append((life.seconds, surviving))
        at_risk -= 1
    corners.append((longest, surviving))
    every = max(len(corners) // _CORNERS, 1)
    kept = [*corners[:-1:every], corners[-1]]

    def across(seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / longest, 1)

    def up(share: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)

    line = f"M{across(0)} {up(1)}" + "".join(f"H{across(x)}V{up(y)}" for x, y in kept)
    floor = up(0)
    step = next((step for step in _STEPS if longest / step <= 8), _STEPS[-1])
    return Curve(
        line=line,
        area=f"{line}V{floor}H{across(0)}Z",
        across=tuple(Label(across(n * step), n * step) for n in range(int(longest // step) + 1)),
        up=tuple(Label(up(share), 0.0, share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
    )
