"""Finds the line of a value in a file whose parser does not tell lines."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.source.project import Project

_MAX_BYTES = 20_000_000  # a lock of the largest monorepos has some megabytes


class Lines:
    """The lines of one file; answers where a text stands, going on from where the last one was found."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = text.split("\n")
        self._next = 0

    def place(self, *needles: str) -> Place:
        """The next line that holds all needles, or else the first such line of the file, or else the file."""
        for start in (self._next, 0):
            for number in range(start, len(self._lines)):
                line = self._lines[number]
                if all(needle in line for needle in needles):
                    self._next = number
                    column = line.find(needles[0]) + 1 if needles else 1
                    return Place(self.path, number + 1, column, number + 1, column + len(needles[0]))
        return Place(self.path)

    def place_of_name(self, name: str) -> Place:
        """The line on which a package is named, whichever way it is spelled."""
        pattern = re.compile(
            r"(?<![\w.-])" + re.sub(r"[-_.]+", "[-_.]+", name) + r"(?![\w.-])", re.IGNORECASE
        )
        for start in (self._next, 0):
            for number in range(start, len(self._lines)):
                match = pattern.search(self._lines[number])
                if match is not None and not self._lines[number].lstrip().startswith("#"):
                    self._next = number
                    return Place(self.path, number + 1, match.start() + 1, number + 1, match.end() + 1)
        return Place(self.path)


def load_toml(project: Project, path: str) -> tuple[Mapping[str, object], Lines] | None:
    """A TOML file as mappings, and its lines; None with a note where it is none."""
    text = load_text(project, path)
    if text is None:
        return None
    try:
        return tomllib.loads(text), Lines(path, text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not valid TOML: {error}", Place(path)))
        return None


def load_text(project: Project, path: str) -> str | None:
    data = project.read(path)
    if len(data) > _MAX_BYTES:
        project.notes.append(
            Note(NoteKind.BOUNDED, f"has more than {_MAX_BYTES:,} bytes: not read", Place(path))
        )
        return None
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    project.notes.append(Note(NoteKind.NOT_ANALYSABLE, "is not UTF-8 text", Place(path)))
    return None


def table(value: object) -> Mapping[str, object]:
    """`value` where it is a mapping with text keys, else an empty one."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""
