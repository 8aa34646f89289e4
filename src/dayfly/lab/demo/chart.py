"""Draw lifelines and customers as SVG that carries no style of its own; the page's CSS gives it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.demo.facts import ActFacts, Role
    from dayfly.lab.demo.lifelines import Lifeline, Mark

_WIDTH = 1000
_LEFT = 34
_RIGHT = 14
_TOP = 30
_ROW = 17
_WAFFLE_COLUMNS = 25
# More squares than this are too small to see; then a square stands for several customers.
_WAFFLE_CELLS = 500


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of an act, in seconds since it began."""

    name: str
    start: float
    end: float
    is_shaded: bool


def find_phases(facts: ActFacts) -> tuple[Phase, ...]:
    """Return the burst, the silence and the payments as the calls' own times have them."""

    def span(role: Role) -> tuple[float, float] | None:
        calls = [call for call in facts.calls if call.role == role]
        if not calls:
            return None
        start = min(call.started for call in calls) - facts.started
        return start, max(call.ended for call in calls) - facts.started

    burst, payments = span("attacker"), span("customer")
    if burst is None or payments is None:
        return ()
    return (
        Phase("attack burst", *burst, is_shaded=True),
        Phase("no attack", burst[1], payments[0], is_shaded=False),
        Phase("customers pay, no attack", *payments, is_shaded=True),
    )


def draw_chart(
    lifelines: Sequence[Lifeline],
    *,
    phases: Sequence[Phase],
    seconds: float,
    has_workers: bool,
    exposure: tuple[float, float] | None,
) -> str:
    """Return the chart of one act, `seconds` wide.

    With `has_workers` each line is cut where a worker was replaced; `exposure` is drawn as a bracket.
    """
    bottom = _TOP + _ROW * len(lifelines)
    height = bottom + (46 if exposure else 26)
    scale = (_WIDTH - _LEFT - _RIGHT) / max(seconds, 0.001)

    def x(at: float) -> float:
        return _LEFT + at * scale

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="One row per environment over time">'
    ]
    parts += _draw_phases(
        phases, x0=[x(p.start) for p in phases], x1=[x(p.end) for p in phases], bottom=bottom
    )
    for number, line in enumerate(lifelines):
        y = _TOP + _ROW * number + _ROW / 2
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 3.5:.1f}" text-anchor="end">{number + 1}</text>')
        parts += _draw_line(
            line,
            y=y,
            x=[x(t) for t in (line.born, line.ready, line.ended)],
            scale=scale,
            has_workers=has_workers,
        )
    step = next(step for step in (1, 2, 5, 10, 20, 60, 120, 600) if seconds / step <= 12 or step == 600)
    for second in range(0, int(seconds) + 1, step):
        parts.append(
            f'<line class="axis" x1="{x(second):.1f}" x2="{x(second):.1f}" y1="{bottom}" y2="{bottom + 5}"/>'
        )
        parts.append(f'<text x="{x(second):.1f}" y="{bottom + 17}" text-anchor="middle">{second} s</text>')
    if exposure:
        start, end = x(exposure[0]), x(exposure[1])
        y = bottom + 28
        parts.append(f'<path class="exposure" d="M{start:.1f} {y}v6H{end:.1f}v-6"/>')
        parts.append(
            f'<text class="exposure-name" x="{(start + end) / 2:.1f}" y="{y + 17}" text-anchor="middle">'
            f"exposure time {exposure[1] - exposure[0]:.0f} s, until the demo ended</text>"
        )
    parts.append("</svg>")
    return "\n".join(parts)


def draw_waffle(*, customers: int, stolen: int, served: int) -> str:
    """Return one square per customer (or per several): stolen, safe, or not served at all."""
    each = customers_per_square(customers)
    cells = -(-customers // each)
    bad = -(-stolen // each)
    good = min(cells, -(-served // each))
    rows = -(-cells // _WAFFLE_COLUMNS)
    squares = []
    for cell in range(cells):
        kind = "theft" if cell < bad else "safe" if cell < good else "lost"
        column, row = cell % _WAFFLE_COLUMNS, cell // _WAFFLE_COLUMNS
        squares.append(
            f'<rect class="{kind}" x="{column * 10}" y="{row * 10}" width="8" height="8" rx="1.6"/>'
        )
    label = f"{stolen} of {served} cards stolen"
    return (
        f'<svg class="waffle" viewBox="0 0 {_WAFFLE_COLUMNS * 10 - 2} {rows * 10 - 2}" role="img" '
        f'aria-label="{label}">{"".join(squares)}</svg>'
    )


def customers_per_square(customers: int) -> int:
    """Return how many customers one square of the waffle stands for."""
    return -(-customers // _WAFFLE_CELLS)


def draw_sample(kind: str) -> str:
    """Return one mark of the charts, for a legend."""
    shape = {
        "attack": _diamond(11, 6),
        "ping": '<path class="ping" d="M11 1v10"/>',
        "customer": '<circle class="customer" cx="11" cy="6" r="3.4"/>',
        "theft": '<circle class="theft" cx="11" cy="6" r="3.4"/>',
        "infected": '<path class="life infected" d="M4 6h14"/>',
        "clean": '<path class="life plain" d="M4 6h14"/>',
        "worker": '<path class="life" d="M4 6h14"/><path class="cut" d="M8 1v10M14 1v10"/>',
        "init": '<path class="init" d="M1 6h20"/>',
    }[kind]
    return f'<svg viewBox="0 0 22 12" aria-hidden="true">{shape}</svg>'


def _draw_phases(phases: Sequence[Phase], *, x0: list[float], x1: list[float], bottom: int) -> list[str]:
    parts = []
    for phase, start, end in zip(phases, x0, x1, strict=True):
        if phase.is_shaded:
            parts.append(
                f'<rect class="phase" x="{start:.1f}" y="{_TOP - 6}" width="{max(end - start, 1):.1f}" '
                f'height="{bottom - _TOP + 6}" rx="4"/>'
            )
        parts.append(
            f'<text class="phase-name" x="{start + 4:.1f}" y="{_TOP - 13}">{escape(phase.name)}</text>'
        )
    return parts


def _draw_line(line: Lifeline, *, y: float, x: list[float], scale: float, has_workers: bool) -> list[str]:
    born, ready, ended = x
    parts = [f'<path class="init" d="M{born:.1f} {y:.1f}H{ready:.1f}"/>']
    band = "life" if has_workers else "life plain"
    parts.append(f'<path class="{band}" d="M{ready:.1f} {y:.1f}H{max(ready, ended):.1f}"/>')
    if line.infected_at is not None:
        start = born + (line.infected_at - line.born) * scale
        parts.append(f'<path class="life infected" d="M{start:.1f} {y:.1f}H{max(start, ended):.1f}"/>')

    def place(mark: Mark) -> float:
        # The request that brought the cold start began before the function could serve it.
        return max(ready, born + (mark.at - line.born) * scale)

    if has_workers:
        # Half way to the next request of another worker: the old one has ended, the next one waits.
        cuts = [
            (place(before) + place(after)) / 2
            for before, after in pairwise(line.marks)
            if before.worker != after.worker
        ]
        parts.append(f'<path class="cut" d="{"".join(f"M{cut:.1f} {y - 3.5:.1f}v7" for cut in cuts)}"/>')
    pings = "".join(f"M{place(mark):.1f} {y - 3.5:.1f}v7" for mark in line.marks if mark.kind == "ping")
    if pings:
        parts.append(f'<path class="ping" d="{pings}"/>')
    parts += [_diamond(place(mark), y) for mark in line.marks if mark.kind == "attack"]
    parts += [
        _draw_customer(mark, place(mark), y) for mark in line.marks if mark.kind in ("customer", "theft")
    ]
    if line.end != "open":
        parts.append(f'<path class="end" d="M{ended:.1f} {y - 5:.1f}v10"/>')
    return parts


def _draw_customer(mark: Mark, at: float, y: float) -> str:
    worker = f", worker {mark.worker}" if mark.worker else ""
    done = "stolen" if mark.kind == "theft" else "paid"
    return (
        f'<circle class="{mark.kind}" cx="{at:.1f}" cy="{y:.1f}" r="3.1">'
        f"<title>{done} at {mark.at:.1f} s: card •••• {escape(mark.shown_card)}{worker}</title></circle>"
    )


def _diamond(x: float, y: float) -> str:
    return f'<path class="attack" d="M{x:.1f} {y - 3.6:.1f}l3 3.6l-3 3.6l-3-3.6z"/>'
