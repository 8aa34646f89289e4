"""A subcommand's tables say the same in every form."""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import dataclass

from bench.machine import this_machine
from bench.sheets import (
    NOTE_LENGTH,
    Sheet,
    as_json,
    as_markdown,
    notes,
    print_tables,
    shortened,
)
from rich.console import Console


@dataclass(frozen=True)
class Fact:
    """What a cell was written from."""

    name: str
    value: float


SHEET = Sheet(
    "How long",
    ("function", "answer", "note"),
    [("one", "1.25", "[bold] a|b\nc"), ("one", "2.50", ""), ("two", "3.75", "")],
    [Fact("one", 1.25)],
)
MACHINE = dataclasses.replace(this_machine(pinned_to=None), cores=2, load=0.1)


def test_markdown_keeps_a_cell_in_its_cell() -> None:
    text = as_markdown([SHEET], ["where"])
    assert text.startswith("where\n\n### How long\n\n| function | answer | note |\n|---|---|---|\n")
    assert "| one | 1.25 | [bold] a\\|b c |" in text


def test_the_terminal_shows_square_brackets_as_they_are() -> None:
    written = io.StringIO()
    print_tables([SHEET], ["at [10:00]"], Console(file=written, width=120))
    assert "[bold] a|b" in written.getvalue()
    assert "at [10:00]" in written.getvalue()


def test_a_column_that_nobody_filled_is_not_shown() -> None:
    bare = dataclasses.replace(SHEET, rows=[("one", "1.25", "")])
    assert "note" not in as_markdown([bare], [])


def test_json_has_the_figures_not_the_cells() -> None:
    read = json.loads(as_json([SHEET], ["where"], MACHINE))
    assert read["tables"] == {"How long": [{"name": "one", "value": 1.25}]}
    assert read["machine"]["cores"] == 2
    assert read["notes"] == ["where"]


def test_a_busy_machine_is_said_to_be_busy() -> None:
    quiet = notes(MACHINE, "python -m bench lazy", "how")
    assert "`python -m bench lazy`" in quiet[0]
    assert quiet[1:] == ["how"]
    busy = notes(dataclasses.replace(MACHINE, load=4.0), "python -m bench lazy", "how")
    assert "upper bounds" in busy[-1]


def test_a_cell_holds_a_short_note() -> None:
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 500)) == NOTE_LENGTH
    assert shortened("x" * 500).endswith("x…")
