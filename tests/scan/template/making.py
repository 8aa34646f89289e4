"""Projects out of texts, and the templates and entries of them."""

from __future__ import annotations

import textwrap

from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.template.entries import Entry, find_entries
from dayfly.scan.template.model import LambdaFunction, Template
from dayfly.scan.template.reading import read_templates

HANDLER = "def handler(event, context):\n    return event\n"


def project_of(files: dict[str, str]) -> Project:
    """A project in memory; texts may be indented."""
    project = Project(name="app")
    for path, text in files.items():
        project.add(path, textwrap.dedent(text).lstrip("\n").encode(), DEFAULT_LIMITS)
    settle(project)
    return project


def template_of(text: str, *, path: str = "template.yaml") -> Template:
    """The one template of a file."""
    (template,) = read_templates(project_of({path: text}))
    return template


def function_of(text: str, *, path: str = "template.yaml") -> LambdaFunction:
    """The one function of the one template."""
    (function,) = template_of(text, path=path).functions
    return function


def entries_of(files: dict[str, str], *handlers: str) -> dict[str, str]:
    """The entries of a project: function's name to `path:qualname`."""
    return {
        entry.function.name: f"{entry.file.path}:{entry.qualname}" for entry in found_in(files, *handlers)[0]
    }


def found_in(files: dict[str, str], *handlers: str) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Entries, and the messages of what was not found."""
    project = project_of(files)
    found, notes = find_entries(project, read_templates(project), handlers=handlers)
    return found, tuple(note.message for note in notes)
