"""Draw lifetimes for a terminal: a row per function, with bars, and what one infection would have meant."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from dayfly.cli.output import Output
    from dayfly.fleet.lifetimes.model import FunctionLifetimes, Lifetimes, Spread

_BAR = 12
_SOFT = "dim"
_MAX_FUNCTIONS = 40


@contextmanager
def waiting(output: Output) -> Iterator[Callable[[str], None]]:
    """Show what is being read on a terminal, and nothing elsewhere."""
    if not output.is_live:
        yield lambda what: None
        return
    with output.console.status("reading logs") as status:
        yield lambda what: status.update(f"reading {what}")


def draw(lifetimes: Lifetimes) -> RenderableType:
    """The whole answer."""
    functions = sorted(lifetimes.functions, key=lambda one: -(one.lifetime.highest))
    shown = functions[:_MAX_FUNCTIONS]
    parts: list[RenderableType] = [_draw_lifetimes(shown), _draw_exposure(shown)]
    if len(functions) > len(shown):
        parts.append(Text(f" and {len(functions) - len(shown)} more functions: see --json", style=_SOFT))
    parts.append(_draw_limits(lifetimes))
    return Group(*parts)


def _draw_lifetimes(functions: list[FunctionLifetimes]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("function", overflow="fold")
    table.add_column("environments", justify="right")
    table.add_column("alive", justify="right")
    table.add_column("lifetime, p50", width=_BAR + 13, no_wrap=True)
    for heading in ("p90", "longest", "oldest"):
        table.add_column(heading, justify="right", no_wrap=True)
    longest = max((one.lifetime.p50 or one.lifetime.highest for one in functions), default=0.0)
    for one in functions:
        table.add_row(
            one.function or "unknown",
            f"{one.environments:,}",
            f"{one.alive:,}",
            _bar(one.lifetime.p50, longest, one.lifetime.highest),
            _time(one.lifetime.p90, at_least=one.lifetime.highest),
            _time(one.lifetime.highest),
            _time(one.oldest_alive) if one.oldest_alive is not None else Text("none", style=_SOFT),
        )
    return Group(_title("How long environments live"), table)


def _draw_exposure(functions: list[FunctionLifetimes]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("function", overflow="fold")
    table.add_column("later requests in\nthe same environment", justify="right")
    table.add_column("worst", justify="right")
    table.add_column("infected then", justify="right")
    table.add_column("still\nserving", justify="right")
    table.add_column("requests\nserved since", justify="right")
    ago = functions[0].exposure.ago
    for one in functions:
        exposure = one.exposure
        table.add_row(
            one.function or "unknown",
            _number(one.after_infection),
            f"{one.after_infection.highest:,.0f}",
            f"{exposure.alive:,}",
            Text(f"{exposure.still_alive:,}", style="bold red" if exposure.still_alive else "green"),
            f"{_number(exposure.served)}, worst {exposure.served.highest:,.0f}"
            if exposure.alive
            else Text("–", style=_SOFT),
        )
    return Group(
        _title(
            f"If one request had infected its environment, and if all environments of {_time(ago)} ago had "
            "been infected"
        ),
        table,
    )


def _draw_limits(lifetimes: Lifetimes) -> RenderableType:
    unseen = sum(one.births_unseen for one in lifetimes.functions)
    lines = [
        f"{lifetimes.lines:,} events from {_moment(lifetimes.begin)} to {_moment(lifetimes.end)} UTC",
        "lifetimes run from the first to the last log record; the real lifetime is at least as long",
    ]
    if unseen:
        lines.append(f"{unseen:,} environments started before the log and are older than shown")
    if lifetimes.not_understood:
        lines.append(f"{lifetimes.not_understood:,} events have an unknown format and were skipped")
    return Padding(Text("\n".join(lines), style=_SOFT), (0, 0, 0, 1))


def _title(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, 1), expand=False)


def _bar(value: float | None, longest: float, at_least: float) -> Text:
    length = max(1, round((at_least if value is None else value) / longest * _BAR)) if longest else 0
    text = Text("█" * length, style="cyan")
    return text.append(" " + _time(value, at_least=at_least), style="default")


def _time(seconds: float | None, *, at_least: float = 0.0) -> str:
    """As people say it, in two units at most; `> x` where only a lower bound is known."""
    if seconds is None:
        return "> " + _time(at_least)
    if seconds < 1:
        return "0 s" if seconds < 0.01 else f"{seconds:.1f} s"
    whole = round(seconds)
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for number, (name, size) in enumerate(units):
        if whole >= size:
            rest = whole % size // units[number + 1][1] if size > 1 else 0
            return f"{whole // size} {name}" + (f" {rest} {units[number + 1][0]}" if rest else "")
    return "0 s"


def _number(spread: Spread) -> str:
    return "–" if spread.p50 is None else f"{spread.p50:,.0f}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
