"""Read twins: one text that holds an unsafe and a safe program, marked line by line as in a diff.

A line that begins with `-` belongs to the unsafe program alone, one with `+` to the safe one alone; all others
belong to both. `%% file PATH` begins another file of the same program. So twins differ in what is marked and in
nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAIN = "app.py"
_PAIR = re.compile(r"^%% pair (?P<name>[a-z0-9-]+): (?P<construct>.+)$")
_FILE = re.compile(r"^%% file (?P<path>\S+)$")


@dataclass(frozen=True, slots=True)
class Case:
    """One program and what is true of it.

    `category` is the id of the check that must find something where `is_unsafe`, and nothing where not.
    `construct` says what makes the difference, `shape` where the value comes from. `files` maps paths to text;
    execution begins in `app.py`, at `handler` if it has one, else at the routes of a web framework.
    """

    name: str
    category: str
    construct: str
    shape: str
    is_unsafe: bool
    is_written: bool  # by hand, not generated
    files: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"{self.category}/{self.name}_{'unsafe' if self.is_unsafe else 'safe'}"


def split(text: str) -> tuple[str, str]:
    """The unsafe and the safe program of a marked text; ValueError where nothing is marked."""
    unsafe: list[str] = []
    safe: list[str] = []
    for line in text.split("\n"):
        if line.startswith("-"):
            unsafe.append(line[1:])
        elif line.startswith("+"):
            safe.append(line[1:])
        else:
            unsafe.append(line)
            safe.append(line)
    if unsafe == safe:
        raise ValueError("no line is marked: these are no twins")
    return "\n".join(unsafe), "\n".join(safe)


def pair(
    name: str, category: str, construct: str, shape: str, files: Mapping[str, str], *, is_written: bool
) -> tuple[Case, Case]:
    """The unsafe and the safe case out of marked files; a file without marks is the same in both."""
    split_files = {path: _split_if_marked(text) for path, text in files.items()}
    if all(unsafe == safe for unsafe, safe in split_files.values()):
        raise ValueError(f"{category}/{name}: no line is marked: these are no twins")
    unsafe, safe = (
        Case(
            name=name,
            category=category,
            construct=construct,
            shape=shape,
            is_unsafe=index == 0,
            is_written=is_written,
            files={path: versions[index].strip("\n") + "\n" for path, versions in split_files.items()},
        )
        for index in (0, 1)
    )
    return unsafe, safe


def read_pairs(text: str, category: str) -> Iterator[tuple[Case, Case]]:
    """The pairs of a `.twins` file."""
    name = construct = ""
    files: dict[str, list[str]] = {}
    path = MAIN
    for line in [*text.splitlines(), "%% pair end: end"]:
        if match := _PAIR.match(line):
            if name:
                joined = {path: "\n".join(lines) for path, lines in files.items()}
                yield pair(name, category, construct, "as written", joined, is_written=True)
            name, construct = match["name"], match["construct"]
            path, files = MAIN, {MAIN: []}
        elif match := _FILE.match(line):
            path = match["path"]
            files[path] = []
        elif name:
            files[path].append(line)


def _split_if_marked(text: str) -> tuple[str, str]:
    try:
        return split(text)
    except ValueError:
        return text, text
