"""Compares installed packages with what their RECORD says was installed, and finds bytecode without source."""

from __future__ import annotations

import base64
import csv
import hashlib
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Place, Severity
from dayfly.scan.source.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.source.project import Distribution, Project

_SHOWN = 4
_CODE = (".py", ".pth", ".so", ".pyd")
_MAX_RECORD = 20_000_000  # bytes


def find_modified(project: Project) -> Iterator[Finding]:
    """Findings for files that differ from RECORD, are not named there, or have no source."""
    claimed: dict[str, str] = {}
    recorded: list[tuple[Distribution, Mapping[str, str]]] = []
    for distribution in project.distributions:
        rows = read_record(project, distribution)
        claimed.update(dict.fromkeys(rows, distribution.name))
        claimed.update(dict.fromkeys(distribution.files, distribution.name))
        if rows:
            recorded.append((distribution, rows))
            yield from _changed(project, distribution, rows)
    for distribution, rows in recorded:
        yield from _added(project, distribution, rows, claimed)
    yield from _without_source(project, claimed)


def read_record(project: Project, distribution: Distribution) -> Mapping[str, str]:
    """Path within the project to its recorded hash ("" where none is recorded), of files that are there."""
    folder = distribution.metadata_path.rpartition("/")[0]
    path = f"{folder}/RECORD" if folder else "RECORD"
    if path not in project.others:
        return {}
    root = folder.rpartition("/")[0]
    prefix = f"{root}/" if root else ""
    if root.endswith("!"):
        prefix = root + "/"
    rows = {}
    text = project.others[path]()[:_MAX_RECORD].decode("utf-8", "replace")
    try:
        for row in csv.reader(text.splitlines()):
            if len(row) >= 2 and ".." not in row[0].split("/"):
                rows[prefix + row[0]] = row[1]
    except csv.Error:
        return {}
    return rows


def _changed(project: Project, distribution: Distribution, rows: Mapping[str, str]) -> Iterator[Finding]:
    changed = [path for path, expected in rows.items() if _differs(project, path, expected)]
    source = sorted(path for path in changed if not path.endswith((".so", ".pyd")))
    native = sorted(path for path in changed if path.endswith((".so", ".pyd")))
    if source:
        yield Finding(
            check="dependency.modified",
            message=f"{_shown(source)} of {distribution.name} {distribution.version} does not match its RECORD",
            place=Place(source[0]),
            severity=Severity.HIGH,
            harm="code written there runs for every customer of the environment",
            evidence={"package": distribution.name, "version": distribution.version, "files": source},
        )
    if native:
        # Builds strip debugging symbols from libraries to save space.
        yield Finding(
            check="dependency.modified",
            message=f"{_shown(native)} of {distribution.name} {distribution.version} differs from its RECORD: "
            "it was stripped or changed",
            place=Place(native[0]),
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            evidence={"package": distribution.name, "version": distribution.version, "files": native},
        )


def _differs(project: Project, path: str, expected: str) -> bool:
    algorithm, _, digest = expected.partition("=")
    if algorithm not in ("sha256", "sha384", "sha512") or path.endswith((".pyc", "/RECORD")):
        return False
    if path not in project.python and path not in project.others:
        return False  # builds leave out tests, documentation and stubs
    data = project.read(path)
    if len(data) >= DEFAULT_LIMITS.other_file:
        return False  # read as far as the limit allows: its hash cannot be told
    if _digest(algorithm, data) == digest:
        return False
    if not path.endswith((".py", ".pth", ".txt", ".json", ".pyi")):
        # Scripts get the interpreter's path, metadata is written by installers; libraries are code.
        return path.endswith((".so", ".pyd"))
    # A repository that keeps vendored packages may have changed line ends.
    with_lf = data.replace(b"\r\n", b"\n")
    return digest not in (_digest(algorithm, with_lf), _digest(algorithm, with_lf.replace(b"\n", b"\r\n")))


def _digest(algorithm: str, data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode("ascii")


def _added(
    project: Project, distribution: Distribution, rows: Mapping[str, str], claimed: Mapping[str, str]
) -> Iterator[Finding]:
    """Code in the package's own folders that no package's RECORD names."""
    folder = distribution.metadata_path.rpartition("/")[0].rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    tops = {
        prefix + path.removeprefix(prefix).partition("/")[0] + "/"
        for path in rows
        if "/" in path.removeprefix(prefix) and path.endswith(".py")
    }
    tops = {top for top in tops if f"{top}__init__.py" in rows}  # namespaces are shared by many packages
    if not tops:
        return
    added = sorted(
        path
        for path in (*project.python, *project.others)
        if path.endswith(_CODE) and path not in claimed and path.startswith(tuple(tops))
    )
    if added:
        yield Finding(
            check="dependency.modified",
            message=f"{_shown(added)} is in the folder of {distribution.name} {distribution.version}, but not "
            "in its RECORD",
            place=Place(added[0]),
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            harm="code that the package did not publish is imported as a part of it",
            evidence={"package": distribution.name, "version": distribution.version, "files": added},
        )


def _without_source(project: Project, claimed: Mapping[str, str]) -> Iterator[Finding]:
    """Modules that exist as bytecode alone: nobody can read them, this scan neither."""
    found: dict[str, list[str]] = {}
    for path in sorted(project.others):
        if path.endswith(".pyc") and "__pycache__" not in path and path[:-1] not in project.python:
            found.setdefault(claimed.get(path, ""), []).append(path)
    for owner, paths in found.items():
        whose = f" of {owner}" if owner else ""
        yield Finding(
            check="dependency.modified",
            message=f"{_shown(paths)}{whose} is bytecode without source: it is imported, and was not checked",
            place=Place(paths[0]),
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            evidence={"package": owner, "files": paths},
        )


def _shown(paths: list[str]) -> str:
    shown = ", ".join(paths[:_SHOWN])
    return f"{shown} and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else shown
