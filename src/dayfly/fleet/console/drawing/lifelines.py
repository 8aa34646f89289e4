"""Environments as lifelines: where each band begins, where it served, where it was infected. Plain geometry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.function import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.fleet.console.reading.function import Life, Mark
    from dayfly.fleet.console.span import Span

WIDTH = 1160.0
LEFT, RIGHT = 150.0, 74.0
TOP, ROW, BOTTOM = 8.0, 19.0, 26.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis; `form` is how its label is written."""

    x: float
    time: datetime
    form: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A mark on a lifeline."""

    x: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One row: the band from `begin` to `end`, red from `infected` on; `served` are the places of its ticks."""

    life: Life
    y: float
    begin: float
    end: float
    infected: float | None
    served: tuple[float, ...]
    served_infected: tuple[float, ...]
    drops: tuple[Drop, ...]
    began_before: bool
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture."""

    width: float
    height: float
    left: float
    right: float
    axis: float
    ticks: tuple[Tick, ...]
    lines: tuple[Lifeline, ...]
    label_x: float


# Lambda ends idle environments after minutes: what served this shortly before the end lives.
_ALIVE = timedelta(minutes=15)


def draw(lives: Sequence[Life], span: Span) -> Drawing:
    """Place the lifelines, those with harm first, then by their beginning."""
    inner = WIDTH - LEFT - RIGHT
    step = inner / BUCKETS

    def place(moment: datetime) -> float:
        return round(LEFT + inner * span.share(moment), 1)

    lines = []
    ordered = sorted(lives, key=lambda life: (life.infected is None, not life.marks, life.first_time))
    for number, life in enumerate(ordered):
        infected = place(life.infected) if life.infected else None
        places = [round(LEFT + step * (bucket + 0.5), 1) for bucket in life.served]
        lines.append(
            Lifeline(
                life=life,
                y=TOP + ROW * number + ROW / 2,
                begin=place(life.first_time),
                end=max(place(life.last_time), place(life.first_time) + 0.1),
                infected=infected,
                served=tuple(x for x in places if infected is None or x < infected),
                served_infected=tuple(x for x in places if infected is not None and x >= infected),
                drops=tuple(Drop(place(mark.time), mark) for mark in life.marks),
                began_before=life.first_time - span.start < timedelta(seconds=span.seconds / BUCKETS),
                is_alive=not life.is_bare and span.end - life.last_time <= _ALIVE,
            )
        )
    axis = TOP + ROW * max(len(lines), 1) + 4
    return Drawing(
        WIDTH,
        axis + BOTTOM,
        LEFT,
        WIDTH - RIGHT,
        axis,
        tuple(ticks(span, LEFT, inner)),
        tuple(lines),
        LEFT - 12,
    )


_STEPS = (300, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400)


def ticks(span: Span, left: float, inner: float, *, most: int = 9) -> list[Tick]:
    """Round moments (UTC) along the axis, at most `most` of them."""
    step = next((step for step in _STEPS if span.seconds / step <= most), _STEPS[-1])
    midnight = datetime(span.start.year, span.start.month, span.start.day)
    first = midnight + timedelta(seconds=-(-(span.start - midnight).total_seconds() // step) * step)
    found = []
    while first <= span.end:
        found.append(
            Tick(round(left + inner * span.share(first), 1), first, "day" if step >= 86_400 else "clock")
        )
        first += timedelta(seconds=step)
    return found
