"""Reads SQL from files beside the code: the only place where SQL of the fleet lives.

A file may begin with comments `-- key: value`, its header; what they mean is the reader's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_HEADER = re.compile(r"--\s*([a-z_]+):\s*(.*)")
_END = re.compile(r";[ \t]*(?:\n|$)")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file: `name` without its suffix, `header` by key, `text` as ClickHouse gets it."""

    name: str
    header: dict[str, str]
    text: str

    @property
    def body(self) -> str:
        """The text below the header, without the semicolon at its end: what goes into another query."""
        lines = self.text.splitlines()
        while lines and lines[0].startswith("--"):
            del lines[0]
        return "\n".join(lines).strip().removesuffix(";")

    @property
    def statements(self) -> list[str]:
        """The statements of a file that has several, each with the comments above it."""
        return [part.strip() for part in _END.split(self.text) if _has_sql(part)]


@cache
def read_sql(package: str, name: str) -> SqlFile:
    """Return `name`.sql beside the modules of `package`, as `read_sql("dayfly.fleet.console", "sql/overview")`.

    Raises FileNotFoundError where there is none: a fault of ours, found by the file's test.
    """
    text = resources.files(package).joinpath(f"{name}.sql").read_text("utf-8")
    return parse_sql(name.rpartition("/")[2], text)


def read_folder(package: str, folder: str) -> list[SqlFile]:
    """Return every SQL file of one folder, by name."""
    entries = resources.files(package).joinpath(folder).iterdir()
    names = sorted(entry.name.removesuffix(".sql") for entry in entries if entry.name.endswith(".sql"))
    return [read_sql(package, f"{folder}/{name}") for name in names]


def parse_sql(name: str, text: str) -> SqlFile:
    """Take a file's text apart. A header's value goes on in the next line where that is indented by two or more."""
    header: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if (match := _HEADER.fullmatch(line.rstrip())) is not None:
            key = match[1]
            header[key] = match[2]
        elif key and line.startswith("--   "):
            header[key] = f"{header[key]} {line[2:].strip()}".strip()
        else:
            key = ""
    return SqlFile(name, header, text)


def _has_sql(part: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("--") for line in part.splitlines())
