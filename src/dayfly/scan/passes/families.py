"""What each family of checks offers, in one table: what looks at a file, at a handler, at the whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.check import Family
from dayfly.scan.configuration import checking as configuration
from dayfly.scan.dependencies import checking as dependencies
from dayfly.scan.permissions import checking as permissions
from dayfly.scan.state import checking as state
from dayfly.scan.taint import checking as taint
from dayfly.scan.template.entries import find_entries, names_by_look
from dayfly.scan.template.reading import read_templates
from dayfly.scan.weak import checking as weak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from dayfly.scan.model import Finding, Note
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.results import EntryResult
    from dayfly.scan.template.entries import Entry
    from dayfly.scan.template.model import LambdaFunction, Template

    FindEntries = Callable[
        [Project, Sequence[Template], Sequence[str]], tuple[tuple[Entry, ...], tuple[Note, ...]]
    ]

OSV_URL = "https://api.osv.dev"


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A pure function of one file's content."""

    families: tuple[Family, ...]
    check: Callable[[PythonFile], Iterable[Finding | Note]]
    is_for_dependencies: bool = False  # of files of others too


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """A function of everything that was read."""

    families: tuple[Family, ...]
    check: Callable[
        [Project, Sequence[Template], Sequence[LambdaFunction], Sequence[Entry]], Iterable[Finding | Note]
    ]


@dataclass(frozen=True, slots=True)
class Families:
    """What scanning puts together; a test passes one of its own."""

    read_templates: Callable[[Project], tuple[Template, ...]]
    find_entries: FindEntries
    find_routes: Callable[[Project], tuple[Entry, ...]]
    analyse: Callable[[Project, Entry], EntryResult] | None
    check_effects: Callable[[Entry, EntryResult, Project], Iterable[Finding | Note]] | None
    files: tuple[FileCheck, ...] = ()
    projects: tuple[ProjectCheck, ...] = ()
    # What a family found out about a content and would find out again; filled from the scan before.
    memory: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """What single families are told."""

    osv_database: Path | None = None  # a folder or zip of advisories
    is_online: bool = False  # ask the OSV API
    now: datetime | None = None
    today: date | None = None
    capabilities_lock: str | None = None  # the text of what packages were seen to do before
    capabilities_path: str = ""


def default_families(options: FamilyOptions) -> Families:
    """The families of this version."""
    memory: dict[str, str] = {}
    told = dependencies.Options(
        osv_database=options.osv_database,
        osv_url=OSV_URL if options.is_online else "",
        now=options.now,
        capabilities_lock=options.capabilities_lock,
        capabilities_path=options.capabilities_path,
        memory=memory,
    )

    def look_at_dependencies(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        return dependencies.check_project(project, templates, functions, told)

    def look_at_permissions(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        return permissions.check_project(project, templates, functions, permissions.Options(entries))

    def look_at_configuration(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        settings = configuration.ConfigurationOptions(options.today) if options.today else None
        return configuration.check_project(
            project, templates, functions, settings or configuration.ConfigurationOptions()
        )

    return Families(
        read_templates=read_templates,
        find_entries=lambda project, templates, handlers: find_entries(
            project, templates, handlers=handlers, names=lambda file: _remembered_names(file, memory)
        ),
        find_routes=taint.find_routes,
        analyse=taint.analyse,
        check_effects=state.check_effects,
        files=(
            FileCheck((Family.WEAK,), weak.check_file),
            FileCheck((Family.SECRET,), configuration.check_file),
        ),
        projects=(
            ProjectCheck((Family.DEPENDENCY,), look_at_dependencies),
            ProjectCheck((Family.PERMISSION,), look_at_permissions),
            ProjectCheck((Family.CONFIGURATION, Family.SECRET), look_at_configuration),
        ),
        memory=memory,
    )


def _remembered_names(file: PythonFile, memory: dict[str, str]) -> Sequence[str]:
    key = "names " + hashlib.sha256(file.data).hexdigest()
    if key not in memory:
        memory[key] = " ".join(names_by_look(file))
    return memory[key].split()
