"""Write a measurement as a table for the terminal, as Markdown or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bench.machine import Machine

COLUMNS = (
    "function",
    "isolation",
    "plain",
    "Dayfly",
    "added",
    "p99 plain",
    "p99 Dayfly",
    "samples",
    "budget",
    "verdict",
)
FUNCTIONS_NOTE = (
    "small imports nothing; medium imports boto3 and makes one client; large adds a table of small Python "
    "objects. Handlers return at once."
)
METHOD_NOTE = (
    "Plain awslambdaric and Dayfly were alive together and invoked in alternating bursts of five; figures are "
    "medians, `added` is their difference. Times are taken at a fake Runtime API, except where AWS's emulator "
    "is named: it runs in namespaces of its own as on Lambda, if the machine allows it, and its own time, most "
    "of it, is in both columns."
)
BUSY_NOTE = (
    "Other work kept this machine's cores busy at the start: Dayfly's processes had to wait for one more often "
    "than plain awslambdaric's single process, and its figures are upper bounds."
)
COLOURS = {"met": "green", "not met": "red", "no budget": "dim", "not measured": "yellow"}


@dataclass(frozen=True)
class Report:
    """One run: where, by which command, and what came out."""

    machine: Machine
    command: str
    date: str
    sizes_mb: dict[str, float]
    figures: Sequence[Figure]

    def notes(self) -> list[str]:
        """What a reader must know to read the figures."""
        sizes = ", ".join(f"{name} {size:.0f} MB" for name, size in self.sizes_mb.items())
        return [
            f"Measured {self.date} by `{self.command}` on {self.machine.sentence()}.",
            f"Functions, by PSS under plain awslambdaric: {sizes}. {FUNCTIONS_NOTE}",
            METHOD_NOTE,
            *([BUSY_NOTE] if self.machine.is_busy() else []),
        ]


def as_json(report: Report) -> str:
    """Everything, for machines."""
    return json.dumps({**asdict(report), "figures": [asdict(one) for one in report.figures]}, indent=2)


def as_markdown(report: Report) -> str:
    """What docs/performance.md quotes."""
    lines = [*report.notes(), ""]
    text = "\n\n".join(lines)
    for what, rows in _grouped(report.figures):
        text += f"### {what}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
        text += "".join(f"| {' | '.join(_cells(row))} |\n" for row in rows) + "\n"
    return text


def print_tables(report: Report, console: Console) -> None:
    """The same for a person at a terminal."""
    for note in report.notes():
        console.print(note, style="dim", highlight=False)
    for what, rows in _grouped(report.figures):
        table = Table(title=what, title_justify="left", title_style="bold")
        for column in COLUMNS:
            table.add_column(
                column, justify="left" if column in {"function", "isolation", "verdict"} else "right"
            )
        for row in rows:
            *cells, verdict = _cells(row)
            table.add_row(*cells, f"[{COLOURS[row.verdict]}]{verdict}[/]")
        console.print(table)


def _grouped(figures: Sequence[Figure]) -> list[tuple[str, list[Figure]]]:
    names = dict.fromkeys(figure.what for figure in figures)
    return [(name, [figure for figure in figures if figure.what == name]) for name in names]


def _cells(row: Figure) -> tuple[str, ...]:
    if row.verdict == "not measured":
        return (row.function, row.contestant, *["–"] * 7, row.verdict)
    return (
        row.function,
        row.contestant,
        f"{row.plain:.2f} {row.unit}",
        f"{row.dayfly:.2f} {row.unit}",
        f"{row.added:+.2f} {row.unit}",
        _tail(row.plain_p99),
        _tail(row.dayfly_p99),
        str(row.samples),
        "–" if row.budget is None else f"≤ {row.budget:.1f} {row.unit}",
        row.verdict,
    )


def _tail(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
