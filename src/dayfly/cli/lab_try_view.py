"""Draw what an attack did: a row for each way the handler was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from dayfly.cli.explain_view import prose
from dayfly.lab.trying.attack import FIXED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from dayfly.lab.trying.attack import Attack
    from dayfly.lab.trying.running import Tried, Way
    from dayfly.scan.check import Check

_SOFT = "dim"


class TryProgress(Progress):
    """A bar over the ways, gone when the result is there."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("attacking"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            console=console,
            transient=True,
        )
        self._bar = self.add_task("", total=None)

    def show(self, done: int, total: int) -> None:
        """Move the bar."""
        self.update(self._bar, completed=done, total=total)


def draw_tries(check: Check, attack: Attack, tried: Sequence[Tried]) -> RenderableType:
    """Return the table with a line on what is to be seen."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
    table.add_column("handler")
    table.add_column("runtime")
    table.add_column("attack")
    table.add_column("findings")
    for one in tried:
        table.add_row(one.way.code, run_by(one.way), _fate(one), _said(one))
    events = len(attack.events)
    head = Text.assemble(
        (check.id, "bold"), f"  {check.title}  ", (f"{events} event{'s' if events > 1 else ''}, warm", _SOFT)
    )
    return Group(
        Text(),
        Padding(head, (0, 0, 0, 1), expand=False),
        Padding(prose(attack.note), (0, 0, 1, 1), expand=False),
        table,
        Padding(
            Text(f"dayfly explain {check.id} shows both handlers.", style=_SOFT), (1, 0, 0, 1), expand=False
        ),
    )


def run_by(way: Way) -> str:
    """How a handler was run, in words."""
    if way.runtime == "plain":
        return "plain awslambdaric"
    return f"Dayfly, {way.isolation}, guard {way.guard}"


def _fate(one: Tried) -> Text:
    if one.has_succeeded:
        return Text("works", style="bold red")
    if one.way.code == FIXED:
        return Text("does not work", style="bold green")
    errors = ", ".join(dict.fromkeys(one.errors))
    return Text("does not work" + (f": {errors}" if errors else ""), style="bold green")


def _said(one: Tried) -> Text:
    if one.way.runtime == "plain":
        return Text("–", style=_SOFT)
    said = ", ".join(one.findings) or "none"
    if one.is_fallback:
        said += " (the function could not be forked)"
    return Text(said, style="" if one.findings else _SOFT)
