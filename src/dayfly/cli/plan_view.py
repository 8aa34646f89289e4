"""Draw a plan for a terminal: the recommendation, the isolations with bars, losses, settings, fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from dayfly.lab.plan.configuration import render_settings
from dayfly.lab.plan.contestants import PLAIN, title_of
from dayfly.lab.plan.split import line_figures, split_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from dayfly.lab.plan.model import Cost, Destination, Difference, Fix, Loss, Plan, Split

WIDTH = 78
_BAR = 12
_USES_BAR = 6
_SOFT = "dim"
_GOOD = "bold green"
_CARE = "bold yellow"
_BAD = "bold red"
_MAX_DIFFERENCES = 6
_MAX_LOSSES = 14
_PHASES = {"observe": "running the function without Dayfly", "measure": "measuring each isolation mode"}
_KINDS = {
    "connection": "connection",
    "cache": "cache",
    "state": "module state",
    "tmp": "/tmp",
    "late-work": "after answer",
    "thread": "thread",
    "process": "process",
    "lazy-import": "lazy import",
    "lazy-object": "lazy object",
    "cold-start-flag": "cold start",
    "tracing": "tracing",
    "extension": "extension",
}


class PlanProgress(Progress):
    """A bar per phase, gone when the plan is there."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.description:44}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            console=console,
            transient=True,
        )
        self._bars = {phase: self.add_task(text, total=None, start=False) for phase, text in _PHASES.items()}

    def show(self, phase: str, done: int, total: int) -> None:
        """Move one phase's bar."""
        self.start_task(self._bars[phase])
        self.update(self._bars[phase], completed=done, total=total)


def draw_plan(plan: Plan) -> RenderableType:
    """Return the whole plan, most important first."""
    parts: list[RenderableType] = []
    if plan.differences:
        parts.append(_draw_differences(plan))
    parts += [_draw_advice(plan), _draw_costs(plan)]
    if plan.split is not None:
        parts += _draw_split(plan.split, plan.network)
    if plan.losses:
        parts.append(_draw_losses(plan.losses))
    parts += _draw_settings(plan)
    parts += _draw_fixes(plan.advice.fixes)
    if plan.notes:
        parts += [Text()]
        parts += [Padding(_bullet(note, style=_SOFT), (0, 2), expand=False) for note in plan.notes]
    return Group(*parts)


def _title(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, 1), expand=False)


def _draw_differences(plan: Plan) -> RenderableType:
    grouped: dict[tuple[str, str, str], list[Difference]] = {}
    for one in plan.differences:
        grouped.setdefault((one.path, one.expected, one.got), []).append(one)
    lines: list[RenderableType] = []
    for (path, expected, got), items in list(grouped.items())[:_MAX_DIFFERENCES]:
        lines.append(Text.assemble((path or "the whole answer", "bold"), f"  {expected} → {got}"))
        names = ", ".join(dict.fromkeys(title_of(one.isolation) for one in items))
        count = len({one.event for one in items})
        affected, total = sum(one.affected for one in items), sum(one.invocations for one in items)
        where = f"{count} of {len(plan.events)} events, {affected} of {total} invocations"
        lines.append(_bullet(f"under {names}: {where}; {items[0].explanation}", style=_SOFT))
    if len(grouped) > _MAX_DIFFERENCES:
        lines.append(Text(f"and {len(grouped) - _MAX_DIFFERENCES} more: see --json", style=_SOFT))
    return Panel(Group(*lines), title="Answers differ", title_align="left", border_style="red", expand=False)


def _draw_advice(plan: Plan) -> RenderableType:
    advice = plan.advice
    style = _GOOD
    if advice.gives_up or advice.must_fix or advice.is_undecided:
        style = _CARE
    if advice.settings.isolation == "process":
        style = _BAD
    lines: list[RenderableType] = [Text(advice.headline, style=style)]
    lines += [_bullet(reason) for reason in advice.reasons]
    lines += [_bullet(f"trade-off: {what}", style="yellow") for what in advice.gives_up]
    if advice.must_fix:
        count = len(advice.must_fix)
        problems = "1 problem" if count == 1 else f"{count} problems"
        lines.append(_bullet(f"{problems} to fix first: see below", style="yellow"))
    events = f"{len(plan.events)} event{'s' if len(plan.events) > 1 else ''}"
    samples = max(cost.samples for cost in plan.costs)
    return Panel(
        Group(*lines),
        title=f"{plan.handler}: {'no recommendation' if advice.is_undecided else 'add to dayfly.toml'}",
        title_align="left",
        subtitle=f"{events}, {samples} invocations per mode",
        subtitle_align="left",
        border_style=style.removeprefix("bold "),
        expand=False,
    )


def _bullet(text: str, *, style: str = "") -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column()
    grid.add_row("·", Text(text, style=style))
    return grid


def _draw_costs(plan: Plan) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title_justify="left")
    table.add_column("", min_width=18)
    table.add_column("response, p50", width=_BAR + 7)
    headings: list[tuple[str, Literal["left", "right"]]] = [
        ("p99", "right"), ("CPU", "right"), ("init", "right"), ("MB", "right"), ("same?", "left"),
    ]  # fmt: skip
    for heading, justify in headings:
        table.add_column(heading, justify=justify)
    longest = max((cost.p50_ms or 0.0 for cost in plan.costs), default=0.0)
    plain = plan.cost(PLAIN)
    differing = {one.isolation for one in plan.differences}
    for cost in plan.costs:
        name = Text(title_of(cost.name), style="bold" if cost.name == plan.advice.measured_as else "")
        if cost.unavailable:
            table.add_row(name, Text("not run", style=_SOFT), *[Text("–", style=_SOFT)] * 5)
            continue
        if cost.is_fallback:
            name.append("\nran as process", style=_BAD)
        same: Text | str = (
            Text("differs", style=_BAD) if cost.name in differing else Text("yes", style="green")
        )
        table.add_row(
            name,
            _bar(cost, plain, longest),
            _figure(cost.p99_ms),
            _figure(cost.cpu_ms),
            _figure(cost.init_ms, digits=0),
            _figure(cost.memory_mb, digits=0),
            "" if cost.name == PLAIN else same,
        )
    return Group(_title("Cost of each isolation mode, in ms and MB"), table)


def _draw_split(split: Split, network: Sequence[Destination]) -> list[RenderableType]:
    """Return what a new worker adds, by cause, and the lines of the function's code that it is spent in."""
    table = Table(box=None, padding=(0, 1), show_header=False, show_edge=False)
    table.add_column(width=14)
    table.add_column(width=_BAR + 8)
    table.add_column(ratio=1)
    longest = max(ms for _, ms, _ in split_rows(split, network))
    for name, ms, what in split_rows(split, network):
        bar = Text("▇" * round(ms / longest * _BAR) if longest else "", style="yellow")
        bar.append(f" {ms:.1f}", style="default")
        table.add_row(Text(name, style="bold"), bar, Text(what, style=_SOFT))
    parts: list[RenderableType] = [
        _title(f"What a new worker adds, in ms ({split.samples} invocations with timers)"),
        Padding(table, (0, 1), expand=False),
    ]
    for line in split.lines:
        text = Text.assemble("· ", (line.code or "this line", "bold"), (f"  {line.where}", "cyan"))
        text.append(f"\n  {line_figures(line)}", style=_SOFT)
        if line.can_move:
            text.append("\n  → can move to init: see below", style="green")
        parts.append(Padding(text, (0, 2), expand=False))
    return parts


def _bar(cost: Cost, plain: Cost | None, longest: float) -> Text:
    """Return the median as a bar, in grey what plain takes and in colour what is added."""
    if cost.p50_ms is None or not longest:
        return Text("–", style=_SOFT)
    base = min(cost.p50_ms, plain.p50_ms) if plain is not None and plain.p50_ms is not None else cost.p50_ms
    whole = max(1, round(cost.p50_ms / longest * _BAR))
    grey = min(whole, max(1, round(base / longest * _BAR)))
    text = Text()
    text.append("▇" * grey, style="bright_black")
    text.append("▇" * (whole - grey), style="yellow")
    text.append(f" {cost.p50_ms:.1f}")
    return text


def _figure(value: float | None, *, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _draw_losses(losses: Sequence[Loss]) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_edge=False, header_style=_SOFT)
    table.add_column("", width=12)
    table.add_column("", ratio=1)
    table.add_column("depends on it", width=_USES_BAR + 6, no_wrap=True)
    for loss in losses[:_MAX_LOSSES]:
        consequence = loss.consequence
        what = Text(loss.what, style="bold")
        if loss.where:
            what.append(f"  {loss.where}", style="not bold cyan")
        what.append(f"\n{consequence}", style="not bold dim")
        if loss.prime:
            what.append(" · fixed by prime", style="not bold green")
        table.add_row(_KINDS[loss.kind], what, _uses(loss))
    more = len(losses) - _MAX_LOSSES
    parts: list[RenderableType] = [
        _title("State that a new worker does not have"),
        Padding(table, (0, 1), expand=False),
    ]
    if more > 0:
        parts.append(Padding(Text(f"and {more} more: see --json", style=_SOFT), (0, 2), expand=False))
    return Group(*parts)


def _uses(loss: Loss) -> Text:
    full = round(_USES_BAR * loss.uses / loss.invocations) if loss.invocations else 0
    text = Text("▇" * full, style="cyan")
    text.append("·" * (_USES_BAR - full), style=_SOFT)
    text.append(f" {loss.uses}/{loss.invocations}", style="default")
    return text


def _draw_settings(plan: Plan) -> list[RenderableType]:
    if plan.advice.is_undecided:
        return []
    parts: list[RenderableType] = [_title("dayfly.toml"), _code(render_settings(plan.advice))]
    if plan.prime is not None and plan.advice.settings.prime is not None:
        parts += [_title(f"{plan.prime.module}.py"), _code(plan.prime.source)]
    return parts


def _code(text: str) -> RenderableType:
    return Padding(Text(text.rstrip("\n"), style="cyan"), (0, 2), expand=False)


def _draw_fixes(fixes: Sequence[Fix]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for urgency, title in (("before", "Fix before you enable it"), ("later", "Recommended changes")):
        chosen = [fix for fix in fixes if fix.urgency == urgency]
        if not chosen:
            continue
        parts.append(_title(title))
        for fix in chosen:
            line = Text.assemble("· ", (fix.what, "bold"))
            if fix.where:
                line.append(f"  {fix.where}", style="cyan")
            parts += [Padding(line, (0, 2), expand=False), Padding(Text(fix.how), (0, 4), expand=False)]
    return parts
