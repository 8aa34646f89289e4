"""A source line cut to a width, with the columns that a place marks, counted as a terminal counts. No I/O."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.report.excerpts import printable

if TYPE_CHECKING:
    from dayfly.scan.model import Place

_TAB = 4
_CUT = "…"
_SPELLING = re.compile(r"""[\s"'`]""")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A line as it is shown, and where in it the mark begins and how wide it is, in cells; width 0: no mark."""

    text: str
    start: int
    width: int


def cut_snippet(line: str, place: Place, *, width: int) -> Snippet:
    """The part of `line` around what `place` marks, at most `width` cells wide.

    Tabs are blanks, characters without a width or with an effect are spelt out, indentation stays.
    """
    cells: list[str] = []
    offsets = [0]
    for char in line.rstrip():
        shown = " " * _TAB if char == "\t" else printable(char)
        cells.append(shown)
        offsets.append(offsets[-1] + sum(cell_width(part) for part in shown))
    first = min(max(place.column - 1, 0), len(cells))
    is_marked = place.column > 0
    last = len(cells)
    if place.end_line in (0, place.line) and place.end_column > place.column:
        last = min(place.end_column - 1, len(cells))
    begin, end = 0, len(cells)
    if offsets[-1] > width:
        # Begin at the mark where it would be out of sight, some of what is before it included.
        if offsets[last] > width - 1:
            room = max(width // 4, 1)
            while offsets[first] - offsets[begin] > room:
                begin += 1
        used = 1 if begin else 0
        while end > begin and offsets[end] - offsets[begin] + used > width - (1 if end < len(cells) else 0):
            end -= 1
    lead = _CUT if begin else ""
    text = lead + "".join(cells[begin:end]) + (_CUT if end < len(cells) else "")
    if not is_marked:
        return Snippet(text, 0, 0)
    start = len(lead) + offsets[first] - offsets[begin]
    stop = len(lead) + offsets[min(last, end)] - offsets[begin]
    return Snippet(text, start, max(min(stop, width) - start, 1))


def cell_width(char: str) -> int:
    """How many cells a printable character takes."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def is_repeated(what: str, line: str) -> bool:
    """Say whether a step's words only repeat its source line, by whatever quotes and blanks, cut or not."""
    said = _SPELLING.sub("", what.rstrip("…"))
    return not said or said in _SPELLING.sub("", line)
