"""Which lines a change touched, from the text of `git diff`, and which findings lie on them. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Finding, Note, Place

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Change:
    """The lines that are new or different, by path, and files that are new as a whole.

    Where lines were only taken out, the two around the gap count: what is there now may lack a check.
    """

    lines: Mapping[str, tuple[range, ...]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()

    def touches(self, finding: Finding) -> bool:
        """Say whether the finding or a step of its way is on a changed line; a whole file's: in a changed file."""
        return any(self._holds(place) for place in (finding.place, *(step.place for step in finding.steps)))

    def holds(self, note: Note) -> bool:
        """Say whether the note is on a file that differs, or on none in particular."""
        path = note.place.path.partition("!/")[0]
        return (
            path in ("", ".")
            or path in self.files
            or path in self.lines
            or any(one.startswith(f"{path}/") for one in (*self.files, *self.lines))
        )

    def _holds(self, place: Place) -> bool:
        path = place.path.partition("!/")[0]
        if path in self.files:
            return True
        if path != place.path or not place.line:
            return path in self.lines
        first, last = place.line, max(place.end_line, place.line)
        return any(part.start <= last and first < part.stop for part in self.lines.get(path, ()))


def read_diff(text: str) -> Mapping[str, tuple[range, ...]]:
    """Changed lines by path from `git diff --unified=0`; paths as git says them, without their `b/`."""
    found: dict[str, list[range]] = {}
    path = ""
    left = 0  # lines of a hunk's body that are still to come: one that looks like a header is text
    for line in text.split("\n"):
        if left and line.startswith(("+", "-")):
            left -= 1
        elif line.startswith("+++ "):
            path = _path(line[4:])
        elif path and (match := _HUNK.match(line)):
            start, count = int(match["start"]), int(match["count"] or 1)
            left = count + _old_count(line)
            found.setdefault(path, []).append(
                range(start, start + count) if count else range(start, start + 2)
            )
        elif line.startswith("diff --git "):
            path = ""
            left = 0
    return {name: tuple(ranges) for name, ranges in found.items()}


def _old_count(line: str) -> int:
    old = line.split(" ", 2)[1]
    return int(old.partition(",")[2] or 1)


def _path(text: str) -> str:
    """A path as git writes it: `b/app.py`, or in quotes with escapes; "" for a file that is gone."""
    text = text.rstrip("\t\r")
    if text == "/dev/null":
        return ""
    if text.startswith('"'):
        text = _unquoted(text[1:-1])
    return text.removeprefix("b/")


def _unquoted(text: str) -> str:
    data = bytearray()
    index = 0
    while index < len(text):
        char = text[index]
        if char != "\\":
            data += char.encode("utf-8", "surrogateescape")
            index += 1
        elif text[index + 1 : index + 4].isdigit():
            data.append(int(text[index + 1 : index + 4], 8) & 0xFF)
            index += 4
        else:
            data += _ESCAPES.get(text[index + 1 : index + 2], "").encode()
            index += 2
    return data.decode("utf-8", "surrogateescape")
