"""Have the scanner look at a case, in memory: what `dayfly scan` finds in a folder with these files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Finding
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import find_entries
from dayfly.scan.weak.checking import check_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.scan.corpus.twins import Case


def read(files: Mapping[str, str], *, name: str = "case") -> Project:
    """A project of these files."""
    project = Project(name=name)
    for path, text in files.items():
        project.add(path, text.encode(), DEFAULT_LIMITS)
    settle(project)
    return project


def examine_project(project: Project) -> list[Finding]:
    """What the families `event` and `weak` find, from every handler and every route."""
    entries, _ = find_entries(project, ())
    findings: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    for entry in (*entries, *find_routes(project)):
        if (entry.file.path, entry.qualname) not in seen:
            seen.add((entry.file.path, entry.qualname))
            findings.extend(analyse(project, entry).findings)
    for file in project.own_files():
        findings.extend(one for one in check_file(file) if isinstance(one, Finding))
    return findings


def examine(case: Case) -> frozenset[str]:
    """The ids of the checks that find something in a case."""
    return frozenset(finding.check for finding in examine_project(read(case.files, name=case.name)))
