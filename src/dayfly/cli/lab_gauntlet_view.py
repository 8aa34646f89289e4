"""Draws what the gauntlet found: a line for each protection and isolation, and where it was not the same for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dayfly.lab.gauntlet.model import MARKS, SUCCESSES, TRIED
from dayfly.lab.gauntlet.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console, RenderableType

    from dayfly.lab.gauntlet.engine import Step
    from dayfly.lab.gauntlet.model import Cell, Collateral, Result, Row, Verdict
    from dayfly.lab.gauntlet.protection import Protection
    from dayfly.lab.gauntlet.summary import Summary
    from dayfly.lab.gauntlet.technique import Technique

_SOFT = "dim"
_STYLES: dict[Verdict, str] = {
    "blocked": "green", "contained": "green", "contained late": "bold yellow", "detected": "yellow", "survived": "bold red",
}  # fmt: skip
# Between two columns.
_GAP = 3


class GauntletProgress(Progress):
    """A bar over the cells, with the one that was done last; gone when the result is there."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.fields[phase]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[last]}"),
            console=console,
            transient=True,
        )
        self._bar = self.add_task("", total=None, phase="starting", last="")

    def show(self, step: Step) -> None:
        """Move the bar; from any thread."""
        cell = step.cell
        last = f"{cell.attack} · {cell.protection} {cell.isolation}: {cell.verdict}" if cell else ""
        self.update(self._bar, completed=step.done, total=step.total, phase=step.phase, last=last)


def draw_result(result: Result, *, width: int) -> RenderableType:
    """The table of rows, legitimate requests and costs, then each attack whose outcome differs between
    protections."""
    parts: list[RenderableType] = [
        Text(),
        *_tables(result, _OUTCOMES, width=width - 1),
        *_tables(result, _HONEST, width=width - 1),
    ]
    if (unavailable := [row for row in result.rows if row.unavailable]) != []:
        parts += [Text("not run", style="bold")]
        parts += [Text(f"  {row.protection}: {row.unavailable}") for row in _once(unavailable)]
    parts.append(_survivors(result))
    void = [cell for cell in result.cells if cell.outcome == "void" and cell.reason and cell.served == 0]
    names = sorted({cell.attack for cell in void})
    if names:
        parts.append(
            Text(f"void (these fail here even without protection): {', '.join(names)}", style=_SOFT),
        )
    parts += [Text(note, style="bold yellow") for note in result.notes]
    parts.append(
        Text(
            f"{len(result.attacks)} attacks, door {result.door}, {result.seconds:.0f} s; "
            f"{result.machine['processors']} processors, Python {result.machine['python']}, Dayfly "
            f"{result.dayfly}. Measured in the lab, not on AWS.",
            style=_SOFT,
        )
    )
    return Padding(Group(*parts), (0, 0, 0, 1))


def _once(rows: Sequence[Row]) -> list[Row]:
    return list({row.protection: row for row in rows}.values())


# A heading, and what stands below it for a row.
_Column = tuple[str, "Callable[[Row, Summary], str | Text]"]


def _outcome(name: Verdict) -> _Column:
    def show(_row: Row, one: Summary) -> Text:
        number = one.outcomes[name]
        return Text(f"{MARKS[name]} {number}" if number else "0", style=_STYLES[name] if number else _SOFT)

    return name, show


def _harm(heading: str, number: Callable[[Collateral], int]) -> _Column:
    def show(row: Row, _one: Summary) -> Text:
        found = number(row.collateral)
        return Text(str(found), style="bold red" if found else _SOFT)

    return heading, show


_OUTCOMES: tuple[_Column, ...] = (
    _outcome("blocked"),
    _outcome("contained"),
    _outcome("contained late"),
    _outcome("detected"),
    _outcome("survived"),
    ("affected requests", lambda row, one: f"{one.reaching}/{one.tried}"),
    ("requests affected", lambda row, one: str(one.customers)),
    ("noticed", lambda row, one: str(one.noticed)),
    ("ms to detect", lambda row, one: _figure(one.detect_ms, 0)),
    ("ms exposed", lambda row, one: _figure(one.exposure_ms, 0)),
)
_HONEST: tuple[_Column, ...] = (
    ("legitimate requests", lambda row, one: str(row.collateral.requests) + _aside(row.collateral)),
    _harm("refused", lambda honest: honest.refused),
    _harm("failed", lambda honest: honest.failed),
    _harm("changed answers", lambda honest: honest.different),
    _harm("false alarms", lambda honest: sum(honest.false_alarms.values())),
    ("answer, ms", lambda row, one: _figure(row.cost.answer_ms, 2)),
    ("total, ms", lambda row, one: _figure(row.cost.whole_ms, 2)),
    ("CPU ms", lambda row, one: _figure(row.cost.cpu_ms, 2)),
    ("MB", lambda row, one: _figure(row.cost.memory_mb, 0)),
    ("init ms", lambda row, one: _figure(row.cost.init_ms, 0)),
)


def _tables(result: Result, columns: Sequence[_Column], *, width: int) -> list[RenderableType]:
    """As many tables below one another as it takes for all columns to fit."""
    rows = [(row, summarise(result, row)) for row in result.rows if not row.unavailable]
    names = [f"{row.protection} {row.isolation}" for row, _ in rows]
    first = max(map(len, names), default=0) + _GAP
    tables: list[RenderableType] = []
    group: list[_Column] = []
    used = first
    for column in columns:
        need = max(map(len, column[0].split())) + _GAP
        need = max(need, *(len(str(column[1](row, one))) + _GAP for row, one in rows), 0)
        if group and used + need > width:
            tables.append(_table(names, rows, group))
            group, used = [], first
        group.append(column)
        used += need
    return [*tables, _table(names, rows, group)]


def _table(
    names: Sequence[str], rows: Sequence[tuple[Row, Summary]], columns: Sequence[_Column]
) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
    table.add_column("", no_wrap=True)
    for heading, _ in columns:
        table.add_column(heading, justify="right")
    for name, (row, one) in zip(names, rows, strict=True):
        table.add_row(name, *(show(row, one) for _, show in columns))
    return Padding(table, (0, 0, 1, 0))


def _aside(honest: Collateral) -> str:
    words = []
    if honest.unusable:
        words.append(f"{len(honest.unusable)} functions fail")
    if honest.not_active:
        words.append(f"not active for {len(honest.not_active)}")
    return f" ({', '.join(words)})" if words else ""


def _figure(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _survivors(result: Result) -> RenderableType:
    """The attacks that reached later customers, by row; not of rows where every one did."""
    lines: list[Text] = []
    for row in result.rows:
        tried_cells = [cell for cell in result.of(row) if cell.outcome in TRIED]
        cells = [cell for cell in tried_cells if cell.verdict not in SUCCESSES]
        if not cells or len(cells) == len(tried_cells):
            continue
        line = Text.assemble((f"{row.protection} {row.isolation}", "bold"), ": affected later requests: ")
        for number, cell in enumerate(cells):
            line.append((", " if number else "") + cell.attack, style=_STYLES[cell.verdict])
            line.append(_note(cell), style=_SOFT)
        lines.append(line)
    return Group(*lines) if lines else Text()


def _note(cell: Cell) -> str:
    words: list[str] = [cell.verdict] if cell.verdict == "contained late" else []
    words += [f"not active: {cell.not_active}"] if cell.not_active else []
    return f" ({'; '.join(words)})" if words else ""


def draw_list(
    protections: Mapping[str, Protection], attacks: Mapping[str, Sequence[Technique]]
) -> RenderableType:
    """What there is to run."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
    for column in ("protection", "isolations", ""):
        table.add_column(column)
    for name, one in protections.items():
        table.add_row(name, ", ".join(one.isolations), one.title)
    parts: list[RenderableType] = [table]
    for source, techniques in attacks.items():
        own = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
        for column in (f"attacks of {source}", "level", "family", ""):
            own.add_column(column, no_wrap=column != "")
        for technique in techniques:
            own.add_row(technique.name, technique.level, technique.family, technique.does)
        parts += [Text(), own]
    return Group(*parts)


def list_as_json(
    protections: Mapping[str, Protection], attacks: Mapping[str, Sequence[Technique]]
) -> dict[str, object]:
    """The same as one JSON object."""
    return {
        "protections": [
            {"name": name, "title": one.title, "isolations": list(one.isolations)}
            for name, one in protections.items()
        ],
        "attacks": [
            {
                "name": one.name,
                "source": source,
                "level": one.level,
                "family": one.family,
                "attack": list(one.attack),
                "does": one.does,
                "must_fail_to": one.must_fail_to,
            }
            for source, techniques in attacks.items()
            for one in techniques
        ],
    }
