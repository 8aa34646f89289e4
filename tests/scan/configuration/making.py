"""Findings of the families `configuration` and `secret` in files that a test writes."""

from __future__ import annotations

from datetime import date

from tests.scan.template.making import project_of

from dayfly.scan.configuration.checking import ConfigurationOptions, check_file, check_project
from dayfly.scan.model import Finding
from dayfly.scan.template.reading import read_templates

TODAY = date(2026, 11, 25)


def findings_of(files: dict[str, str], *, today: date = TODAY) -> list[Finding]:
    """Everything that is found in a project of these files."""
    project = project_of(files)
    found = [one for file in project.own_files() for one in check_file(file)]
    found += check_project(project, read_templates(project), (), ConfigurationOptions(today))
    return [one for one in found if isinstance(one, Finding)]


def checks_of(files: dict[str, str], *, today: date = TODAY) -> set[str]:
    """The ids of what is found."""
    return {one.check for one in findings_of(files, today=today)}
