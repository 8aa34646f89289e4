"""Draw the demo for a terminal: both acts while they run, and the table at the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, assert_never

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from dayfly.lab.demo.act import Snapshot
    from dayfly.lab.demo.facts import Plan
    from dayfly.lab.demo.score import ActResult
    from dayfly.lab.demo.story import Ending

_WIDTH = 78
_BAR = 34
_THEFT = "bold red"
_SAFE = "bold green"
_SOFT = "dim"
_TITLES = {"bare": "Act 1 · plain awslambdaric", "dayfly": "Act 2 · the same traffic under Dayfly"}


def draw_progress(acts: Sequence[Snapshot], *, plan: Plan) -> RenderableType:
    """Return both acts as they stand."""
    return Group(*(_draw_act(act, plan=plan) for act in acts))


def draw_ending(ending: Ending) -> RenderableType:
    """Return the final table and one sentence that says what was shown, or what was not."""
    bare, dayfly = ending.bare, ending.dayfly
    table = Table(box=box.SIMPLE_HEAD, width=_WIDTH, padding=(0, 1))
    table.add_column("")
    table.add_column("plain", justify="right", min_width=12)
    table.add_column("Dayfly", justify="right", min_width=12)
    table.add_row("environments", str(bare.environments), str(dayfly.environments))
    table.add_row("attacks answered", str(bare.attacks), str(dayfly.attacks))
    table.add_row("environments that ran the attack", str(bare.reached), str(dayfly.reached))
    table.add_row("environments infected", _loss(bare.infected), _loss(dayfly.infected))
    table.add_row("customers served", str(bare.customers), str(dayfly.customers))
    table.add_row("cards stolen", _loss(bare.cards_stolen), _loss(dayfly.cards_stolen))
    table.add_row("time from first infection to last theft", _exposure(bare), _exposure(dayfly))
    table.add_row("response time, p50", f"{bare.p50_ms:.1f} ms", f"{dayfly.p50_ms:.1f} ms")
    table.add_row("response time, p99", f"{bare.p99_ms:.1f} ms", f"{dayfly.p99_ms:.1f} ms")
    return Group(
        table,
        Padding(_conclusion(ending), (0, 2)),
        Padding(Text(_about_waits(dayfly), style=_SOFT), (1, 2, 0, 2)),
    )


def _about_waits(dayfly: ActResult) -> str:
    processors = len(os.sched_getaffinity(0))
    return (
        f"These response times are from {dayfly.environments} environments that share {processors} "
        f"CPU{'s' if processors > 1 else ''}; on Lambda each environment has its own share of a CPU. "
        "docs/performance.md has measurements of a single environment."
    )


def _conclusion(ending: Ending) -> Text:
    if ending.reasons:
        return Text("Not shown: " + " ".join(ending.reasons), style=_THEFT)
    bare, dayfly = ending.bare, ending.dayfly
    kept = (
        f"Keep-warm pings kept {bare.kept_warm} infected environments alive beyond the idle timeout. "
        if bare.kept_warm
        else ""
    )
    return Text(
        f"Without Dayfly, one burst of attacks stole the cards of {bare.cards_stolen} later customers. "
        f"{kept}The theft stopped only when the demo ended. Under Dayfly the same attack ran and ended "
        f"with its worker: {dayfly.workers} workers, {dayfly.cards_stolen} cards stolen."
    )


def _draw_act(act: Snapshot, *, plan: Plan) -> RenderableType:
    title = _TITLES[act.name]
    if act.phase == "waiting":
        return Panel(
            Text("waits for act 1", style=_SOFT), title=title, title_align="left", width=_WIDTH, style=_SOFT
        )
    lines = Table.grid(padding=(0, 2))
    lines.add_column(width=12)
    lines.add_column(width=_BAR)
    lines.add_column()
    lines.add_row(
        "attacks", _bar(act.attacks, plan.attackers, style="yellow"), f"{act.attacks} of {plan.attackers}"
    )
    lines.add_row(
        "customers", _bar(act.customers, plan.customers, style="cyan"), f"{act.customers} of {plan.customers}"
    )
    lines.add_row(
        "cards stolen",
        _bar(act.stolen, plan.customers, style="red"),
        Text(str(act.stolen), style=_THEFT if act.stolen else _SAFE),
    )
    return Panel(
        Group(Text(_narrate(act), style="italic"), lines, Text(), _draw_environments(act)),
        title=title,
        title_align="left",
        subtitle=f"{act.elapsed_s:.0f} s",
        subtitle_align="right",
        border_style="red" if act.infected else "green" if act.phase == "done" else "none",
        width=_WIDTH,
    )


def _narrate(act: Snapshot) -> str:
    match act.phase:
        case "waiting":
            return "waits"
        case "attack":
            return "Attack: a burst of payments whose amount contains code."
        case "quiet":
            return f"No attacks, only harmless keep-warm pings: {act.pings} so far."
        case "customers":
            return f"Customers pay. No attacks; {act.pings} keep-warm pings."
        case "closing":
            return "The lab stops every environment."
        case "done":
            return f"Done: {act.stolen} cards stolen from {act.customers} customers."
        case _:
            assert_never(act.phase)


def _draw_environments(act: Snapshot) -> Text:
    squares = Text()
    for environment in act.environments:
        if environment in act.infected:
            squares.append("■ ", style="red")
        elif environment in act.ready:
            squares.append("■ ", style="green")
        else:
            squares.append("□ ", style=_SOFT)
    squares.append(f"\n{len(act.environments)} environments, {len(act.infected)} infected", style=_SOFT)
    if act.confinement is not None:
        is_absent = act.confinement.kind == "none"
        how = (
            f"without confinement: {act.confinement.reason}"
            if is_absent
            else f"confined by {act.confinement.kind}"
        )
        squares.append(f"; {how}", style="yellow" if is_absent else _SOFT)
    return squares


def _bar(done: int, total: int, *, style: str) -> ProgressBar:
    return ProgressBar(total=total, completed=done, width=_BAR, complete_style=style, finished_style=style)


def _loss(count: int) -> Text:
    return Text(str(count), style=_THEFT if count else _SAFE)


def _exposure(act: ActResult) -> Text:
    if act.exposure_s == 0:
        return Text("none", style=_SAFE)
    return Text(f"{act.exposure_s:.0f} s, until the end", style=_THEFT)
