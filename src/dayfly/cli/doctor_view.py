"""Draw what the doctor found for a terminal, readable in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from dayfly.doctor.reading import Known, Reading
    from dayfly.doctor.rows import Row, State

_STATES: dict[State, tuple[str, str]] = {
    "yes": ("yes", "bold green"),
    "no": ("no", "bold red"),
    "unknown": ("unknown", "bold yellow"),
}
# What nothing is less safe without: its absence is no alarm.
_CALM = {"means", "speed", "function", "tool"}
_NAME_WIDTH = 18
_STATE_WIDTH = 7
# Longer lines are harder to read, however wide the terminal.
_MAX_WIDTH = 120


def draw_host(rows: Sequence[Row], *, width: int, not_promised: Sequence[str]) -> RenderableType:
    """Return all rows by group, what follows from the scope, and one line that sums them up."""
    return Group(
        *_draw_groups(rows, width=width),
        *_draw_list("Not protected on this host", not_promised),
        _sum_up(rows),
    )


def draw_reading(reading: Reading, *, width: int) -> RenderableType:
    """Return what answers tell, what follows from it, and what is still open."""
    parts: list[RenderableType] = [
        Text.assemble(("Answers from ", ""), (reading.platform_name, "bold"), "\n")
    ]
    if reading.known:
        parts += [Text("Results", style="bold"), _draw_known(reading.known, width=width), Text()]
    parts += _draw_groups(reading.rows, width=width)
    parts += _draw_list(
        "Recommended settings",
        [f'{one.name} = "{one.value}": {one.reason}' for one in reading.choices]
        or [
            "none: keep the defaults"
            if reading.platform == "lambda"
            else "none: only answers from a real Lambda function count"
        ],
        style="bold green" if reading.choices else "",
    )
    parts += _draw_list("Not protected on Lambda", reading.not_promised, style="yellow")
    parts += _draw_list("Open questions", reading.still_open)
    return Group(*parts)


def _draw_groups(rows: Sequence[Row], *, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    advised: set[str] = set()
    for group in dict.fromkeys(row.group for row in rows):
        table = _table(width)
        for row in (row for row in rows if row.group == group):
            table.add_row(_state_of(row), row.name, _words_of(row, advised=advised))
            # Several rows often have the same remedy: once is enough for a reader.
            advised.add(row.to_do)
        parts += [Text(group, style="bold"), table, Text()]
    return parts


def _table(width: int) -> Table:
    table = Table(box=None, width=min(width, _MAX_WIDTH), padding=(0, 1, 0, 0), show_header=False)
    table.add_column(width=_STATE_WIDTH, justify="right")
    table.add_column(width=_NAME_WIDTH)
    table.add_column(ratio=1)
    return table


def _state_of(row: Row) -> Text:
    word, style = _STATES[row.allowed if row.kind == "means" else row.active]
    return Text(word, style="" if row.kind in _CALM and style == "bold red" else style)


def _words_of(row: Row, *, advised: set[str]) -> Text:
    """What it protects; below, unless all is well, why not and what to do."""
    words = Text(clean(row.protects))
    if row.kind == "means":
        if row.allowed != "yes":
            words.append("\n" + clean(row.reason), style="dim")
        return words
    if row.reason:
        words.append("\n" + clean(row.reason), style="yellow" if row.is_missing else "dim")
    if row.to_do and row.to_do not in advised:
        words.append("\n→ " + clean(row.to_do), style="dim")
    return words


def _draw_known(known: Sequence[Known], *, width: int) -> Table:
    table = _table(width)
    table.columns[1].width = _NAME_WIDTH + 8
    for one in known:
        word, _ = _STATES[one.state]
        table.add_row(Text(word, style="bold"), one.name, Text(clean(one.text)))
    return table


def _draw_list(title: str, lines: Sequence[str], *, style: str = "") -> list[RenderableType]:
    if not lines:
        return []
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(width=_STATE_WIDTH, justify="right")
    table.add_column(max_width=_MAX_WIDTH)
    for line in lines:
        table.add_row("•", Text(clean(line), style=style))
    return [Text(title, style="bold"), table, Text()]


def _sum_up(rows: Sequence[Row]) -> Text:
    defences = [row for row in rows if row.kind == "defence"]
    missing = [row.name for row in defences if row.is_missing]
    text = Text(f"{len(defences) - len(missing)} of {len(defences)} protections are active on this host.")
    if missing:
        text.append(" Not active: " + ", ".join(missing) + ".", style="yellow")
    return text


def clean(text: str) -> str:
    """Answers come from elsewhere: nothing in them may drive the terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)
