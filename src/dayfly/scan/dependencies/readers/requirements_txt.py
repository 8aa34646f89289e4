"""Reads requirements files as pip does: continuations, includes, constraints, hashes, options, editable, URLs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.readers.lines import load_text
from dayfly.scan.dependencies.requirement import (
    Index,
    Manifest,
    Origin,
    Requirement,
    normalise,
    origin_of,
    parse_requirement,
    without_secret,
)
from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import Project

_MAX_INCLUDES = 50
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_HASH = re.compile(r"\s--hash[= ](?P<algorithm>sha256|sha384|sha512):(?P<digest>[0-9a-fA-F]+)")
_OPTION = re.compile(r"\s--(?:hash|install-option|global-option|config-settings?|config-setting)[= ].*$")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_NAME_IN_FILE = re.compile(
    r"([A-Za-z0-9][\w.]*?)-(\d[\w.!+]*?)(?:-[^/]*\.whl|\.tar\.gz|\.zip|\.tar\.bz2)(?:$|[#?])"
)
_INDEX_OPTIONS = {"-i": False, "--index-url": False, "--pypi-url": False, "--extra-index-url": True}


def read_requirements(project: Project, path: str, *, group: str = "") -> Manifest | None:
    """The requirements of one file and those that it includes, pinned by its constraints; None if unreadable."""
    reader = _Reader(project)
    if not reader.read(path, group, is_constraint=False):
        return None
    pinned = {one.name: one for one in reader.constraints if one.version}
    requirements = tuple(_constrained(one, pinned) for one in reader.requirements)
    return Manifest(
        path, "requirements.txt", is_lock=False, requirements=requirements, indexes=tuple(reader.indexes)
    )


def _constrained(requirement: Requirement, pinned: dict[str, Requirement]) -> Requirement:
    constraint = pinned.get(requirement.name)
    if constraint is None or requirement.version or requirement.origin is not Origin.INDEX:
        return requirement
    return replace(requirement, version=constraint.version, hashes=requirement.hashes or constraint.hashes)


class _Reader:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.indexes: list[Index] = []
        self._seen: set[tuple[str, bool]] = set()

    def read(self, path: str, group: str, *, is_constraint: bool) -> bool:
        if (path, is_constraint) in self._seen or len(self._seen) >= _MAX_INCLUDES:
            return False
        self._seen.add((path, is_constraint))
        text = load_text(self.project, path)
        if text is None:
            return False
        for number, line in _logical_lines(text):
            self._line(line, Place(path, number, 1, number, len(line) + 1), group, is_constraint)
        return True

    def _line(self, line: str, place: Place, group: str, is_constraint: bool) -> None:
        option, _, value = (
            line.replace("=", " ", 1).partition(" ") if line.startswith("--") else line.partition(" ")
        )
        value = value.strip().strip("\"'")
        if option in _INDEX_OPTIONS:
            self.indexes.append(Index(value, place, is_extra=_INDEX_OPTIONS[option]))
        elif option in ("-f", "--find-links"):
            if "://" in value:
                self.indexes.append(Index(value, place, is_extra=True))
        elif option == "--trusted-host":
            self.indexes.append(Index(value, place, is_unverified=True))
        elif option in ("-r", "--requirement", "-c", "--constraint"):
            self._include(value, place, group, is_constraint or option in ("-c", "--constraint"))
        elif option in ("-e", "--editable"):
            self._take(_from_url(value, place, group, ()), is_constraint)
        elif line.startswith("-r") and not line.startswith("--"):
            self._include(line[2:].strip(), place, group, is_constraint)
        elif line.startswith("-"):
            return
        else:
            hashes = tuple(
                f"{one['algorithm']}:{one['digest'].lower()}" for one in _HASH.finditer(" " + line)
            )
            bare = _OPTION.sub("", " " + line).strip()
            found = parse_requirement(bare, place, group=group, hashes=hashes)
            found = found or _from_url(bare, place, group, hashes)
            if found is None:
                self.project.notes.append(
                    Note(NoteKind.NOT_ANALYSABLE, "is not a requirement that pip understands", place)
                )
            self._take(found, is_constraint)

    def _take(self, requirement: Requirement | None, is_constraint: bool) -> None:
        if requirement is not None:
            (self.constraints if is_constraint else self.requirements).append(requirement)

    def _include(self, value: str, place: Place, group: str, is_constraint: bool) -> None:
        target = _join(place.path, value)
        known = target is not None and (target in self.project.others or target in self.project.python)
        if target is None or not known:
            self.project.notes.append(
                Note(
                    NoteKind.NOT_RESOLVED,
                    f"includes {without_secret(value)}, which is not in the scanned path",
                    place,
                )
            )
            return
        self.read(target, group, is_constraint=is_constraint)


def _join(path: str, value: str) -> str | None:
    """The path that `value` means seen from the folder of `path`; None where it leaves the root."""
    if "://" in value or value.startswith("/"):
        return None
    parts = path.split("/")[:-1]
    for part in value.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined over a backslash, without comments; with the number of the first."""
    held, first = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        is_comment = raw.lstrip().startswith("#")
        line = "" if is_comment else raw
        first = first or number
        if line.endswith("\\") and not is_comment:
            held += line[:-1].rstrip() + " "
            continue
        if is_comment and held:
            continue
        whole = _COMMENT.sub("", held + line).strip()
        if whole:
            yield first, whole
        held, first = "", 0
    whole = _COMMENT.sub("", held).strip()
    if whole:
        yield first, whole


def _from_url(value: str, place: Place, group: str, hashes: tuple[str, ...]) -> Requirement | None:
    url = value.partition(" ")[0].partition(";")[0]
    origin = origin_of(url)
    egg = _EGG.search(url)
    file = _NAME_IN_FILE.search(url.rpartition("/")[2])
    if egg is None and file is None and origin is Origin.LOCAL and not _looks_like_path(url):
        return None
    name = (
        egg[1]
        if egg
        else file[1]
        if file
        else url.split("#")[0].rstrip("/").rpartition("/")[2].removesuffix(".git")
    )
    name = name.partition("@")[0].removesuffix(".git") or "."
    return Requirement(
        name=normalise(name),
        place=place,
        version=file[2] if file and not egg and origin is not Origin.VCS else "",
        hashes=hashes,
        origin=origin,
        url=url,
        group=group,
    )


def _looks_like_path(url: str) -> bool:
    return url.startswith((".", "/", "file:")) or "/" in url or url.endswith((".whl", ".tar.gz", ".zip"))
