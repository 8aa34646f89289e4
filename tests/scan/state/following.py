"""One handler's text as a project, and what the family says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Finding, Note, Place
from dayfly.scan.source.project import Project, PythonFile
from dayfly.scan.state.checking import check_effects
from dayfly.scan.taint.results import Effect, EntryResult
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def project_of(files: Mapping[str, str]) -> Project:
    project = Project("sample")
    for name, text in files.items():
        project.python[name] = PythonFile(name, text.encode())
    return project


def entry_of(project: Project, qualname: str = "handler", path: str = "app.py") -> Entry:
    return Entry(LambdaFunction("Shop", f"app.{qualname}", Place(path)), project.python[path], qualname)


def said(
    text: str,
    *,
    qualname: str = "handler",
    effects: Sequence[Effect] = (),
    more: Mapping[str, str] | None = None,
) -> list[Finding | Note]:
    """Everything said of a handler; `more` are other files by name."""
    project = project_of({"app.py": text, **(more or {})})
    result = EntryResult((), tuple(effects), (), frozenset())
    return list(check_effects(entry_of(project, qualname), result, project))


def found(text: str, *, more: Mapping[str, str] | None = None) -> list[Finding]:
    return [one for one in said(text, more=more) if isinstance(one, Finding)]
