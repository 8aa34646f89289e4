"""Write a subcommand's lines as tables for the terminal, as Markdown or as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from rich.console import Console
from rich.table import Table

from bench.machine import BUSY_NOTE, Machine

# Columns of words; all others hold figures.
WORDS = {"function", "contestant", "quantity", "met", "note", "processor"}

NOTE_LENGTH = 120


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]  # the standard library's own type for it


@dataclass(frozen=True)
class Sheet:
    """One table. `figures` are what its cells were written from, for machines."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    figures: Sequence[Record]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What all subcommands take."""
    parser.add_argument("--quick", action="store_true", help="few samples")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="machine-readable")
    form.add_argument("--markdown", action="store_true", help="what docs/performance.md quotes")


def notes(machine: Machine, command: str, *more: str) -> list[str]:
    """Where, when and by which command, and what a reader must know."""
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return [
        f"Measured {date} by `{command}` on {machine.sentence()}.",
        *more,
        *([BUSY_NOTE] if machine.is_busy() else []),
    ]


def write(
    sheets: Sequence[Sheet], said: Sequence[str], machine: Machine, options: argparse.Namespace
) -> None:
    """Print them in the form that `options` choose."""
    if options.json:
        sys.stdout.write(as_json(sheets, said, machine) + "\n")
    elif options.markdown:
        sys.stdout.write(as_markdown(sheets, said))
    else:
        print_tables(sheets, said, console())


def console() -> Console:
    """Standard output; a file or a pipe, which nobody can widen, is wide enough for the tables."""
    return Console(width=None if sys.stdout.isatty() else 180)


def as_json(sheets: Sequence[Sheet], said: Sequence[str], machine: Machine) -> str:
    """Everything, for machines."""
    tables = {sheet.title: [dataclasses.asdict(figure) for figure in sheet.figures] for sheet in sheets}
    return json.dumps(
        {"notes": list(said), "machine": dataclasses.asdict(machine), "tables": tables}, indent=2
    )


def as_markdown(sheets: Sequence[Sheet], said: Sequence[str]) -> str:
    """What docs/performance.md quotes."""
    parts = list(said)
    for sheet in map(_without_empty_columns, sheets):
        rows = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in sheet.rows]
        head = [f"| {' | '.join(sheet.columns)} |", f"|{'---|' * len(sheet.columns)}"]
        parts += [f"### {sheet.title}", "\n".join(head + rows)]
    return "\n\n".join(parts) + "\n"


def print_tables(sheets: Sequence[Sheet], said: Sequence[str], console: Console) -> None:
    """The same for a person at a terminal."""
    for note in said:
        console.print(note, style="dim", highlight=False, markup=False)
    for sheet in map(_without_empty_columns, sheets):
        table = Table(title=sheet.title, title_justify="left", title_style="bold")
        for column in sheet.columns:
            table.add_column(column, justify="left" if column in WORDS else "right")
        following = [*[row[0] for row in sheet.rows[1:]], None]
        for row, after in zip(sheet.rows, following, strict=True):
            table.add_row(*[_plain(cell) for cell in row], end_section=after != row[0])
        console.print(table)


def _without_empty_columns(sheet: Sheet) -> Sheet:
    kept = [number for number in range(len(sheet.columns)) if any(row[number] for row in sheet.rows)]
    return dataclasses.replace(
        sheet,
        columns=tuple(sheet.columns[number] for number in kept),
        rows=[tuple(row[number] for number in kept) for row in sheet.rows],
    )


def shortened(text: str) -> str:
    """What fits into a cell; JSON has all of it."""
    line = " ".join(text.split())
    return line if len(line) <= NOTE_LENGTH else line[: NOTE_LENGTH - 1] + "…"


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")


def _plain(cell: str) -> str:
    # A square bracket in a log line is no style.
    return cell.replace("[", "\\[")
