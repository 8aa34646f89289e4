"""Says of every file where its imports begin and whether its authors are the function's."""

from __future__ import annotations

import csv
import re
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from dayfly.scan.source.project import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.source.project import Project

_METADATA = re.compile(r"(?P<root>(?:.*/)?)(?P<folder>[^/]+\.(?:dist-info|egg-info))/(?:METADATA|PKG-INFO)$")
# Where an environment's imports begin, and a layer's in /opt:
# https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
_SITE = re.compile(r"^(?:.*(?:/|!/))?(?:site-packages|dist-packages)(?=/)")
_LAYER = re.compile(r"(?:^|/)python(?=/)")
_MAX_METADATA = 1_000_000


def settle(project: Project) -> None:
    """Set `root` and `is_dependency` of every Python file, and `project.distributions`."""
    project.distributions = sorted(
        _distributions(project), key=lambda one: (one.name.lower(), one.metadata_path)
    )
    installed: set[str] = set()
    for distribution in project.distributions:
        installed.update(distribution.files)
    for path, file in project.python.items():
        file.root = _root(project, path)
        is_site = "site-packages/" in path or "dist-packages/" in path
        file.is_dependency = is_site or path in installed


def _root(project: Project, path: str) -> str:
    site = _SITE.match(path)
    if site is not None:
        return site.group()
    for match in _LAYER.finditer(path):
        folder = path[: match.end()]
        if f"{folder}/__init__.py" not in project.python:  # else it is a package that is called so
            return folder
    return path.rpartition("!/")[0] + "!" if "!/" in path else ""


def _distributions(project: Project) -> Iterable[Distribution]:
    for path in sorted(project.others):
        match = _METADATA.fullmatch(path)
        if match is None:
            continue
        headers = HeaderParser().parsestr(_text(project, path))
        name = headers.get("Name") or match["folder"].rpartition(".")[0].partition("-")[0]
        version = headers.get("Version") or ""
        files = _record(project, match["root"], f"{match['root']}{match['folder']}")
        yield Distribution(str(name), str(version), path, tuple(files))


def _record(project: Project, root: str, folder: str) -> Iterable[str]:
    """Paths that belong to a distribution: its RECORD, or else its top-level names."""
    record = f"{folder}/RECORD"
    if record in project.others:
        for row in csv.reader(_text(project, record).splitlines()):
            if row and ".." not in row[0]:
                yield root + row[0]
        return
    top_level = f"{folder}/top_level.txt"
    names = _text(project, top_level).split() if top_level in project.others else []
    for path in project.python:
        inner = path.removeprefix(root)
        if path.startswith(root) and (inner.partition("/")[0].removesuffix(".py") in names):
            yield path


def _text(project: Project, path: str) -> str:
    return project.others[path]()[:_MAX_METADATA].decode("utf-8", "replace")
