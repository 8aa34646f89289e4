"""Small projects given as text, and what the engine says of their handler."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from dayfly.scan.model import Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.taint.results import EntryResult


def project_of(files: Mapping[str, str]) -> Project:
    """A project of these files."""
    project = Project("test")
    for path, text in files.items():
        project.add(path, textwrap.dedent(text).encode(), DEFAULT_LIMITS)
    settle(project)
    return project


def run(
    source: str,
    *,
    handler: str = "handler",
    triggers: tuple[Trigger, ...] = (),
    files: Mapping[str, str] | None = None,
) -> EntryResult:
    """What the handler of `app.py` is seen to do."""
    project = project_of({"app.py": source, **(files or {})})
    function = LambdaFunction(f"app.{handler}", f"app.{handler}", Place("app.py", 1), triggers=triggers)
    return analyse(project, Entry(function, project.python["app.py"], handler))


def checks(source: str, **options: object) -> set[str]:
    """The ids of the checks that fire."""
    return {finding.check for finding in run(source, **options).findings}  # type: ignore[arg-type]


def route_checks(source: str, files: Mapping[str, str] | None = None) -> dict[str, set[str]]:
    """Per handler of a web framework, the ids of the checks that fire."""
    project = project_of({"app.py": source, **(files or {})})
    return {
        entry.qualname: {finding.check for finding in analyse(project, entry).findings}
        for entry in find_routes(project)
    }
