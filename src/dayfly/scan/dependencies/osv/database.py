"""Reads a local copy of advisories: a folder of OSV files, JSON or YAML, or the zip that OSV exports."""

from __future__ import annotations

import json
import os
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from dayfly.scan.dependencies.osv.record import Advisory, parse_record
from dayfly.scan.dependencies.requirement import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_RECORD = 4_000_000  # bytes; the longest of PyPI's export has 0.5 MB
_MAX_RECORDS = 400_000  # OSV's export for PyPI had 20,000 in 2025; all of GitHub's has 300,000
_SUFFIXES = (".json", ".yaml", ".yml")
_MODIFIED = re.compile(rb"\"?modified\"?\s*:\s*\"?'?(\d{4}-\d\d-\d\dT[\d:]+(?:\.\d+)?Z?)")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Advisories:
    """What was read for the wanted packages.

    `modified` is when the newest record of the whole database was changed (ISO 8601; "" if unknown): its age.
    `records` counts all that were seen, `problems` says what could not be read.
    """

    found: list[Advisory] = field(default_factory=list)
    modified: str = ""
    records: int = 0
    problems: list[str] = field(default_factory=list)


def read_database(path: Path, names: frozenset[str]) -> Advisories:
    """The advisories about any package of `names` (normalised); raises OSError where there is nothing to read."""
    result = Advisories()
    wanted = _pattern(names)
    source = _from_zip(path, result) if path.is_file() else _from_folder(path, names)
    for name, data in source:
        result.records += 1
        if result.records > _MAX_RECORDS:
            result.problems.append(f"has more than {_MAX_RECORDS:,} records: the rest was not read")
            break
        modified = _MODIFIED.search(data)
        if modified is not None:
            result.modified = max(result.modified, modified[1].decode("ascii"))
        if wanted.search(data) is not None:
            _take(name, data, result)
    return result


def _take(name: str, data: bytes, result: Advisories) -> None:
    try:
        if name.endswith(".json"):
            document: object = json.loads(data)
        else:
            # Safe: plain data alone is built, by a subclass of SafeLoader.
            document = yaml.load(data, Loader=_PlainLoader)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        result.problems.append(f"{name} cannot be read: {str(error).partition(chr(10))[0]}")
        return
    advisory = parse_record(document)
    if advisory is not None:
        result.found.append(advisory)


class _PlainLoader(_LOADER):  # type: ignore[misc]
    """Dates stay text: what is compared with JSON is text."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _LOADER.yaml_implicit_resolvers.items()
}


def _pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    """Finds a record that names a wanted package before it is parsed: most name none."""
    spelled = sorted(re.sub(r"-", "[-_.]+", re.escape(name).replace(r"\-", "-")) for name in names)
    return re.compile(
        rb"[\"']?name[\"']?\s*:\s*[\"']?(?:" + "|".join(spelled).encode() + rb")[\"']?\s*(?:[,}\r\n]|$)",
        re.IGNORECASE,
    )


def _from_folder(path: Path, names: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    if not path.is_dir():
        raise OSError(f"{path} is neither a folder nor a zip")
    for folder, folders, files in os.walk(path):
        folders.sort()
        # pypa/advisory-database has a folder for each package.
        is_other = (
            os.path.basename(os.path.dirname(folder)) == "vulns"
            and normalise(os.path.basename(folder)) not in names
        )
        for name in sorted(files):
            if name.endswith(_SUFFIXES):
                with open(os.path.join(folder, name), "rb") as file:
                    yield name, file.read(2_000 if is_other else _MAX_RECORD)


def _from_zip(path: Path, result: Advisories) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(_SUFFIXES):
                    continue
                with archive.open(entry) as file:
                    yield entry.filename, file.read(_MAX_RECORD)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        if not result.records:
            raise OSError(f"{path} is not a zip of advisories: {error}") from error
        result.problems.append(f"is damaged: {error}")
